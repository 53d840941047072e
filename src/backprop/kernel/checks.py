"""What the kernel asks of what a rule or a user hands it; each error names the one who did."""

from __future__ import annotations

import numpy as np

from backprop.errors import GradientShapeError, GradientTypeError, OutputError
from backprop.ground.arrays import FLOATS, Array, Traced, brief, is_array, is_subclass


def checked_output(y: object, rule: str) -> Array:
    """What the `forward` of `rule` returned, as an array: a NumPy scalar becomes a 0-d array.

    Raises OutputError if it is no array of floats.
    """
    y = _boxed(_bare(y))
    if is_array(y) and y.dtype in FLOATS and not is_subclass(y):
        return y
    raise _no_output(y, rule)


def checked_constant(y: object, rule: str) -> Array:
    """What `forward` returned for Constants alone: an array of any real numbers, or of bools.

    Raises OutputError if it is none.
    """
    y = _boxed(y)
    if is_array(y) and y.dtype.kind in "biuf" and not is_subclass(y):
        return y
    raise _no_output(y, rule)


def _no_output(y: object, rule: str) -> OutputError:
    kind = f"{type(y).__name__} of dtype {y.dtype}" if is_array(y) else type(y).__name__
    return OutputError(f"forward of {rule} must return an array of floats, got {kind}: {brief(y)}")


def pushed(t: object, data: Array, rule: str) -> Array:
    """What the `jvp` of `rule` returned, as a tangent of `data`."""
    return fitting(_bare(t), data, f"what {rule}.jvp returned")


def fitting(g: object, data: Array, whose: str) -> Array:
    """`g` as a gradient of `data`: an array of the same shape and dtype.

    Raises GradientTypeError or GradientShapeError, naming `whose` gradient it is.
    """
    g = _boxed(g)
    if not is_array(g) or is_subclass(g):
        raise GradientTypeError(f"{whose} must be an array, got {type(g).__name__}: {brief(g)}")
    if g.shape != data.shape:
        raise GradientShapeError(f"{whose} must have shape {data.shape}, got {g.shape}")
    if g.dtype != data.dtype:
        raise GradientTypeError(
            f"{whose} must have dtype {data.dtype}, got {g.dtype}: cast it with astype"
        )
    return g


def returned(g: object, data: Array, rule: str, i: int) -> Array:
    """What the `backward` of `rule` returned for input `i`, in an array of our own."""
    return fitting(_bare(g), data, f"what {rule}.backward returned for input {i}").copy()


def _bare(value: object) -> object:
    """The data of a Variable: a rule on arrays may compute with other Functions."""
    return value._plain() if isinstance(value, Traced) else value


def _boxed(value: object) -> object:
    return np.asarray(value) if issubclass(type(value), np.generic) else value
