"""What `help()` shows of every public name stands alone."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

import backprop
import backprop.testing
from backprop import numpy as bp

HOUSE: Final = str(Path(backprop.__file__).parent)


def _public(*modules: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The functions that this package defines, by the names that users know them by."""
    seen = set[int]()
    for module in modules:
        for name in (n for n in dir(module) if n[0] != "_"):
            found = getattr(module, name, None)
            if inspect.isfunction(found) and id(found) not in seen:
                seen.add(id(found))
                if inspect.unwrap(found).__code__.co_filename.startswith(HOUSE):
                    yield f"{module.__name__}.{name}", found


PUBLIC: Final = dict(_public(backprop, bp, bp.linalg, bp.fft, backprop.testing))


def _parameters(function: Callable[..., Any]) -> list[str]:
    varied = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return [p.name for p in parameters if p.kind not in varied]


def test_there_are_functions_to_read() -> None:
    """So that no test below passes for want of any."""
    assert len(PUBLIC) > 250


@pytest.mark.parametrize("name", PUBLIC)
def test_a_function_begins_with_a_sentence(name: str) -> None:
    """One line that says what it gives."""
    first = (inspect.getdoc(PUBLIC[name]) or "").split("\n")[0]
    assert first.endswith((".", ":")), first
    assert len(first.split()) > 2


@pytest.mark.parametrize("name", [n for n, f in PUBLIC.items() if len(_parameters(f)) > 2])
def test_a_function_of_many_parameters_has_numpys_sections(name: str) -> None:
    """Each parameter is named, and what comes back; an example runs."""
    text = inspect.getdoc(PUBLIC[name]) or ""
    assert re.search(r"^Parameters\n----------$", text, re.MULTILINE)
    assert re.search(r"^Returns\n-------$", text, re.MULTILINE)
    assert ">>> " in text
    for parameter in _parameters(PUBLIC[name]):
        assert re.search(rf"^\*{{0,2}}{parameter}\b.* : ", text, re.MULTILINE) or re.search(
            rf"^{parameter} : ", text, re.MULTILINE
        ), parameter
