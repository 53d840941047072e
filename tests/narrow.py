"""A plugin for pytest, `-p tests.narrow`: no float is wider than float64, as on Windows.

And on macOS for ARM. Plugins come before Hypothesis, whose entry point imports backprop.
"""

from __future__ import annotations

import sys

import numpy as np

assert "backprop" not in sys.modules, "it has seen the wide one already"
vars(np)["longdouble"] = np.float64
