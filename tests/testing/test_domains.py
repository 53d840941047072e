"""Structured domains: what is drawn lies in the set, what moves stays there, what is curved counts.

A rule on a curved set is judged along its tangents alone: what its gradient says across them is
anybody's choice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from backprop import Array, Interval, Variable
from backprop.errors import ArgumentTypeError, ArgumentValueError
from backprop.ground.domain import REALS
from backprop.testing import (
    Ascending,
    Distinct,
    GradientMismatch,
    Invertible,
    Orthogonal,
    PositiveDefinite,
    Simplex,
    Sorted,
    Structured,
    Symmetric,
    Triangular,
    UnitVectors,
    check_gradient,
    verify,
    verify_rule,
)
from backprop.testing.domains.confined import Confined
from backprop.testing.domains.pools import Drawn, pool
from backprop.testing.rules import rule_of

EPS = float(np.finfo(np.float64).eps)
Check = Callable[[Any], Any]


def close(a: Any, b: Any) -> bool:
    """To some roundings of numbers about 1."""
    return bool(np.all(abs(np.asarray(a) - b) <= 64 * EPS * np.maximum(abs(np.asarray(b)), 1)))


def _singular(a: Any) -> Any:
    return np.linalg.svd(a, compute_uv=False)


SETS: list[tuple[Structured, tuple[int, ...], Check]] = [
    (Sorted(), (2, 5), lambda x: np.all(np.diff(x) >= 0)),
    (Distinct(), (5,), lambda x: len(set(x.tolist())) == 5),
    (Distinct(Interval(0, 1)), (5,), lambda x: (x > 0).all() and (x < 1).all()),
    (UnitVectors(), (2, 3), lambda x: close((x * x).sum(axis=-1), 1)),
    (Simplex(), (2, 3), lambda x: close(x.sum(axis=-1), 1) and (x > 0).all()),
    (Triangular(), (3, 3), lambda x: (np.triu(x, 1) == 0).all() and np.diagonal(x).all()),
    (Triangular(lower=False), (3, 3), lambda x: (np.tril(x, -1) == 0).all()),
    (Symmetric(), (3, 3), lambda x: (x == x.T).all()),
    (PositiveDefinite(), (3, 3), lambda x: np.linalg.eigvalsh(x).min() > 2.0**-9),
    (Invertible(), (3, 3), lambda x: close(_singular(x)[1] ** 2, _singular(x)[::2].prod())),
    (Orthogonal(), (3, 3), lambda x: close(x @ x.T, np.eye(3))),
]


@pytest.mark.parametrize(("members", "shape", "holds"), SETS, ids=lambda case: repr(case)[:24])
def test_what_is_drawn_lies_in_the_set_and_moves_within_it(
    members: Structured, shape: tuple[int, ...], holds: Check
) -> None:
    """Of any numbers, those of which all are 0 or equal too; a member is moved to itself."""
    rng = np.random.default_rng(1)
    numbers = [rng.normal(0, 5, shape), np.zeros(shape), np.ones(shape), rng.normal(0, 1e9, shape)]
    if members.interval.low == 0:
        numbers = [abs(n) + 1e-9 for n in numbers]
    for given in numbers:
        drawn = members.draw(given.copy())
        moved = members.move(drawn)

        assert drawn.shape == shape
        assert holds(drawn)
        assert close(moved / abs(drawn).max(initial=1e-300), drawn / abs(drawn).max(initial=1e-300))
        if type(members).move is not Structured.move:
            on_variables = members.move(Variable(drawn))
            assert isinstance(on_variables, Variable)
            assert close(on_variables.data, moved)


def test_float32_stays_float32() -> None:
    """What is drawn has the dtype of the numbers."""
    for members, shape, _ in SETS:
        assert members.draw(np.full(shape, 1.5, np.float32)).dtype == np.float32


def test_ascending_inputs_are_drawn_together() -> None:
    """Each above the one before, at every place."""
    a, b, c = Ascending(3).draw(np.stack([np.ones((2, 2))] * 3))

    assert (a < b).all()
    assert (b < c).all()


PAIR = st.lists(st.floats(1, 2), min_size=2, max_size=2)
RIGHT: list[tuple[str, Any, Any]] = [
    ("cholesky", np.linalg.cholesky, PositiveDefinite()),
    ("inv", np.linalg.inv, Invertible()),
    ("of gaps", lambda x: np.log(np.diff(x)), Sorted()),
    ("a width", lambda a, b: np.log(b - a), Ascending(2)),
    ("of a direction", lambda u: u[..., 0] ** 2 * u[..., 1], UnitVectors()),
    ("triangular", np.linalg.inv, Triangular()),
    ("eigenvalues", np.linalg.eigvalsh, Symmetric()),
    ("a rotation", lambda q: np.trace(q @ q), Orthogonal()),
    ("median", np.median, Distinct()),
    ("mixed", lambda a, p: a * (p * p).sum(axis=-1), (Interval(0, 1), Simplex())),
    ("drawn", np.prod, st.lists(st.floats(1, 2), min_size=2, max_size=4)),
    ("drawn together", np.multiply, st.tuples(PAIR, PAIR)),
    ("drawn apart", np.multiply, (st.floats(1, 2), st.floats(2, 3))),
]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "domain"), [case[1:] for case in RIGHT], ids=[case[0] for case in RIGHT]
)
def test_a_right_rule_is_right_on_its_set(function: Any, domain: Any) -> None:
    """Whatever its set is; faults planted in it are seen there."""
    report = verify(function, domain=domain, examples=6, seed=3)

    assert report.passed
    assert report.domain


def test_a_rule_that_writes_into_a_member_is_seen() -> None:
    """What it gets on a curved set is moved there, and not what was drawn."""

    def writes(p: Array, gy: Array) -> Array:
        gx: Array = gy * -(np.log(p) + 1)
        p *= 2
        return gx

    with pytest.raises(GradientMismatch, match="writes into input 0"):
        verify_rule(entropy, writes, domain=Simplex(), seed=1, examples=6)


def entropy(p: Array) -> Any:
    return -(p * np.log(p)).sum()


@pytest.mark.parametrize("across", [0.0, 1.0, -3.0])
def test_on_the_simplex_a_constant_counts_for_nothing(across: float) -> None:
    """It is a gradient across the tangents."""
    report = verify_rule(
        entropy, lambda p, gy: -gy * (np.log(p) + p.dtype.type(across)), domain=Simplex(), seed=1,
        examples=12,
    )  # fmt: skip

    assert report.passed


def test_a_wrong_rule_on_a_set_is_rejected_with_a_script_that_repeats_it() -> None:
    """The point in it is a member, and the set is said."""
    with pytest.raises(GradientMismatch, match="backward is wrong") as caught:
        verify_rule(entropy, lambda p, gy: -2 * gy * np.log(p), domain=Simplex(), seed=1)

    script = caught.value.script
    assert "from backprop.testing import check_gradient, Simplex" in script
    assert script.endswith("domain=Simplex())")
    p = np.array([0.25, 0.25, 0.5])
    with pytest.raises(GradientMismatch, match="backward is wrong"):
        check_gradient(entropy, p, vjp=lambda p, gy: -2 * gy * np.log(p), domain=Simplex())


def test_second_order_and_forward_mode_go_along_the_tangents_too() -> None:
    """Of functions on Variables, which have both."""
    report = verify(lambda p: -(p * np.log(p)).sum(), domain=Simplex(), order=2, seed=1)

    assert report.passed


def test_a_reference_is_asked_at_members() -> None:
    """It stands for the forward there."""
    asked: list[Array] = []

    def reference(p: Array) -> Any:
        asked.append(p)
        return entropy(p)

    verify_rule(
        entropy, lambda p, gy: -gy * np.log(p), domain=Simplex(), reference=reference, examples=4,
        seed=1,
    )  # fmt: skip

    assert asked
    assert all(abs(p.astype(float).sum() - 1) < 1e-6 for p in asked if np.isfinite(p).all())


def test_a_gradient_that_does_not_fit_is_left_to_the_laws() -> None:
    """It is not pulled back."""
    with pytest.raises(GradientMismatch, match="has shape"):
        verify_rule(entropy, lambda p, gy: np.zeros(7), domain=Simplex(), seed=1)


def test_an_input_of_which_nothing_depends_has_gradient_0() -> None:
    """A set of which the first element is always 0 moves in no other way."""

    class Pinned(Structured):
        """Vectors that are what they are."""

        def move(self, x: Any) -> Any:
            return x if isinstance(x, np.ndarray) else Variable(x.data)

    rule = Confined(Pinned()).of(rule_of(lambda x: x * x, shapes=[(3,)]))

    assert rule.vjp((np.ones(3),), np.ones(3))[0].tolist() == [0.0, 0.0, 0.0]


def test_shapes_that_are_asked_for_are_taken() -> None:
    """Else those of the set; of a tuple each input has those of its own."""
    assert Confined(Sorted()).ways([(7,)], np.sum) == [(7,)]
    assert Confined(Sorted()).ways(None, np.sum) == (((3,),), ((2,),), ((5,),))
    assert Confined(Symmetric()).ways(None, np.add) == tuple(((n, n),) * 2 for n in (2, 3, 5, 1))
    ways = Confined((Interval(0, 1), Symmetric())).ways(None, np.add)
    assert ways == tuple(((n, n),) * 2 for n in (2, 3, 5, 1))
    assert Confined(Ascending(3)).ways(None, None) == (((),) * 3, ((3,),) * 3, ((2, 3),) * 3)
    assert Confined(REALS).ways(None, np.sum) is None


def test_a_strategy_is_drawn_from_once() -> None:
    """The same values every time, in the dtype that is asked for."""
    members = Drawn(st.lists(st.floats(1, 2), min_size=2, max_size=3))
    picked = members.draw(np.array([0.5, 0.25], np.float32))

    assert picked.dtype == np.float32
    assert picked.shape == (2,)
    assert members.draw(np.array([0.5, 0.25], np.float32)).tolist() == picked.tolist()
    assert set(members.shapes) <= {((2,),), ((3,),)}
    assert repr(members).startswith("lists(")
    assert pool(st.integers(0, 9), 5) == pool(st.integers(0, 9), 5)
    assert Drawn(st.just(np.arange(3))).draw(np.zeros(3)).tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Sorted(3), ArgumentTypeError, "the domain of Sorted is an Interval"),  # type: ignore[arg-type]  # it is refused
        (lambda: Ascending(1), ArgumentValueError, "the number of inputs"),
        (lambda: Drawn(st.text()), ArgumentTypeError, "a strategy that is a domain draws arrays"),
    ],
)
def test_what_cannot_be_a_domain_is_refused(
    make: Callable[[], object], error: type[Exception], message: str
) -> None:
    """In one line."""
    with pytest.raises(error, match=message):
        make()


def test_a_domain_says_how_it_is_made() -> None:
    """For the script and the report."""
    said = [Sorted(), Sorted(Interval(0, 1)), Triangular(), Triangular(lower=False), Simplex()]
    assert [repr(domain) for domain in said] == [
        "Sorted()",
        "Sorted(Interval(0, 1))",
        "Triangular()",
        "Triangular(lower=False)",
        "Simplex()",
    ]
    assert repr(Ascending(2)) == "Ascending(2)"
    assert repr(Ascending(2, Interval(0, 1))) == "Ascending(2, Interval(0, 1))"


def test_matrices_are_well_conditioned_and_badly_in_turn() -> None:
    """As far as is fair to the dtype: covariances of several units are everyday."""
    for members in (PositiveDefinite(), Invertible()):
        for dtype, fair in ((np.float64, 2.0**16), (np.float32, 2.0**8)):
            drawn = [members.draw(np.full((3, 3), size, dtype)) for size in (1.0, 2.0)]
            near, far = sorted(float(np.linalg.cond(x)) for x in drawn)
            assert near < 2.0**5 <= far <= fair


def test_no_symmetric_matrix_is_degenerate() -> None:
    """There eigenvalues have no derivative."""
    for numbers in (np.zeros((3, 3)), np.ones((3, 3)), np.eye(4, dtype=np.float32) * 8):
        assert np.diff(np.linalg.eigvalsh(Symmetric().draw(numbers))).min() > 0.1
