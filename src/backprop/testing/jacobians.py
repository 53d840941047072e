"""Derivatives in SciPy's habits: gradients, Jacobians and Hessians as arrays of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np

from backprop.errors import ArgumentTypeError
from backprop.ground.arrays import Array, Shapes, brief
from backprop.ground.domain import Domain, Interval
from backprop.testing import entries
from backprop.testing.entries import Ways
from backprop.testing.rules import Arrays, Rule

OfVector: TypeAlias = Callable[[Array], Any]

VECTORS: Final[Shapes] = (((1,),), ((2,),), ((3,),), ((5,),))


def jacobian_rules(
    fun: OfVector,
    jac: OfVector | bool,
    hess: OfVector | None,
    hessp: Callable[[Array, Array], Any] | None,
    domain: Domain,
    shapes: Ways | None,
) -> tuple[Rule, ...]:
    """The rules of a function of a vector and of its gradient."""
    name = getattr(fun, "__name__", type(fun).__name__)
    interval = entries.interval(domain, name)
    ways = VECTORS if shapes is None else entries.shapes(shapes)
    entries.fit(ways, 1, name)
    value, slope = _split(entries.function(fun, "fun"), jac)
    rules = [_rule(name, value, _of_matrix(slope), interval, ways)]
    if hess is not None:
        pull = _of_matrix(entries.function(hess, "hess"))
        rules.append(_rule(f"hess of {name}", slope, pull, interval, ways))
    if hessp is not None:
        pull = _of_product(entries.function(hessp, "hessp"))
        rules.append(_rule(f"hessp of {name}", slope, pull, interval, ways))
    return tuple(rules)


def _of_matrix(hess: Callable[..., Any]) -> Callable[[Array, Array], Array]:
    return lambda x, gy: _pulled(hess(x), x, gy)


def _of_product(hessp: Callable[..., Any]) -> Callable[[Array, Array], Array]:
    return lambda x, gy: np.asarray(hessp(x, gy), x.dtype)


def _split(fun: Callable[..., Any], jac: Any) -> tuple[OfVector, OfVector]:
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
    dense = dense.reshape(x.shape) if gy.size == 1 and dense.size == x.size else dense
    product = gy.reshape(()) * dense if dense.ndim == x.ndim else np.tensordot(gy, dense, gy.ndim)
    return np.asarray(product, x.dtype)


def _rule(
    name: str,
    forward: OfVector,
    vjp: Callable[[Array, Array], Array],
    domain: Interval,
    ways: Shapes,
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
        body=None,
        code=f"# here define {name} as you do\n{name}",
    )
