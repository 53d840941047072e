"""The derivative rules, one family a file, one small class a rule."""

from backprop.functions.arithmetic import Add, Divide, Matmul, Multiply, Negative, Power, Subtract
from backprop.functions.exponential import Exp, Log
from backprop.functions.hyperbolic import Tanh
from backprop.functions.powers import Reciprocal, Sqrt, Square
from backprop.functions.trigonometric import Cos, Sin

__all__ = [
    "Add",
    "Cos",
    "Divide",
    "Exp",
    "Log",
    "Matmul",
    "Multiply",
    "Negative",
    "Power",
    "Reciprocal",
    "Sin",
    "Sqrt",
    "Square",
    "Subtract",
    "Tanh",
]
