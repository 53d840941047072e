"""What the verifier needs of a framework: arrays go in, arrays come out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, TypeAlias

import numpy as np

from backprop.ground.arrays import Array, Shapes
from backprop.pytree import Tree, leaves

Arrays: TypeAlias = tuple[Array, ...]
OnTensors: TypeAlias = Callable[..., Any]


class NotOffered(Exception):  # noqa: N818 (it is no error)
    """The framework, or this function, has no forward mode or no second order."""


class Framework(ABC):
    """How functions on the tensors of one framework are called and differentiated.

    A framework of your own is one subclass, with `name`, `value` and `vjp` at least, given to
    `register`. All of them take a function as `callable_of` returns it, and NumPy arrays, whose
    dtype and memory layout they keep as far as the framework can; they return NumPy arrays of their
    own memory. What the framework raises goes through.
    """

    name: ClassVar[str]  # what is imported, and what `framework=` says
    few: ClassVar[Shapes | None] = None  # of one input, where each new shape takes long

    def callable_of(self, target: Any) -> OnTensors:
        """What is called with tensors: `target` itself, if a framework has no other kinds."""
        function: OnTensors = target
        return function

    def is_rule(self, target: Any) -> bool:
        """Whether it is one rule, not several in a row, whose roundings add up."""
        return str(getattr(target, "__module__", "")).partition(".")[0] == self.name

    def home(self, target: Any) -> str:
        """The name of the module that `target` is written in."""
        return str(getattr(target, "__module__", None))

    def body(self, target: Any) -> Any | None:
        """The function that a rule computes, without the rule: a second opinion of its gradient."""
        return None

    def constant(self, value: object) -> object:
        """An input that is not differentiated, as the functions take it."""
        return value

    def parameters(self, target: Any) -> Tree | None:
        """The parameters that a module holds: what `callable_of` returns takes them first."""
        return None

    def beside(self, values: Iterable[Any]) -> Framework:
        """The same framework on the device that tensors among these values are on."""
        return self

    @abstractmethod
    def value(self, function: OnTensors, xs: Arrays) -> Array:
        """Y = function(*xs); several outputs are joined into one vector."""

    @abstractmethod
    def vjp(self, function: OnTensors, xs: Arrays, gy: Array) -> Sequence[Array]:
        """The gradient of each input for the cotangent `gy`, of its shape and dtype."""

    def jvp(self, function: OnTensors, xs: Arrays, txs: Arrays) -> Array:
        """The tangent of y for tangents of the inputs; raises NotOffered where there is none."""
        raise NotOffered

    def gradient(self, function: OnTensors) -> OnTensors:
        """The gradients, joined, as a function of the inputs and gy that can be differentiated."""
        raise NotOffered


def joining(
    function: OnTensors, flat: Callable[[Any], Any], join: Callable[[list[Any]], Any]
) -> OnTensors:
    """The function, with all outputs in tuples, lists and dicts joined into one vector."""

    def joined(*xs: Any, **settings: Any) -> Any:
        outputs = function(*xs, **settings)
        found = list(_floats(outputs))
        if len(found) == 1 and found[0] is outputs:
            return outputs
        return join([flat(part) for part in found])

    return joined


def _floats(outputs: Any) -> list[Any]:
    """The tensors of floats among the outputs: indices have no derivative."""
    found = [part for part in leaves(outputs) if hasattr(part, "dtype")]
    return [part for part in found if "float" in str(part.dtype)] or found or [outputs]


def owned(array: Any) -> Array:
    """A NumPy array of its own memory."""
    found: Array = np.array(array)
    return found
