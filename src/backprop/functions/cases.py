"""How a function is called when it is verified: an expression, and the shapes of its inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backprop.ground.domain import REALS, Domain

if TYPE_CHECKING:
    from backprop.ground.arrays import Shape


class Case(NamedTuple):
    """One way to call a function: Python in which `np` is backprop.numpy, on inputs of `shapes`."""

    code: str
    shapes: dict[str, Shape]
    domain: Domain = REALS


def case(code: str, domain: Domain = REALS, **shapes: Shape) -> Case:
    """A Case of an expression and the shapes of the names in it.

    >>> case("np.sum(x, axis=0)", x=(2, 3)).shapes
    {'x': (2, 3)}
    """
    return Case(code, shapes, domain)
