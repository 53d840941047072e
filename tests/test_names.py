"""All of NumPy's names are in backprop.numpy, and what they do when they meet a Variable."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

import backprop.numpy as bp
from backprop.dispatch import TABLE


def public(module: ModuleType) -> list[str]:
    """The names that a module of NumPy shows, whatever its version."""
    return sorted(
        {*dir(module), *module.__all__} - {name for name in dir(module) if name[0] == "_"}
    )


MODULES = {"": (np, bp), "linalg.": (np.linalg, bp.linalg), "fft.": (np.fft, bp.fft)}
# Modules that earlier versions of NumPy left lying about, and its tests.
PRIVATE = {"linalg.linalg", "linalg.test", "fft.helper", "fft.test"}
NAMES = {
    prefix + name: (getattr(theirs, name), ours)
    for prefix, (theirs, ours) in MODULES.items()
    for name in public(theirs)
    if name[0] != "_" and prefix + name not in PRIVATE
}


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_numpy_is_here(name: str) -> None:
    """It is NumPy's own, or the function that NumPy's comes to with a Variable."""
    theirs, ours = NAMES[name]
    found = getattr(ours, name.rpartition(".")[2])
    own = name in ("linalg", "fft") or isinstance(theirs, (int, float, list, dict))
    if hasattr(theirs, "__hash__") and callable(theirs) and theirs in TABLE:
        assert callable(found)
    elif not own and callable(theirs) and not isinstance(theirs, np.ufunc):
        assert found is theirs
    assert name.rpartition(".")[2] in dir(ours)
