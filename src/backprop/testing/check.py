"""check_gradient: a rule at one point, and what was measured there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from backprop.errors import ArgumentValueError
from backprop.ground.arrays import Array, Shapes
from backprop.ground.domain import REALS
from backprop.kernel.variable import Node
from backprop.pytree import Tree
from backprop.testing import entries
from backprop.testing.bound import Bound
from backprop.testing.claims import Claims
from backprop.testing.domains.confined import Where
from backprop.testing.examples import examine
from backprop.testing.frameworks.pairs import pair_in
from backprop.testing.front_door import rules_for
from backprop.testing.judging.measuring import Measurement, compare
from backprop.testing.quiet import quiet
from backprop.testing.rules import Anything, Arrays, Rule, as_callable


def check_gradient(
    function: type[Node] | Node | Anything,
    *xs: Array,
    gy: Array | None = None,
    vjp: Callable[..., Any] | None = None,
    jvp: Callable[..., Any] | None = None,
    domain: Where | None = None,
    framework: str | None = None,
    keywords: Mapping[str, object] | None = None,
    constants: Mapping[int, object] | None = None,
    params: Tree = None,
    order: int = 1,
    precision: float | None = None,
    reference: Callable[..., Any] | None = None,
    composed: bool | None = None,
    span: float | None = None,
) -> tuple[Measurement, ...]:
    """Check the derivative of `function` at one point, and say what was measured there.

    Parameters
    ----------
    function : type, Function or callable
        As in `verify`; with `vjp` a plain function of arrays, as in `verify_rule`.
    *xs : array
        The point, an array for each input.
    gy : array, optional
        The cotangent, of the shape of the value; several are tried if it is left out.
    vjp : callable, optional
        The gradient of a plain function: gx = vjp(x, gy), or a tuple of several.
    jvp : callable, optional
        The forward mode of a plain function, beside `vjp`.
    domain : Interval, a structured domain, or a tuple of these, optional
        Where the function is differentiable; the steps of the differences stay inside.
    framework : str, optional
        As in `verify`.
    keywords : dict, optional
        The settings of every call.
    constants : dict, optional
        Inputs that are not differentiated, by their positions.
    params : pytree, optional
        As in `verify`; the arrays in it are the first of `xs`.
    order : int, default 1
        With 2 the derivative of the gradient, which has a last input more, the cotangent of the
        function.
    precision : float, optional
        How exact the values are, relative to the largest; as in `verify`.
    reference : callable, optional
        The same function computed better; as in `verify`.
    composed : bool, optional
        Whether it is several rules in a row, whose roundings may add up to anything.
    span : float, optional
        As in `verify`; at one point it says nothing.

    Returns
    -------
    tuple of Measurement
        One for each input.

    Raises
    ------
    GradientMismatch
        If the derivative is wrong there.

    Examples
    --------
    >>> import numpy as np
    >>> from backprop import Square
    >>> (measured,) = check_gradient(Square, np.array([1.0, 2.0]))
    >>> measured.analytic.astype(float).tolist()
    [2.0, 4.0]
    """
    __tracebackhide__ = True  # to pytest
    entries.order(order)
    arrays = tuple(entries.data(x, f"input {i}") for i, x in enumerate(xs))
    if not arrays:
        raise ArgumentValueError("check_gradient needs a point: write check_gradient(Square, x)")
    domain = REALS if domain is None and vjp is not None else domain
    claims = Claims(domain, precision, reference, composed, span)
    point = arrays[:-1] if order == 2 else arrays
    ways: Shapes = (tuple(x.shape for x in point),)
    with quiet():
        confined, intervals, _ = claims.taken(ways, function)
        rules: tuple[Rule, ...]
        if vjp is not None:
            functions = as_callable(function), vjp, jvp
            rules = (pair_in(framework, functions, intervals, ways, claims.settings),)
        else:
            bound = Bound(function, framework, keywords, constants, params, claims.settings)
            rules = rules_for(function, intervals, ways, order, framework, bound, point)
        rule = claims.of(rules, confined)[-1]
        gys = None if gy is None else (_cotangent(gy, rule, arrays),)
        example = examine(rule, arrays, np.random.default_rng(0), gys, sample=False)
        first = example.gys[0]
        return tuple(compare(example.point, first, rule.vjp(arrays, first)))


def _cotangent(gy: Array, rule: Rule, xs: Arrays) -> Array:
    """The cotangent `gy` as an array of the dtype of the value at `xs`; raise for another shape."""
    gy = entries.data(gy, "gy")
    try:
        y = np.asarray(rule.forward(*xs))
    except Exception:  # examine says what is wrong there
        return gy
    if gy.shape != y.shape:
        raise ArgumentValueError(f"gy has shape {gy.shape}, the value there has {y.shape}")
    return gy.astype(y.dtype)
