"""The derivative rules, one family a file, one small class a rule."""

from backprop.functions.elementwise.arithmetic import (
    Add,
    Divide,
    Matmul,
    Multiply,
    Negative,
    Power,
    Subtract,
)
from backprop.functions.elementwise.exponential import Exp, Log
from backprop.functions.elementwise.hyperbolic import Tanh
from backprop.functions.elementwise.powers import Reciprocal, Sqrt, Square
from backprop.functions.elementwise.trigonometric import Cos, Sin

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
