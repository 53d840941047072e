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
    "checking",
    "elementwise_grad",
    "grad",
    "gradients",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "no_grad",
    "value_and_grad",
    "vjp",
]
