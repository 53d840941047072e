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

from backprop.arrays import Array
from backprop.book import using_config
from backprop.core import Constant, Function, Node, Variable
from backprop.domain import POSITIVE, REALS, Interval
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
from backprop.functions.arithmetic import add, matmul
from backprop.functions.exponential import exp, log
from backprop.functions.hyperbolic import tanh
from backprop.functions.powers import square
from backprop.functions.trigonometric import cos, sin
from backprop.gradients import gradients
from backprop.kinds import BinaryFunction, NaryFunction
from backprop.modes import checking, no_grad
from backprop.transforms import (
    elementwise_grad,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)

__version__ = "0.2.0"

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
