"""An autograd kernel to trust: NumPy backpropagation, every derivative verified.

The notes' example (book steps 6 and 7):

>>> import numpy as np
>>> from backprop import Exp, Square, Variable
>>> A, B, C = Square(), Exp(), Square()
>>> x = Variable(np.array(0.5))
>>> y = C(B(A(x)))
>>> y.backward()
>>> print(x.grad)
3.297442541400256

The names below are loaded when they are first used.
"""

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Final

from backprop.ground.lazy import attributes
from backprop.kernel.table import LOADERS

if TYPE_CHECKING:
    from backprop.drawing.drawings import draw
    from backprop.functions.chain import Chain
    from backprop.functions.elementwise.arithmetic import (
        Add,
        Divide,
        Matmul,
        Multiply,
        Negative,
        Power,
        Subtract,
        add,
        matmul,
    )
    from backprop.functions.elementwise.exponential import Exp, Log, exp, log
    from backprop.functions.elementwise.hyperbolic import Tanh, tanh
    from backprop.functions.elementwise.powers import Reciprocal, Sqrt, Square, square
    from backprop.functions.elementwise.trigonometric import Cos, Sin, cos, sin
    from backprop.ground.arrays import Array
    from backprop.ground.domain import POSITIVE, REALS, Interval
    from backprop.ground.misuse import using_config
    from backprop.kernel.function import BinaryFunction, Function, NaryFunction
    from backprop.kernel.modes import checking, no_grad
    from backprop.kernel.variable import Constant, Node, Variable
    from backprop.transforms.derivatives import (
        elementwise_grad,
        grad,
        hessian,
        hvp,
        jacobian,
        jvp,
        value_and_grad,
        vjp,
    )
    from backprop.transforms.gradients import gradients

__version__ = "0.2.0"

# The kernel knows no rule: this is where it finds them, when the first is asked for.
LOADERS["operators"] = partial(import_module, "backprop.functions.elementwise.arithmetic")
LOADERS["functions"] = partial(import_module, "backprop.numpy._dispatch")

_HOMES: Final = {
    "drawing.drawings": ("draw",),
    "functions.chain": ("Chain",),
    "functions.elementwise.arithmetic": (
        *("Add", "Divide", "Matmul", "Multiply", "Negative", "Power", "Subtract", "add", "matmul"),
    ),
    "functions.elementwise.exponential": ("Exp", "Log", "exp", "log"),
    "functions.elementwise.hyperbolic": ("Tanh", "tanh"),
    "functions.elementwise.powers": ("Reciprocal", "Sqrt", "Square", "square"),
    "functions.elementwise.trigonometric": ("Cos", "Sin", "cos", "sin"),
    "ground.arrays": ("Array",),
    "ground.domain": ("POSITIVE", "REALS", "Interval"),
    "ground.misuse": ("using_config",),
    "kernel.function": ("BinaryFunction", "Function", "NaryFunction"),
    "kernel.modes": ("checking", "no_grad"),
    "kernel.variable": ("Constant", "Node", "Variable"),
    "transforms.derivatives": (
        *("elementwise_grad", "grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"),
    ),
    "transforms.gradients": ("gradients",),
    **dict.fromkeys(("drawing", "errors", "numpy", "testing"), ()),
}
if not TYPE_CHECKING:  # checkers would let every name pass
    __getattr__ = attributes(__name__, _HOMES)

__all__ = [
    "POSITIVE",
    "REALS",
    "Add",
    "Array",
    "BinaryFunction",
    "Chain",
    "Constant",
    "Cos",
    "Divide",
    "Exp",
    "Function",
    "Interval",
    "Log",
    "Matmul",
    "Multiply",
    "NaryFunction",
    "Negative",
    "Node",
    "Power",
    "Reciprocal",
    "Sin",
    "Sqrt",
    "Square",
    "Subtract",
    "Tanh",
    "Variable",
    "add",
    "checking",
    "cos",
    "draw",
    "elementwise_grad",
    "exp",
    "grad",
    "gradients",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "log",
    "matmul",
    "no_grad",
    "sin",
    "square",
    "tanh",
    "using_config",
    "value_and_grad",
    "vjp",
]


def __dir__() -> list[str]:
    """What is public: not the rooms behind it."""
    doors = ("drawing", "errors", "numpy", "testing")
    return [*__all__, *doors, "__version__", "__doc__", "__name__", "__file__", "__path__"]
