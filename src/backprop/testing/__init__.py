"""The verifier: derivative rules held against central differences on inputs that are invented."""

from backprop.testing.builtins import builtin_functions
from backprop.testing.differences import Derivative, central_difference
from backprop.testing.expressions import Second
from backprop.testing.measuring import Measurement
from backprop.testing.mismatch import GradientMismatch, NothingToJudge
from backprop.testing.programs import Program, Step, chains, programs
from backprop.testing.strategies import functions, inputs, numbers, variables
from backprop.testing.verifier import Report, check_gradient, verify, verify_rule

__all__ = [
    "Derivative",
    "GradientMismatch",
    "Measurement",
    "NothingToJudge",
    "Program",
    "Report",
    "Second",
    "Step",
    "builtin_functions",
    "central_difference",
    "chains",
    "check_gradient",
    "functions",
    "inputs",
    "numbers",
    "programs",
    "variables",
    "verify",
    "verify_rule",
]
