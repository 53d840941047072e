"""The verifier against rules that are right and rules that are wrong: it must tell them apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st
from typing_extensions import override

from backprop import Array, Cos, Exp, Function, Sin, Square, Tanh, Variable
from backprop.testing import (
    GradientMismatch,
    Program,
    Report,
    Step,
    builtin_functions,
    chains,
    check_gradient,
    verify_rule,
)
from tests.helpers import HAS_WIDER
from tests.testing.zoo import BY_NAME, RIGHT, WRONG, Right, Vjp, Wrong

pytestmark = pytest.mark.no_cover  # much slower with it, and no line is reached here alone


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found is not made smaller, nor is it asked how far it reaches: that takes longest."""
    monkeypatch.setattr("backprop.testing.search.PHASES", (Phase.generate,))
    monkeypatch.setattr("backprop.testing.run.surveyed", lambda failure, *rest: failure)


SEED = 1
EXAMPLES = 12  # fewer than a verification takes, for there are many rules
MANY = 200  # some are wrong for one shape only; most of these runs end at once
RARE = [wrong for wrong in WRONG if wrong.at is not None]
USUAL = [wrong for wrong in WRONG if wrong.at is None]


def run(right: Right, vjp: Vjp, examples: int | None = None) -> Report:
    """Verify `vjp` as the pullback of the function of a right rule."""
    return verify_rule(
        right.forward,
        vjp,
        domain=right.domain,
        shapes=right.shapes,
        dtypes=right.dtypes,
        examples=examples,
        seed=SEED,
    )


@pytest.mark.parametrize("right", RIGHT, ids=lambda right: right.name)
def test_a_right_rule_is_accepted(right: Right, monkeypatch: pytest.MonkeyPatch) -> None:
    """No right rule is called wrong, however hard it is to differentiate numerically.

    What is planted in it is not asked about here: that takes longest.
    """
    monkeypatch.setattr("backprop.testing.run.verdicts", lambda *rest: {})
    monkeypatch.setattr("backprop.testing.run.smallest_seen", lambda found: 0.0)
    run(right, right.vjp, EXAMPLES)


FINE = {"identity: off by 1e-12", "sin at 1e9: off by 1e-5"}


@pytest.mark.parametrize("wrong", USUAL, ids=lambda wrong: wrong.name)
def test_a_wrong_rule_is_rejected(wrong: Wrong) -> None:
    """Every wrong rule is rejected on the inputs that the verifier invents."""
    if wrong.name in FINE and not HAS_WIDER:
        pytest.skip("only a wider float than float64 shows it")
    with pytest.raises(GradientMismatch):
        run(BY_NAME[wrong.right], wrong.vjp, MANY)


@pytest.mark.parametrize("wrong", RARE, ids=lambda wrong: wrong.name)
def test_a_rule_that_is_wrong_in_a_small_region_is_rejected(wrong: Wrong) -> None:
    """Looks at thousands of points find the region."""
    with pytest.raises(GradientMismatch):
        run(BY_NAME[wrong.right], wrong.vjp)


@pytest.mark.parametrize("wrong", RARE, ids=lambda wrong: wrong.name)
def test_a_rarely_wrong_rule_is_rejected_where_it_is_wrong(wrong: Wrong) -> None:
    """A rule that is wrong in a small region is rejected at a point of it, its twin accepted."""
    assert wrong.at is not None
    twin, x = BY_NAME[wrong.right], np.array(wrong.at)
    check_gradient(twin.forward, x, vjp=twin.vjp, domain=twin.domain)
    with pytest.raises(GradientMismatch, match="backward is wrong"):
        check_gradient(twin.forward, x, vjp=wrong.vjp, domain=twin.domain)


@pytest.mark.parametrize(
    ("name", "vjp"),
    [
        ("identity", lambda x, gy: gy),
        ("reshape", lambda x, gy: gy.reshape(x.shape)),
        ("transpose", lambda x, gy: gy.T),
    ],
)
def test_a_gradient_in_the_memory_of_the_cotangent_is_advised_against(name: str, vjp: Vjp) -> None:
    """A pair may do so, for its framework copies before it adds up; the report says it."""
    report = run(BY_NAME[name], vjp, EXAMPLES)
    assert ["shares memory with the cotangent" in text for text in report.advice] == [True]
    assert run(BY_NAME[name], BY_NAME[name].vjp, EXAMPLES).advice == ()


def test_the_zoo_is_large() -> None:
    """There are at least 70 right rules and 90 wrong ones, all by different names."""
    assert len(BY_NAME) == len(RIGHT) >= 70
    assert len({wrong.name for wrong in WRONG}) == len(WRONG) >= 90


@pytest.mark.parametrize("name", ["square", "sin", "exp", "log", "tanh", "1/x", "softmax", "W @ x"])
def test_the_smallest_error_of_a_report_is_honest(name: str) -> None:
    """A rule that is off by twice what the report calls the smallest visible error is rejected."""
    right = BY_NAME[name]
    smallest = run(right, right.vjp).smallest
    assert smallest < (1e-12 if HAS_WIDER else 1e-10)
    factor = np.float64(1 + 2 * smallest)
    with pytest.raises(GradientMismatch):
        run(right, lambda x, gy: (right.vjp(x, gy) * factor).astype(x.dtype))


# -- Chains with one wrong link --------------------------------------------------------------------


class Twin(Function):
    """2 sin(x) + x, with the right derivative."""

    @override
    def forward(self, x: Array) -> Array:
        return np.asarray(2.0 * np.sin(x) + x)

    @override
    def backward(self, gy: Array) -> Array:
        return np.asarray(gy * (2.0 * np.cos(self.input.data) + 1.0))


class OffByMillionth(Twin):
    """A wrong constant."""

    @override
    def backward(self, gy: Array) -> Array:
        return np.asarray(gy * (2.000002 * np.cos(self.input.data) + 1.0))


class Sign(Twin):
    """A wrong sign."""

    @override
    def backward(self, gy: Array) -> Array:
        return np.asarray(gy * (1.0 - 2.0 * np.cos(self.input.data)))


class OutputForInput(Twin):
    """The derivative at y, not at x."""

    @override
    def backward(self, gy: Array) -> Array:
        return np.asarray(gy * (2.0 * np.cos(self.forward(self.input.data)) + 1.0))


class InFloat32(Twin):
    """Computed in too short a dtype."""

    @override
    def backward(self, gy: Array) -> Array:
        short = (2.0 * np.cos(self.input.data.astype(np.float32)) + 1.0).astype(gy.dtype)
        return np.asarray(gy * short)


class Mixed(Twin):
    """The mean of the derivatives, for all elements; one element or equal ones do not show it."""

    @override
    def backward(self, gy: Array) -> Array:
        return np.asarray(gy * (2.0 * np.cos(self.input.data) + 1.0).mean())


FAULTS = (OffByMillionth, Sign, OutputForInput, InFloat32, Mixed)


def linked(chain: Program, at: int, link: type[Function]) -> Program:
    """The chain with one more Function in it, before step `at`."""
    steps = [step.function for step in chain.steps]
    functions = [*steps[:at], link, *steps[at:]]
    return Program(chain.at, tuple(Step(function, (k,)) for k, function in enumerate(functions)))


def derivative_of(chain: Program) -> Array:
    x = Variable(chain.at[0])
    y = chain(x)
    y.backward()
    assert x.grad is not None
    return x.grad


SAFE = (Sin, Cos, Tanh, Square, Exp)  # whatever the link in front of them gives


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_one_wrong_link_of_a_chain_is_found(fault: type[Function]) -> None:
    """A chain with one wrong link is rejected, with the right link in its place accepted."""
    tried: list[int] = []

    @seed(SEED)
    @settings(
        max_examples=30,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(chains(max_steps=4, of=SAFE), st.data())
    def search(chain: Program, data: st.DataObject) -> None:
        if any(step.function not in SAFE for step in chain.steps):  # where none of them fits
            return
        at = data.draw(st.integers(0, len(chain.steps)))
        right, wrong = linked(chain, at, Twin), linked(chain, at, fault)
        with np.errstate(all="ignore"):
            shows = visible(derivative_of(right), derivative_of(wrong))
        check_gradient(right, *right.at)
        if shows:
            with pytest.raises(GradientMismatch):
                check_gradient(wrong, *wrong.at)
            tried.append(1)

    search()
    assert len(tried) >= 10


def visible(right: Array, wrong: Array) -> bool:
    """Whether the gradients differ by what float64 differences see where a chain is steep."""
    off = abs(right - wrong)
    return bool(np.isfinite(right).all() and (off > 1e-8 * (1.0 + abs(right))).any())


def test_there_are_safe_functions_to_chain() -> None:
    """The functions that the chains above are made of are built in."""
    assert set(SAFE) <= set(builtin_functions())


def test_a_users_class_takes_no_built_in_one_away() -> None:
    """Deriving from a built-in rule leaves it built in."""

    class Mine(Exp):
        """A user's."""

    assert Exp in builtin_functions()
    assert Mine not in builtin_functions()
