"""NumPy's own functions on Variables, operators and methods: one table behind three ways in."""

from __future__ import annotations

import inspect
import itertools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import backprop.numpy as bp
from backprop import Variable, gradients
from backprop.errors import ConversionError, InPlaceError, UnsupportedError
from backprop.kernel import table
from backprop.testing.generators.expressions import cases_of, numpy_functions

X = np.array([[0.5, -1.5, 2.0], [1.0, 3.0, -0.25]])


def grad_of(f: Callable[[Any], Any]) -> Any:
    x = Variable(X.copy())
    np.sum(f(x) * np.arange(1.0, f(x).size + 1).reshape(f(x).shape)).backward()
    assert x.grad is not None
    return x.grad.tolist()


@pytest.mark.parametrize(
    ("plain", "typed", "method"),
    [
        (lambda x: np.sum(x, axis=0), lambda x: bp.sum(x, axis=0), lambda x: x.sum(axis=0)),
        (lambda x: np.mean(x), lambda x: bp.mean(x), lambda x: x.mean()),
        (lambda x: np.prod(x, axis=-1), lambda x: bp.prod(x, axis=-1), lambda x: x.prod(axis=-1)),
        (lambda x: np.max(x), lambda x: bp.max(x), lambda x: x.max()),
        (lambda x: np.min(x, axis=1), lambda x: bp.min(x, axis=1), lambda x: x.min(axis=1)),
        (lambda x: np.var(x), lambda x: bp.var(x), lambda x: x.var()),
        (lambda x: np.std(x, axis=0), lambda x: bp.std(x, axis=0), lambda x: x.std(axis=0)),
        (lambda x: np.cumsum(x), lambda x: bp.cumsum(x), lambda x: x.cumsum()),
        (lambda x: np.cumprod(x), lambda x: bp.cumprod(x), lambda x: x.cumprod()),
        (lambda x: np.reshape(x, 6), lambda x: bp.reshape(x, 6), lambda x: x.reshape(6)),
        (lambda x: np.ravel(x), lambda x: bp.ravel(x), lambda x: x.flatten()),
        (lambda x: np.transpose(x), lambda x: bp.transpose(x), lambda x: x.T),
        (lambda x: np.swapaxes(x, 0, 1), lambda x: bp.swapaxes(x, 0, 1), lambda x: x.mT),
        (lambda x: np.squeeze(x[:1]), lambda x: bp.squeeze(x[:1]), lambda x: x[:1].squeeze()),
        (lambda x: np.diagonal(x), lambda x: bp.diagonal(x), lambda x: x.diagonal()),
        (lambda x: np.trace(x), lambda x: bp.trace(x), lambda x: x.trace()),
        (lambda x: np.repeat(x, 2), lambda x: bp.repeat(x, 2), lambda x: x.repeat(2)),
        (lambda x: np.take(x, [1, 1]), lambda x: bp.take(x, [1, 1]), lambda x: x.take([1, 1])),
        (lambda x: np.clip(x, -1, 1), lambda x: bp.clip(x, -1, 1), lambda x: x.clip(-1, 1)),
        (lambda x: np.round(x), lambda x: bp.round(x), lambda x: x.round()),
        (lambda x: np.dot(x, X.T), lambda x: bp.dot(x, X.T), lambda x: x.dot(X.T)),
        (lambda x: np.absolute(x), lambda x: bp.abs(x), operator.abs),
        (lambda x: np.positive(x), lambda x: bp.positive(x), operator.pos),
        (lambda x: np.remainder(x, 0.7), lambda x: bp.mod(x, 0.7), lambda x: x % 0.7),
        (lambda x: np.floor_divide(x, 0.7), lambda x: bp.floor_divide(x, 0.7), lambda x: x // 0.7),
        (lambda x: np.add.reduce(x), lambda x: bp.sum(x, axis=0), lambda x: x.sum(0)),
        (lambda x: np.copy(x), lambda x: bp.copy(x), lambda x: x.copy()),
        (lambda x: np.real(x), lambda x: bp.real(x), lambda x: x.real),
        (lambda x: np.imag(x), lambda x: bp.imag(x), lambda x: x.imag),
        (lambda x: np.conj(x), lambda x: bp.conj(x), lambda x: x.conj()),
        (
            lambda x: np.divmod(x, 0.7)[1],
            lambda x: bp.divmod(x, 0.7)[1],
            lambda x: divmod(x, 0.7)[1],
        ),
        (
            lambda x: np.divmod(2.0, x)[1],
            lambda x: bp.divmod(2.0, x)[1],
            lambda x: divmod(2.0, x)[1],
        ),
    ],
    ids=map(str, itertools.count()),
)
def test_three_ways_in(
    plain: Callable[[Any], Any], typed: Callable[[Any], Any], method: Callable[[Any], Any]
) -> None:
    """NumPy's function, ours and the method (or operator) give the same values and gradients."""
    x = Variable(X)
    values = [np.ravel(way(x).data).tolist() for way in (plain, typed, method)]
    assert values[0] == values[1] == values[2] == np.ravel(plain(X)).tolist()
    assert grad_of(plain) == grad_of(typed) == grad_of(method)


def test_arrays_on_the_left() -> None:
    """An ndarray leaves the operator to the Variable."""
    x = Variable(X)
    for op in (operator.add, operator.sub, operator.mul, operator.truediv, operator.matmul):
        theirs = X.T if op is operator.matmul else X
        result = op(theirs, x)
        assert isinstance(result, Variable)
        assert np.array_equal(result.data, op(theirs, X))


def test_what_gives_no_floats_is_plain() -> None:
    """Comparisons, tests and positions are NumPy's own, on the data."""
    x: Any = Variable(X)
    assert np.array_equal(x > 0, X > 0)
    assert np.array_equal(x <= X, X <= X)
    assert np.array_equal(np.isfinite(x), np.isfinite(X))
    assert np.array_equal(x == 0.5, X == 0.5)
    assert np.array_equal(x != 0.5, X != 0.5)
    assert np.argmax(x) == np.argmax(X) == x.argmax()
    assert np.array_equal(x.argsort(), np.argsort(X))
    assert np.array_equal(np.zeros_like(x), np.zeros_like(X))
    assert np.shape(x) == X.shape
    assert np.array_equal(x.argmin(axis=0), X.argmin(axis=0))


def test_equality_of_variables_is_identity() -> None:
    """As in the notes: `y.creator.input == b`."""
    x, same = Variable(X), Variable(X)
    assert x == x
    assert not x == same  # noqa: SIM201 (both operators are meant)
    assert x != same
    assert x in [same, x]
    assert x != "text"


@pytest.mark.parametrize(
    "cut",
    [
        lambda x: np.asarray(x),
        lambda x: np.array([x, x]),
        lambda x: math.sin(x),
        lambda x: float(x),
        lambda x: int(x),
        lambda x: bool(x),
        lambda x: complex(x),
        lambda x: [1, 2, 3][x],
    ],
    ids=map(str, itertools.count()),
)
def test_row_13_nothing_cuts_a_gradient_silently(cut: Callable[[Any], object]) -> None:
    """What makes a plain number or array of a Variable says how to go on."""
    with pytest.raises(ConversionError, match=r"take x\.data where no gradient is wanted"):
        cut(Variable(np.array(0.5)))


def test_row_34_writing_into_an_array() -> None:
    """`c[0] = x` is refused; NumPy chains our explanation to its own."""
    c = np.zeros(3)
    with pytest.raises(ValueError, match="sequence") as caught:
        c[0] = Variable(np.array(1.0))
    assert isinstance(caught.value.__cause__, ConversionError)
    with pytest.raises(ConversionError):
        c[:] = Variable(np.ones(3))
    with pytest.raises(InPlaceError, match=r"write a = a \+ x"):
        c += Variable(np.ones(3))  # type: ignore[call-overload]
    with pytest.raises(InPlaceError, match=r"where, concatenate or stack"):
        Variable(c)[0] = 1.0  # type: ignore[index]
    assert not c.any()


def test_what_has_no_rule_is_refused_by_name() -> None:
    """At the call, not in the sweep."""
    x: Any = Variable(X)
    with pytest.raises(UnsupportedError, match=r"numpy\.fft\.fft has no derivative rule here"):
        np.fft.fft(x)
    with pytest.raises(UnsupportedError, match=r"numpy\.add\.reduceat"):
        np.add.reduceat(x, [0])
    with pytest.raises(UnsupportedError, match=r"numpy\.exp of a Variable knows no dtype=\.\.\."):
        np.exp(x, dtype="f4")
    with pytest.raises(UnsupportedError, match=r"numpy\.sin of a Variable knows no where"):
        np.sin(x, where=[True, False, True])
    assert np.sum(x, dtype=None, out=None).data == np.sum(X)


def test_iteration_and_length() -> None:
    """As an array: along the first axis; a number has neither."""
    x = Variable(X)
    assert len(x) == 2
    assert [row.data.tolist() for row in x] == X.tolist()
    with pytest.raises(TypeError, match="iteration over a 0-d array"):
        iter(Variable(1.0))
    with pytest.raises(TypeError, match="unsized"):
        len(Variable(1.0))


FUNCTIONS = numpy_functions()
LATER = {"sort": ["descending"]}  # since NumPy 2.5; a case would fail before: see test_keywords.py


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_keyword_of_every_function_is_verified(name: str) -> None:
    """Each keyword that a function takes is in one of the cases that verify it."""
    function = FUNCTIONS[name][0]
    cases = cases_of(function)
    if isinstance(cases, type):
        return  # a ufunc: it has none
    text = " ".join(case.code for case in cases)
    parameters = inspect.signature(function).parameters.values()
    keywords = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    assert [name for name in keywords if f"{name}=" not in text] == LATER.get(function.__name__, [])


A = np.arange(6.0).reshape(2, 3)

COPIED = [
    "bp.average(v, weights=a)",
    "bp.flip(a) * v",
    "bp.ravel(a) * v",
    "bp.full(3, a) * v",
    "bp.polymul(a, v)",
    "bp.meshgrid(v, a)[1] * v",
    "bp.einsum('i,i', a, v)",
    "bp.interp(v, [0.0, 1.0, 5.0], a)",
]


@pytest.mark.parametrize("code", COPIED)
def test_an_array_that_changes_afterwards_changes_no_gradient(code: str) -> None:
    """The graph has a copy of its own."""
    a, v = np.ones(3), Variable(A[0])
    y = eval(code, {"a": a, "bp": bp, "v": v})
    before = [g.data.copy() for g in gradients(y, [v])]
    a[:] = 7.0
    np.testing.assert_array_equal([g.data for g in gradients(y, [v])], before)


@pytest.mark.skipif(not hasattr(np, "row_stack"), reason="NumPy 2.5 has it no more")
def test_a_keyword_at_its_default_is_no_keyword() -> None:
    """NumPy's own wrappers pass such; another value is refused by name."""
    x: Any = Variable(A)
    with pytest.warns(DeprecationWarning, match="vstack"):
        rows = vars(np)["row_stack"]([x, x])
    assert np.array_equal(rows.data, np.vstack([A, A]))


def test_what_answers_numpy_is_loaded_when_numpy_first_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The kernel knows where the rules are loaded from, and loads them once."""
    handed, loads = dict(table.PROTOCOLS), list[str]()

    def load() -> None:
        loads.append("rules")
        table.PROTOCOLS.update(handed)

    monkeypatch.setattr(table, "PROTOCOLS", {})
    monkeypatch.setitem(table.LOADERS, "functions", load)
    v: Any = Variable(np.array([1.0, 2.0]))
    assert np.sum(v).item() == np.sum(v).item() == 3.0
    assert loads == ["rules"]
