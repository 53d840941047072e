"""How hard inputs are tried: without a word."""

from __future__ import annotations

import warnings
from collections.abc import Generator
from contextlib import contextmanager

import numpy as np


@contextmanager
def quiet() -> Generator[None]:
    """Without warnings: inputs are hard on purpose, and central differences step around them.

    Nor is a rule wrong because its framework says that something in it is deprecated.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
