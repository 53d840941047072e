"""What the documents say of the code is what the code is."""

from __future__ import annotations

import inspect
import re
import subprocess
from pathlib import Path

import pytest

import backprop
from backprop.functions.elementwise import exponential
from backprop.testing.generators.expressions import numpy_functions

ROOT = Path(__file__).parents[2]
PAGES = sorted(path.stem for path in (ROOT / "docs").glob("*.md"))


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


def test_make_help_shows_every_target() -> None:
    """Those with a hyphen too, and in one line each."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^\.PHONY: (.*)", text, re.MULTILINE)
    command = ["make", "--no-print-directory", "help"]  # a target runs this, and says where it is
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert set(" ".join(targets).split()) == {line.split()[1] for line in shown.stdout.splitlines()}


@pytest.mark.parametrize("page", [p for p in PAGES if p != "index"])
def test_a_page_is_in_the_contents(page: str) -> None:
    """The first page leads to each."""
    contents = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert re.search(rf"^(.* <)?{page}>?$", contents, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_examples_of_a_page_are_run(page: str) -> None:
    """A page with examples is among those that pytest takes them from, or `make frameworks` is."""
    if ">>> " in (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8"):
        asked = (ROOT / "pyproject.toml").read_text() + (ROOT / "Makefile").read_text()
        assert re.search(rf"--doctest-glob={page}.md|docs/{page}.md", asked)


def test_what_is_cited_is_this_version() -> None:
    """CITATION.cff has the version of the package."""
    assert f"\nversion: {backprop.__version__}\n" in (ROOT / "CITATION.cff").read_text()
