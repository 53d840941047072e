"""Which gradients a sweep leaves: replaced, added, from a seed, on leaves alone."""

from __future__ import annotations

import numpy as np
import pytest

from backprop import Square
from tests.helpers import Cube, Split, grad, grads, leaf


def test_backward_replaces() -> None:
    """The same sweep twice leaves the same gradients, on leaves and on the way."""
    x = leaf(2.0)
    a = x * x
    y = a * 3.0

    y.backward()
    once = grads([x, a, y])
    y.backward()

    assert grads([x, a, y]) == once == [12.0, 3.0, 1.0]


def test_backward_accumulates_when_asked() -> None:
    """`backward(accumulate=True)` adds to what is there."""
    x = leaf(2.0)
    (x * x).backward()

    (x * 3.0).backward(accumulate=True)

    assert grad(x) == 7.0


def test_two_losses_on_one_value() -> None:
    """Two sweeps through shared nodes add up to the gradient of the sum."""
    x = leaf(2.0)
    h = x * x

    (h * 3.0).backward()
    Cube()(h).backward(accumulate=True)

    assert grad(x) == 12.0 + 3 * 16 * 4


def test_seed_is_what_was_assigned() -> None:
    """A sweep starts from the assigned `grad`, and starts from it again."""
    x = leaf([1.0, 2.0])
    y = x * x
    y.grad = np.array([1.0, 10.0])

    for _ in range(2):
        y.backward()

        assert grads([x, y]) == [[2.0, 40.0], [1.0, 10.0]]


def test_gradient_of_earlier_sweep_is_no_seed() -> None:
    """What a sweep left in `y.grad` is not what the next one starts from."""
    x = leaf(3.0)
    y = x * x
    (y * 5.0).backward()
    assert grad(y) == 5.0

    y.backward()

    assert grads([x, y]) == [6.0, 1.0]


def test_cleargrad_forgets_the_seed() -> None:
    """After `cleargrad()` a sweep starts from ones."""
    x = leaf(3.0)
    y = x * x
    y.grad = np.array(7.0)
    y.cleargrad()

    y.backward()

    assert grads([x, y]) == [6.0, 1.0]


def test_seed_assigned_again_as_itself() -> None:
    """`y.grad = y.grad` makes a seed of what an earlier sweep left."""
    x = leaf(3.0)
    y = x * x
    (y * 5.0).backward()
    y.grad = y.grad

    y.backward()

    assert grad(x) == 30.0


@pytest.mark.parametrize("seed", [None, 4.0])
def test_retain_grad_false_keeps_leaves_only(seed: float | None) -> None:
    """With `retain_grad=False` only leaves, and what the user assigned, have a gradient."""
    x, w = leaf(2.0), leaf(3.0)
    a = x * w
    y = Square()(a)
    y.grad = None if seed is None else np.array(seed)

    y.backward(retain_grad=False)

    g = 1.0 if seed is None else seed
    assert grads([x, w, a, y]) == [36.0 * g, 24.0 * g, None, seed]


def test_retain_grad_false_with_several_outputs() -> None:
    """Neither output of a Function of two keeps a gradient with `retain_grad=False`."""
    x = leaf(2.0)
    double, triple = Split()(x)

    (double * triple).backward(retain_grad=False)

    assert grads([x, double, triple]) == [24.0, None, None]


@pytest.mark.parametrize("seed", [None, 4.0])
def test_leaf_backward(seed: float | None) -> None:
    """A leaf's gradient with respect to itself is the seed."""
    x = leaf(2.0)
    x.grad = None if seed is None else np.array(seed)

    x.backward()

    assert grad(x) == (1.0 if seed is None else seed)
