"""What the documents say of the code is what the code is."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from backprop.functions.elementwise import exponential
from backprop.testing.generators.expressions import numpy_functions

ROOT = Path(__file__).parents[2]


def test_the_rule_in_adding_a_rule_is_the_one_in_the_package() -> None:
    """The class is quoted word for word, and so is the line that names it."""
    text = (ROOT / "docs" / "adding-a-rule.md").read_text(encoding="utf-8")
    assert inspect.getsource(exponential.Log1p).strip() in text
    lines = inspect.getsource(exponential).splitlines()
    assert next(line for line in lines if line.startswith("log1p: ")) in text


def test_the_table_of_functions_has_every_function() -> None:
    """One row each, none left over: else `make functions` is due."""
    text = (ROOT / "docs" / "functions.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([\w.]+)` ", text, re.MULTILINE) == list(numpy_functions())
    assert "WRONG" not in text
