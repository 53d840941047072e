"""The verifier: derivative rules held against central differences on inputs that are invented.

The names below are loaded when they are first used: Hypothesis, which loads this package to know a
strategy for Variables, does not wait for the whole of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from backprop.ground.lazy import attributes

if TYPE_CHECKING:
    from backprop.testing.check import check_gradient
    from backprop.testing.domains.structured import (
        Ascending,
        Distinct,
        Invertible,
        Orthogonal,
        PositiveDefinite,
        Simplex,
        Sorted,
        Structured,
        Symmetric,
        Triangular,
        UnitVectors,
    )
    from backprop.testing.generators.builtins import builtin_functions
    from backprop.testing.generators.expressions import Second
    from backprop.testing.generators.programs import Program, Step, chains, programs
    from backprop.testing.generators.strategies import functions, inputs, numbers, variables
    from backprop.testing.judging.measuring import Measurement
    from backprop.testing.judging.mismatch import (
        CannotCall,
        Findings,
        GradientMismatch,
        NothingToJudge,
    )
    from backprop.testing.numeric.differences import central_difference
    from backprop.testing.numeric.limits import Derivative
    from backprop.testing.report import Region, Report
    from backprop.testing.verifier import verify, verify_jacobian, verify_rule

__all__ = [
    "Ascending",
    "CannotCall",
    "Derivative",
    "Distinct",
    "Findings",
    "GradientMismatch",
    "Invertible",
    "Measurement",
    "NothingToJudge",
    "Orthogonal",
    "PositiveDefinite",
    "Program",
    "Region",
    "Report",
    "Second",
    "Simplex",
    "Sorted",
    "Step",
    "Structured",
    "Symmetric",
    "Triangular",
    "UnitVectors",
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
    "verify_jacobian",
    "verify_rule",
]

_HOMES: Final = {
    "check": ("check_gradient",),
    "domains.structured": (
        *("Ascending", "Distinct", "Invertible", "Orthogonal", "PositiveDefinite", "Simplex"),
        *("Sorted", "Structured", "Symmetric", "Triangular", "UnitVectors"),
    ),
    "generators.builtins": ("builtin_functions",),
    "generators.expressions": ("Second",),
    "generators.programs": ("Program", "Step", "chains", "programs"),
    "generators.strategies": ("functions", "inputs", "numbers", "variables"),
    "judging.measuring": ("Measurement",),
    "judging.mismatch": ("CannotCall", "Findings", "GradientMismatch", "NothingToJudge"),
    "numeric.differences": ("central_difference",),
    "numeric.limits": ("Derivative",),
    "report": ("Region", "Report"),
    "verifier": ("verify", "verify_jacobian", "verify_rule"),
}
if not TYPE_CHECKING:  # checkers would let every name pass
    __getattr__ = attributes(__name__, _HOMES)


def __dir__() -> list[str]:
    """What is public: not the rooms behind it."""
    return [*__all__, "__doc__", "__name__", "__file__", "__path__"]
