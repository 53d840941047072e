"""Derivatives in SciPy's habits: gradients, Jacobians and Hessians as arrays of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import numpy as np

from backprop.errors import ArgumentTypeError, GradientShapeError
from backprop.ground.arrays import Array, Shapes, brief
from backprop.ground.domain import Interval
from backprop.testing import entries
from backprop.testing.bound import Bound
from backprop.testing.entries import Ways
from backprop.testing.rules import Arrays, Rule
from backprop.testing.source import defined, name_of

OfVector: TypeAlias = Callable[[Array], Any]

_OURS: Final = "from backprop.testing.jacobians import of_matrix, of_product, split"
VECTORS: Final[Shapes] = (((1,),), ((2,),), ((3,),), ((5,),))


def jacobian_rules(
    fun: OfVector,
    jac: OfVector | bool,
    hess: OfVector | None,
    hessp: Callable[[Array, Array], Any] | None,
    domain: object,
    shapes: Ways | None,
    said: Mapping[str, object],
) -> tuple[Rule, ...]:
    """The rules of a function of a vector and of its gradient."""
    name = name_of(fun)
    interval = entries.interval(domain, name)
    settings = Bound(fun, None, None, None, None, said).settings
    ways = VECTORS if shapes is None else entries.shapes(shapes)
    entries.fit(ways, 1, name)
    value, slope = split(entries.function(fun, "fun"), jac)
    made = {w: defined(f, w) for w, f in _given(fun, jac, hess, hessp).items()}
    called = {what: name for what, (_, name) in made.items()} | (
        {"jac": "True"} if jac is True else {}
    )
    setup = [*(line for line, _ in made.values()), _OURS]
    setup.append(f"value, slope = split({called['fun']}, {called['jac']})")
    found = [(name, value, of_matrix(slope), "value, vjp", "vjp = of_matrix(slope)")]
    if hess is not None:
        pull = of_matrix(entries.function(hess, "hess"))
        line = f"vjp = of_matrix({called['hess']})"
        found.append((f"hess of {name}", slope, pull, "slope, vjp", line))
    if hessp is not None:
        pull = of_product(entries.function(hessp, "hessp"))
        line = f"vjp = of_product({called['hessp']})"
        found.append((f"hessp of {name}", slope, pull, "slope, vjp", line))
    return tuple(
        _rule(label, forward, vjp, interval, ways, "\n".join([*setup, line, pair]), settings)
        for label, forward, vjp, pair, line in found
    )


def _given(fun: Any, jac: Any, hess: Any, hessp: Any) -> dict[str, Callable[..., Any]]:
    each = {"fun": fun, "jac": jac, "hess": hess, "hessp": hessp}
    return {name: f for name, f in each.items() if callable(f)}


def of_matrix(hess: Callable[..., Any]) -> Callable[[Array, Array], Array]:
    """The vjp that a Jacobian or a Hessian is."""
    return lambda x, gy: _pulled(hess(x), x, gy)


def of_product(hessp: Callable[..., Any]) -> Callable[[Array, Array], Array]:
    """The vjp that a product with a Hessian is."""
    return lambda x, gy: np.asarray(hessp(x, gy), x.dtype)


def split(fun: Callable[..., Any], jac: Any) -> tuple[OfVector, OfVector]:
    """The value and its derivative, of one function of both if `jac` is True."""
    if jac is True:
        return lambda x: _floats(fun(x)[0], x), lambda x: _dense(fun(x)[1])
    if not callable(jac):
        raise ArgumentTypeError(
            f"jac is a function of x, or True where fun returns its value and gradient; "
            f"got {brief(jac)}"
        )
    return lambda x: _floats(fun(x), x), lambda x: _dense(jac(x))


def _floats(y: object, x: Array) -> Array:
    return np.asarray(y, x.dtype)


def _dense(j: Any) -> Array:
    """A Jacobian as an array, which a sparse one becomes."""
    return np.asarray(j.toarray() if hasattr(j, "toarray") else j)


def _pulled(j: Any, x: Array, gy: Array) -> Array:
    """The cotangent `gy` times the Jacobian: of a number, its gradient times gy."""
    dense = _dense(j)
    one = gy.size == 1  # a value of one element may have its gradient, or a matrix of one row
    if not (dense.size == x.size if one else dense.shape == gy.shape + x.shape):
        raise GradientShapeError(
            f"the derivative of a value of shape {gy.shape} has shape {gy.shape + x.shape}, "
            f"got {dense.shape}"
        )
    product = gy.item() * dense.reshape(x.shape) if one else np.tensordot(gy, dense, gy.ndim)
    return np.asarray(product, x.dtype)


def _rule(
    name: str,
    forward: OfVector,
    vjp: Callable[[Array, Array], Array],
    domain: Interval,
    ways: Shapes,
    code: str,
    settings: tuple[str, ...],
) -> Rule:
    def pull(xs: Arrays, gy: Array) -> tuple[Array]:
        return (vjp(xs[0], gy),)

    return Rule(
        name=name,
        forward=forward,
        vjp=pull,
        jvp=None,
        domains=(domain,),
        shapes=ways,
        order=1,
        composed=False,
        span=2.0**-4,
        offers_jvp=False,
        call=None,
        second=None,
        code=code,
        settings=settings,
    )
