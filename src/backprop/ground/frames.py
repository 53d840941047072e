"""Which line of the user's code is running: for messages and warnings."""

from __future__ import annotations

import sys
from typing import Final

import numpy as np

# Frames of these are passed over: a call is made by the line that is nobody's here.
_HOUSES: Final = (__file__.rpartition("ground")[0], np.__file__.removesuffix("__init__.py"))


def caller() -> tuple[str, int]:
    """The file and the line of the user's code that is running."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HOUSES):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno
