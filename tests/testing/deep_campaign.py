"""False alarms are counted, not hoped away: `make deep` runs this with fresh seeds.

Every function and every rule, random chains and random programs, in both dtypes: over 100,000
examples, each held against central differences at several cotangents. There must be no alarm.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st

from backprop.testing import (
    GradientMismatch,
    Program,
    builtin_functions,
    chains,
    check_gradient,
    programs,
    verify,
)
from backprop.testing.generators.expressions import numpy_functions

CALLS: dict[str, Any] = {name: function for name, (function, _) in numpy_functions().items()}
CALLS |= {cls.__name__: cls for cls in builtin_functions()}
PER_FUNCTION = 200
PER_PART = 3_000
PARTS = range(7)

KINDS: dict[str, Callable[[str], st.SearchStrategy[Program]]] = {
    "chains": lambda dtype: chains(dtype=dtype),
    "programs": lambda dtype: programs(dtype=dtype),
}


@pytest.mark.parametrize("name", CALLS)
def test_no_function_raises_a_false_alarm(name: str) -> None:
    """Every function and rule is accepted at hundreds of inputs, and every fault rejected."""
    report = verify(CALLS[name], examples=PER_FUNCTION)
    print(f"\n{report}")
    assert report.rejected == report.planted


@pytest.mark.parametrize("name", CALLS)
def test_longdouble_keeps_its_digits(name: str) -> None:
    """The numbers inside a rule, the weights of linspace for one, are as wide as its inputs."""
    try:
        report = verify(CALLS[name], dtypes=["longdouble"], examples=PER_FUNCTION // 10)
    except GradientMismatch as failure:
        if "raised TypeError" in str(failure):
            pytest.skip("NumPy does not compute it in longdouble")
        raise
    assert report.rejected == report.planted


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_program_raises_a_false_alarm(kind: str, dtype: str, part: int) -> None:
    """Every random chain and program is accepted."""
    start = secrets.randbits(32)

    @seed(start)
    @settings(
        max_examples=PER_PART,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(KINDS[kind](dtype))
    def accepted(program: Program) -> None:
        check_gradient(program, *program.at)

    print(f"\n{kind} {dtype}, part {part}: seed {start}")
    accepted()
