"""Each planted fault, by itself: what it makes of a gradient that is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backprop import Array, Multiply, Square
from backprop.ground.arrays import Shape
from backprop.testing.laws.faults import planted, scaled
from backprop.testing.rules import Arrays, Rule, rule_of, with_vjp

X = np.array([[6.0, -7.0], [0.0, 5.0]])
GX = np.array([[3.0, -5.0], [0.5, 2.0]])
ONES = np.ones((2, 2))


def constant(*gxs: Array) -> Rule:
    """A rule of so many inputs whose gradients are always these."""
    rule = rule_of(Square) if len(gxs) == 1 else rule_of(Multiply)
    return with_vjp(rule, lambda xs, gy: tuple(gx.copy() for gx in gxs))


def faulty(name: str, *gxs: Array) -> Any:
    """The pullback of such a rule with one fault."""
    return planted(constant(*gxs))[name].vjp


CHANGED: dict[str, Any] = {
    "sign": -GX,
    "factor 2": 2.0 * GX,
    "factor 1 + 1e-3": GX * (1 + 1e-3),
    "factor 1 + 1e-5": GX * (1 + 1e-5),
    "factor 1 + 1e-7": GX * (1 + 1e-7),
    "factor 1 + 1e-9": GX * (1 + 1e-9),
    "offset": GX + 1e-3,
    "no gradient": 0.0 * GX,
    "wrong for x > 0": [[4.5, -5.0], [0.5, 3.0]],
    "wrong for x < 0": [[3.0, -7.5], [0.5, 2.0]],
    "wrong for large x": [[4.5, -7.5], [0.5, 2.0]],
    "clipped": [[1.0, -1.0], [0.5, 1.0]],
    "dropped element": [[3.0, -5.0], [0.5, 0.0]],
    "elements mixed": np.full((2, 2), 0.125),
    "elements reversed": [[2.0, 0.5], [-5.0, 3.0]],
    "transposed": [[3.0, 0.5], [-5.0, 2.0]],
    "not summed over a broadcast axis": GX,
    "averaged over a broadcast axis": GX,
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_fault_changes_the_gradient_as_it_says(name: str) -> None:
    """Exactly so, in a new array of the same dtype; the rule's own gradient stays."""
    (gx,) = faulty(name, GX)((X,), ONES)

    assert gx.tolist() == np.asarray(CHANGED[name]).tolist()
    assert gx.dtype == GX.dtype
    assert GX.tolist() == [[3.0, -5.0], [0.5, 2.0]]


def test_the_dropped_element_is_the_last() -> None:
    """Where loops go wrong."""
    (gx,) = faulty("dropped element", np.ones((3, 4)))((np.ones((3, 4)),), np.ones((3, 4)))

    assert np.flatnonzero(gx == 0).tolist() == [11]


@pytest.mark.parametrize("name", [*CHANGED, "other dtype"])
def test_an_empty_gradient_has_no_fault(name: str) -> None:
    """Nothing could be seen of it."""
    empty = np.zeros((0, 3), np.float32)

    (gx,) = faulty(name, empty)((empty,), empty)

    assert (gx.shape, gx.dtype) == (empty.shape, empty.dtype)


@pytest.mark.parametrize(("dtype", "other"), [("float64", "float32"), ("float32", "float64")])
def test_the_other_dtype_is_another(dtype: str, other: str) -> None:
    """Of both that are tried."""
    (gx,) = faulty("other dtype", GX.astype(dtype))((X.astype(dtype),), ONES.astype(dtype))

    assert gx.dtype == other


@pytest.mark.parametrize(
    ("shape", "of", "stretched"),
    [
        ((3,), (2, 3), True),
        ((1, 3), (2, 3), True),
        ((), (3,), True),
        ((2, 1, 2), (2, 3, 2), True),
        ((2, 3), (2, 3), False),
        ((2, 3), (3,), False),
        ((1, 3), (3,), False),
        ((2,), (2, 3), False),
        ((2, 3), (2, 4), False),
    ],
)
def test_faults_of_broadcasting_are_of_inputs_that_were_stretched(
    shape: Shape, of: Shape, stretched: bool
) -> None:
    """Their gradients are not summed, or divided by the length of the axis; no others change."""
    x, gy = np.ones(shape), np.ones(of)

    (wide,) = faulty("not summed over a broadcast axis", x)((x,), gy)
    (mean,) = faulty("averaged over a broadcast axis", x)((x,), gy)

    assert wide.shape == (of if stretched else shape)
    assert mean.tolist() == (x * (x.size / gy.size if stretched else 1.0)).tolist()


@pytest.mark.parametrize("of", [(0,), (1,)])
def test_what_was_stretched_to_nothing_or_one_is_not_divided(of: Shape) -> None:
    """There is no axis to take a mean of."""
    x = np.array(3.0)

    (mean,) = faulty("averaged over a broadcast axis", x)((x,), np.ones(of))

    assert mean == 3.0


A, B = np.array([1.0, 2.0]), np.array([3.0, 4.0])


@pytest.mark.parametrize(
    ("name", "gxs"),
    [
        ("operands swapped", [B, A]),
        ("only the first operand", [A, np.zeros(2)]),
        ("one gradient missing", [A]),
    ],
)
def test_a_fault_of_several_gradients_confuses_or_loses_them(name: str, gxs: list[Array]) -> None:
    """Each in its own way."""
    found = faulty(name, A, B)((A, B), ONES[0])

    assert [gx.tolist() for gx in found] == [gx.tolist() for gx in gxs]


@pytest.mark.parametrize(
    ("name", "gx"),
    [
        ("cotangent ignored", [12.0, 12.0]),
        ("absolute cotangent", [24.0, 36.0]),
        ("squared cotangent", [48.0, -108.0]),
    ],
)
def test_a_fault_of_the_cotangent_is_one_for_others_than_ones(name: str, gx: list[float]) -> None:
    """2 * 6 times the cotangents 2 and -3, and what the fault makes of them."""
    (found,) = planted(rule_of(Square))[name].vjp((np.full(2, 6.0),), np.array([2.0, -3.0]))

    assert found.tolist() == gx


def test_a_stale_input_is_that_of_the_call_before() -> None:
    """If it had the same shape and dtype; at the first call it is the right one."""
    stale = planted(rule_of(Square))["stale input"].vjp
    calls: list[Array] = [np.full(2, 3.0), np.full(2, 5.0), np.array(7.0), np.array(9.0)]
    calls.append(np.array(2.0, np.float32))

    found = [stale((x,), np.ones_like(x))[0].tolist() for x in calls]

    assert found == [[6.0, 6.0], [6.0, 6.0], 14.0, 14.0, 4.0]


def test_a_stale_input_is_a_copy() -> None:
    """What is written into the array afterwards does not make it right."""
    stale, x = planted(rule_of(Square))["stale input"].vjp, np.array([3.0])
    stale((x,), np.ones(1))
    x[:] = 5.0

    (gx,) = stale((x,), np.ones(1))

    assert gx.tolist() == [6.0]


def test_a_drifting_gradient_is_another_at_every_call() -> None:
    """By one part in ten thousand more."""
    drifting = faulty("another answer every time", GX)

    found = [drifting((X,), ONES)[0].tolist() for _ in range(2)]

    assert found == [(GX * (1 + n * 1e-4)).tolist() for n in (1, 2)]


def test_what_is_written_into_is_changed_and_the_gradients_are_right() -> None:
    """The input, or the cotangent, is 1 more afterwards."""
    changed: dict[str, tuple[Arrays, Array]] = {
        "input written into": ((A + 1, B + 1), ONES[0]),
        "cotangent written into": ((A, B), ONES[0] + 1),
    }
    for name, (xs, gy) in changed.items():
        mine, seed = (A.copy(), B.copy()), ONES[0].copy()

        gxs = faulty(name, A, B)(mine, seed)

        assert [gx.tolist() for gx in gxs] == [A.tolist(), B.tolist()]
        assert [x.tolist() for x in mine] == [x.tolist() for x in xs]
        assert seed.tolist() == gy.tolist()


def test_gradients_in_the_memory_of_the_inputs_are_these_arrays() -> None:
    """With the values of the gradients."""
    xs = np.zeros(2), np.zeros(2)

    gxs = faulty("gradient in the input's memory", A, B)(xs, ONES[0])

    assert all(gx is x for gx, x in zip(gxs, xs, strict=True))
    assert [gx.tolist() for gx in gxs] == [A.tolist(), B.tolist()]


def test_narrow_faults_are_of_one_element_one_layout_and_one_dtype() -> None:
    """Else the gradient is right."""
    x, level = np.arange(1.0, 6.0), np.broadcast_to(1.0, (5,))
    right = planted(rule_of(Square), ("float64", "float32"))

    (inside,) = right["wrong for the element in the middle"].vjp((x,), np.ones(5))
    assert (inside / (2 * x)).tolist() == [1.0, 1.0, 1.01, 1.0, 1.0]
    layout = right["wrong for a cotangent of stride 0"].vjp
    assert [layout((x,), gy)[0][0] for gy in (np.ones(5), level)] == [2.0, 4.0]
    narrow = right["wrong in float32"].vjp
    small = x.astype(np.float32)
    assert narrow((x,), np.ones(5))[0].tolist() == (2 * x).tolist()
    assert narrow((small,), np.ones(5, np.float32))[0][0] == np.float32(1.01) * 2
    assert "wrong in float64" not in planted(rule_of(Square), ("float64",))


def test_every_fault_is_tested_above() -> None:
    """None is planted that nobody has looked at."""
    others = {
        "wrong for the element in the middle",
        "wrong for a cotangent of stride 0",
        "other dtype",
        "operands swapped",
        "only the first operand",
        "one gradient missing",
        "cotangent ignored",
        "absolute cotangent",
        "squared cotangent",
        "stale input",
        "another answer every time",
        "input written into",
        "cotangent written into",
        "gradient in the input's memory",
    }
    assert planted(rule_of(Square)).keys() == CHANGED.keys() | others


def test_a_scaled_rule_keeps_its_dtype() -> None:
    """The factor is rounded to it."""
    (gx,) = scaled(constant(GX.astype(np.float32)), 1.5).vjp((X,), ONES)

    assert gx.tolist() == (1.5 * GX).tolist()
    assert gx.dtype == np.float32
