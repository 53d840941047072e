"""What the verifier is asked with: checked where it enters, and refused in one line that helps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from backprop import POSITIVE, REALS, Add, Function, Interval, NaryFunction, Square, Variable
from backprop.errors import ArgumentTypeError, ArgumentValueError, BackpropError, DataError
from backprop.testing import (
    Program,
    Second,
    Step,
    central_difference,
    chains,
    check_gradient,
    entries,
    functions,
    inputs,
    numbers,
    programs,
    variables,
    verify,
    verify_rule,
)


class Settled(Function):
    """A rule that cannot be set up without an argument."""

    def __init__(self, by: float) -> None:
        self.by = by


X = np.array(2.0)
STEP = Step(Square, (0,))
PROGRAM = Program((X,), (STEP,))


odd: Any = {  # what no checker lets in
    "text": "a",
    "huge": 10**400,
    "shape": [3],
    "truth": bool,
    "variable": Variable(X),
    "complex": 1j,
    "get": max,
}


def slope(x: Any, gy: Any) -> Any:
    return 2 * x * gy


def of_one(x: Any) -> Any:
    return x


def of_none() -> None: ...


ENTRIES: dict[str, tuple[Callable[[Any], object], list[object]]] = {
    "low": (lambda odd: Interval(odd, 1.0), [None, "x", [], X, Variable(X), 1j, 10**400]),
    "high": (lambda odd: Interval(0.0, odd), [None, "1", {}, np.nan]),
    "excluded": (
        lambda odd: Interval(0.0, 1.0, odd),
        [None, 3, "x", (None,), (np.nan,), iter([1])],
    ),
    "without": (lambda odd: REALS.without(0.5, odd), [None, "x", [0.2], X, np.inf]),
    "in": (lambda odd: odd in POSITIVE, [None, "x", [], X]),
    "distance": (POSITIVE.distance, [None, "x", [], X]),
    "numbers": (numbers, [None, 3, "x", (REALS,), object()]),
    "numbers, dtype": (lambda odd: numbers(REALS, odd), [None, 3, "x", "int64", int, [], ""]),
    "inputs": (inputs, [None, 3, (REALS, REALS)]),
    "inputs, shapes": (lambda odd: inputs(REALS, odd), [None, 3, [], [3], [(-1,)], [(1.5,)], "x"]),
    "inputs, span": (lambda odd: inputs(span=odd), [None, -1, 2, "x", np.nan]),
    "variables": (variables, [None, 3, [REALS]]),
    "functions": (functions, [None, 3, Function(), int, NaryFunction]),
    "chains": (chains, [None, 0, -1, 1.5, "x", 10**400]),
    "chains, dtype": (lambda odd: chains(3, odd), [None, "int32"]),
    "chains, of": (lambda odd: chains(of=odd), [3, (), (Add,), (Square(),), iter([Square])]),
    "programs": (programs, [None, 0, 1.5, "x"]),
    "programs, dtype": (lambda odd: programs(3, odd), [None, 3]),
    "Step": (lambda odd: Step(odd, (0,)), [None, Square(), NaryFunction, int, of_one]),
    "Step, operands": (lambda odd: Step(Square, odd), [None, 0, [0], (), (0, 0), (-1,), ("0",)]),
    "Program": (lambda odd: Program(odd, (STEP,)), [None, X, (), (2.0,), [X], (np.array([1]),)]),
    "Program, steps": (
        lambda odd: Program((X,), odd),
        [None, STEP, (), [STEP], (Step(Square, (1,)),)],
    ),
    "Program, call": (PROGRAM, [None, X, 2.0]),
    "Second": (lambda odd: Second(odd, of_one), [None, Square]),
    "Second.of": (Second.of, [None, 3, int, Settled]),
    "Second, call": (Second.of(Square), [None, Variable(X)]),
    "verify": (verify, [None, 3, "x", [], {}, X, Variable(X), int, Settled, NaryFunction, of_none]),
    "verify, domain": (
        lambda odd: verify(Square, domain=odd),
        [3, "x", (), [REALS], (0, 1), (REALS, REALS)],
    ),
    "verify, shapes": (
        lambda odd: verify(Square, shapes=odd),
        [3, "x", [], {}, [3], [("a",)], [(-1,)], [((3,), (3,))], iter([(3,)])],
    ),
    "verify, dtypes": (
        lambda odd: verify(Square, dtypes=odd),
        [3, "float64", [], ["int8"], [None]],
    ),
    "verify, examples": (lambda odd: verify(Square, examples=odd), ["x", 0, -1, 1.5, [], 10**400]),
    "verify, seed": (lambda odd: verify(Square, seed=odd), ["x", -1, 1.5, X + 0.5]),
    "verify, order": (lambda odd: verify(Square, order=odd), [None, "x", 0, 3, 1.5, 10**400]),
    "verify_rule": (lambda odd: verify_rule(odd, slope), [None, 3, "x", X, of_none, slope]),
    "verify_rule, vjp": (lambda odd: verify_rule(np.square, odd), [None, 3, X, of_one]),
    "verify_rule, domain": (lambda odd: verify_rule(np.square, slope, domain=odd), [None, 3]),
    "check_gradient": (lambda odd: check_gradient(odd, X), [None, 3, X, int, Add, of_none]),
    "check_gradient, x": (
        lambda odd: check_gradient(Square, odd),
        [None, "x", {}, object(), Variable(X), 1j, np.array(["a"]), np.ma.masked_array([1.0])],
    ),
    "check_gradient, gy": (
        lambda odd: check_gradient(Square, X, gy=odd),
        ["x", [1.0], Variable(X)],
    ),
    "check_gradient, vjp": (lambda odd: check_gradient(np.square, X, vjp=odd), [3, "x", of_one]),
    "check_gradient, two": (lambda odd: check_gradient(np.square, X, odd, vjp=slope), [X]),
    "central_difference": (lambda odd: central_difference(odd, X), [None, 3, of_none, str, np.add]),
    "central_difference, x": (
        lambda odd: central_difference(np.exp, odd),
        [None, "x", Variable(X)],
    ),
    "central_difference, domain": (
        lambda odd: central_difference(np.exp, X, domain=odd),
        [None, 3, (REALS,)],
    ),
}
CALLS = [(name, i) for name, (_, odds) in ENTRIES.items() for i in range(len(odds))]


@pytest.mark.parametrize(("name", "i"), CALLS)
def test_an_odd_argument_is_refused_where_it_enters(name: str, i: int) -> None:
    """With an error of ours that is a TypeError or a ValueError too, and says it in one line."""
    call, odds = ENTRIES[name]
    with pytest.raises(BackpropError) as caught:
        call(odds[i])
    assert isinstance(caught.value, (TypeError, ValueError))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Interval(odd["text"], 1.0), ArgumentTypeError, "one real number, got 'a'"),
        (lambda: Interval(0.0, odd["huge"]), ArgumentValueError, "too large for a float"),
        (lambda: REALS.without(np.inf), ArgumentValueError, "excludes finite numbers"),
        (lambda: inputs(shapes=[(1, -2)]), ArgumentValueError, "from 0 to 2.*, got -2"),
        (
            lambda: inputs(shapes=odd["shape"]),
            ArgumentTypeError,
            r"got 3: write shapes=\[\(3,\), \(2, 3\)\]",
        ),
        (lambda: numbers(dtype="int8"), ArgumentTypeError, "such as 'float32'.* got 'int8'"),
        (lambda: verify(Square, dtypes=[]), ArgumentValueError, "is empty: write"),
        (lambda: verify(Square, order=3), ArgumentValueError, "order=1 or order=2, got 3"),
        (
            lambda: verify(Add, domain=(REALS,)),
            ArgumentValueError,
            "takes 2 inputs, its domain has 1",
        ),
        (lambda: verify(Settled), ArgumentTypeError, "Settled cannot be set up .* an instance"),
        (lambda: check_gradient(Square), ArgumentValueError, r"write check_gradient\(Square, x\)"),
        (lambda: check_gradient(Square, odd["variable"]), ArgumentTypeError, "its .data"),
        (lambda: check_gradient(Square, odd["complex"]), DataError, "real"),
        (
            lambda: check_gradient(Square, X, gy=np.ones(2)),
            ArgumentValueError,
            r"gy has shape \(2,\), the value there has \(\)",
        ),
        (lambda: Step(Square, (0, 1)), ArgumentValueError, r"Square has 1 operands, got \(0, 1\)"),
        (lambda: PROGRAM(), ArgumentValueError, "a program takes 1 Variables, got 0"),
        (
            lambda: Program((X,), (Step(Square, (4,)),)),
            ArgumentValueError,
            r"the 1 values before it as operands, got \(4,\)",
        ),
        (
            lambda: central_difference(odd["truth"], X),
            ArgumentTypeError,
            "array of floats, got True",
        ),
        (
            lambda: verify(odd["get"]),
            ArgumentTypeError,
            "does not say how many inputs",
        ),
    ],
    ids=range(19),
)
def test_what_it_says(call: Callable[[], object], error: type[Exception], message: str) -> None:
    """What was wrong, the value, and what to write instead."""
    with pytest.raises(error, match=message):
        call()


def test_what_numpy_has_for_a_number_is_one() -> None:
    """Its numbers and dtypes are taken as Python's numbers and the names of dtypes are."""
    ends: Any = (np.float32(0.5), np.int8(2))
    given: Any = {
        "dtypes": [np.float32, np.dtype("f8")],
        "examples": np.int8(4),
        "seed": np.int64(1),
    }
    assert Interval(*ends) == Interval(0.5, 2.0)
    report = verify(Square, **given)
    assert (report.dtypes, report.examples, report.seed) == (("float32", "float64"), 4, 1)


def test_a_program_is_verified() -> None:
    """Though its arrays cannot be hashed."""
    assert verify(PROGRAM, examples=4, seed=1).examples == 4


def test_the_inputs_that_a_callable_needs_are_counted() -> None:
    """Not those that have a default."""

    def power(x: Variable, exponent: float = 2.0) -> Variable:
        return x**exponent

    assert verify(power, examples=4, seed=1).examples == 4


def test_a_function_that_does_not_say_how_many_inputs_it_takes_takes_one() -> None:
    """Some written in C do not; a ufunc does."""
    assert entries.inputs(min) == 1
    assert entries.inputs(np.hypot) == 2
    assert entries.inputs(lambda a, b, scale=1.0: a) == 2
