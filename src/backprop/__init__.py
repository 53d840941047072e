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
"""

from functools import partial
from importlib import import_module

from backprop.functions import (
    Add,
    Cos,
    Divide,
    Exp,
    Log,
    Matmul,
    Multiply,
    Negative,
    Power,
    Reciprocal,
    Sin,
    Sqrt,
    Square,
    Subtract,
    Tanh,
)
from backprop.functions.elementwise.arithmetic import add, matmul
from backprop.functions.elementwise.exponential import exp, log
from backprop.functions.elementwise.hyperbolic import tanh
from backprop.functions.elementwise.powers import square
from backprop.functions.elementwise.trigonometric import cos, sin
from backprop.ground.arrays import Array
from backprop.ground.domain import POSITIVE, REALS, Interval
from backprop.ground.misuse import using_config
from backprop.kernel.function import BinaryFunction, Function, NaryFunction
from backprop.kernel.modes import checking, no_grad
from backprop.kernel.table import LOADERS
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

# The kernel knows no rule: this is where it finds all of them, when the first is asked for.
LOADERS.append(partial(import_module, "backprop.numpy._dispatch"))

__all__ = [
    "POSITIVE",
    "REALS",
    "Add",
    "Array",
    "BinaryFunction",
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
    doors = [name for name in ("errors", "numpy", "testing") if name in globals()]
    return [*__all__, *doors, "__version__", "__doc__", "__name__", "__file__", "__path__"]
