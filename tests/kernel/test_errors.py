"""Each kind of mistake has its class, is also the builtin, and its message says what to do."""

from __future__ import annotations

import copy
import inspect
import itertools
import pickle
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from typing_extensions import override

from backprop import (
    Add,
    Array,
    BinaryFunction,
    Constant,
    Exp,
    Function,
    Interval,
    NaryFunction,
    Square,
    Variable,
    checking,
    errors,
    grad,
    gradients,
    no_grad,
    using_config,
)
from tests.helpers import Cube, Split, Total, leaf

fft: Callable[..., object] = np.fft.fft  # to its stubs of 2.4 and 2.5 a Variable is another mistake


class Gives(Function):
    """Returns what it was made with, from `forward` or `backward`."""

    def __init__(self, *, forward: object = None, backward: object = None) -> None:
        self.from_forward, self.from_backward = forward, backward

    @override
    def forward(self, x: Array) -> Array:
        return x * 2.0 if self.from_forward is None else self.from_forward  # type: ignore[return-value]

    @override
    def backward(self, gy: Array) -> Array:
        return self.from_backward  # type: ignore[return-value]


class GivesPair(BinaryFunction):
    """Returns from `backward` what it was made with."""

    def __init__(self, backward: object) -> None:
        self.from_backward = backward

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return a + b

    @override
    def backward(self, gy: Array) -> tuple[Array, Array]:
        return self.from_backward  # type: ignore[return-value]


class GivesOne(NaryFunction):
    """Forgets that `forward` returns a tuple."""

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return xs[0]  # type: ignore[return-value]


class NothingWritten(Function):
    """A Function without rules."""


class NothingWrittenPair(BinaryFunction):
    """A Function of two without rules."""


class NothingWrittenMany(NaryFunction):
    """A Function of many without rules."""


@dataclass
class Mistake:
    """One mistake, what it must raise and what the message must say."""

    error: type[Exception]
    builtin: type[Exception]
    make: Callable[[], object]
    says: str


def returned(*, forward: object = None, backward: object = None) -> None:
    """Go forward and backward through a Function that returns these."""
    Gives(forward=forward, backward=backward)(leaf([1.0, 2.0])).backward()


def assigned(grad: object) -> None:
    """Assign `grad` to a Variable of two elements."""
    x = leaf([1.0, 2.0])
    x.grad = grad  # type: ignore[assignment]


def looped() -> None:
    """Bind one instance to two calls as step 7's own `__call__` does."""

    class Book(Cube):
        @override
        def __call__(self, x: object) -> Variable:
            assert isinstance(x, Variable)
            y = Variable(self.forward(x.data))
            y.set_creator(self)
            self.input = x
            self.output = y
            return y

    f = Book()
    f(f(leaf(2.0))).backward()


def looped_pair() -> None:
    """Make a sum the creator of its own operand."""
    x = leaf(2.0)
    y = x + 1.0
    assert y.creator is not None
    x.set_creator(y.creator)
    y.backward()


def dropped() -> object:
    """Ask a Function for an output that was not kept."""
    f = Square()
    f(leaf(2.0))
    return f.output


def quiet_value() -> Variable:
    """A value without a graph."""
    with no_grad():
        return Square()(leaf(2.0))


def mutual(value: object) -> Callable[[], object]:
    """A Variable of what can be none."""
    return lambda: Variable(value)  # type: ignore[arg-type]


def changed_in_place() -> None:
    """Change the data of a leaf between its call and the sweep."""
    with checking():
        x = np.array([1.0, 2.0])
        y = Cube()(Variable(x))
        x += 1.0
        y.backward()


def infinite() -> None:
    """Leave the range of floats."""
    with checking(), np.errstate(over="ignore"):
        Exp()(leaf(1e4))


def written_for_two() -> None:
    """Write a Function of two inputs as the book does."""

    class Sum(Function):
        def forward(self, x0: Array, x1: Array) -> Array:  # type: ignore[override]  # on purpose
            return x0 + x1


class WritesCotangent(Function):
    """Writes into what it was lent."""

    @override
    def forward(self, x: Array) -> Array:
        return 2 * x

    @override
    def backward(self, gy: Array) -> Array:
        gy *= 2
        return gy


MISTAKES = {
    "bool": Mistake(
        errors.DataError,
        TypeError,
        mutual(True),
        "a Variable holds real floating-point numbers, got dtype bool: True; convert it: "
        "data.astype(np.float64)",
    ),
    "complex": Mistake(errors.DataError, TypeError, mutual(1j), "got dtype complex128: 0.+1.j"),
    "string": Mistake(errors.DataError, TypeError, mutual("a"), "got dtype <U1: 'a'"),
    "None": Mistake(errors.DataError, TypeError, mutual(None), "got dtype object: None"),
    "ragged": Mistake(
        errors.DataError,
        TypeError,
        mutual([[1.0], [2.0, 3.0]]),
        "a Variable holds an array of floats, got [[1.0], [2.0, 3.0]]: ",
    ),
    "huge": Mistake(errors.DataError, TypeError, mutual(10**400), "too large to convert"),
    "matrix": Mistake(
        errors.DataError,
        TypeError,
        mutual(np.ma.array([1.0])),
        "MaskedArray is a subclass of ndarray that may change what operators mean; "
        "pass np.asarray(data)",
    ),
    "Variable": Mistake(
        errors.DataError,
        TypeError,
        lambda: Variable(leaf(1.0)),  # type: ignore[arg-type]
        "data is a Variable already; for a new leaf write x.detach()",
    ),
    "operand": Mistake(
        errors.DataError,
        TypeError,
        lambda: leaf(1.0) + "a",  # type: ignore[operator]
        "got dtype <U1: 'a'",
    ),
    "forward gives list": Mistake(
        errors.OutputError,
        TypeError,
        lambda: returned(forward=[1.0]),
        "forward of Gives must return an array of floats, got list: [1.0]",
    ),
    "forward gives ints": Mistake(
        errors.OutputError,
        TypeError,
        lambda: returned(forward=np.array([1])),
        "must return an array of floats, got ndarray of dtype int64: array([1])",
    ),
    "forward gives a subclass": Mistake(
        errors.OutputError,
        TypeError,
        lambda: returned(forward=np.ma.array([1.0])),
        "must return an array of floats, got MaskedArray of dtype float64",
    ),
    "forward gives one": Mistake(
        errors.OutputError,
        TypeError,
        lambda: GivesOne()(leaf([1.0])),
        "forward of GivesOne must return a tuple of arrays, got array([1.])",
    ),
    "backward gives None": Mistake(
        errors.GradientTypeError,
        TypeError,
        returned,
        "what Gives.backward returned for input 0 must be an array, got NoneType: None",
    ),
    "backward gives float": Mistake(
        errors.GradientTypeError,
        TypeError,
        lambda: returned(backward=1.0),
        "must be an array, got float: 1.0",
    ),
    "backward gives another dtype": Mistake(
        errors.GradientTypeError,
        TypeError,
        lambda: returned(backward=np.ones(2, np.float32)),
        "for input 0 must have dtype float64, got float32: cast it with astype",
    ),
    "backward gives another shape": Mistake(
        errors.GradientShapeError,
        ValueError,
        lambda: returned(backward=np.ones((1, 2))),
        "what Gives.backward returned for input 0 must have shape (2,), got (1, 2)",
    ),
    "second gradient": Mistake(
        errors.GradientShapeError,
        ValueError,
        lambda: GivesPair((np.ones(()), np.ones(3)))(leaf(1.0), leaf(1.0)).backward(),
        "what GivesPair.backward returned for input 1 must have shape (), got (3,)",
    ),
    "None for a Variable": Mistake(
        errors.GradientTypeError,
        TypeError,
        lambda: GivesPair((np.ones(()), None))(leaf(1.0), leaf(1.0)).backward(),
        "what GivesPair.backward returned for input 1 must be an array, got NoneType",
    ),
    "too few gradients": Mistake(
        errors.GradientCountError,
        ValueError,
        lambda: GivesPair((np.ones(()),))(leaf(1.0), leaf(1.0)).backward(),
        "GivesPair.backward must return a tuple of 2 gradients, one for each input, "
        "got (array(1.),)",
    ),
    "no tuple": Mistake(
        errors.GradientCountError,
        ValueError,
        lambda: GivesPair(np.ones(2))(leaf(1.0), leaf(1.0)).backward(),
        "must return a tuple of 2 gradients",
    ),
    "grad is a number": Mistake(
        errors.GradientTypeError,
        TypeError,
        lambda: assigned(1.0),
        "grad must be an array, got float: 1.0",
    ),
    "grad is a Variable": Mistake(
        errors.GradientTypeError,
        TypeError,
        lambda: assigned(leaf([1.0, 1.0])),
        "grad must be an array, got Variable: Variable([1., 1.])",
    ),
    "grad is a subclass": Mistake(
        errors.GradientTypeError,
        TypeError,
        lambda: assigned(np.ma.array([1.0, 1.0])),
        "grad must be an array, got MaskedArray",
    ),
    "grad is of ints": Mistake(
        errors.GradientTypeError,
        TypeError,
        lambda: assigned(np.array([1, 1])),
        "grad must have dtype float64, got int64: cast it with astype",
    ),
    "grad of another shape": Mistake(
        errors.GradientShapeError,
        ValueError,
        lambda: assigned(np.ones((3, 2))),
        "grad must have shape (2,), got (3, 2)",
    ),
    "backward after no_grad": Mistake(
        errors.NoGraphError,
        RuntimeError,
        lambda: quiet_value().backward(),
        "Unrecorded(4.) was computed under no_grad(): compute it outside to record",
    ),
    "creator after no_grad": Mistake(
        errors.CreatorError,
        TypeError,
        lambda: quiet_value().set_creator(Square()),
        "Unrecorded(4.) was computed under no_grad(); it has no creator",
    ),
    "creator is no Function": Mistake(
        errors.CreatorError,
        TypeError,
        lambda: leaf(1.0).set_creator(np.exp),  # type: ignore[arg-type]
        "a creator is a called Function, got <ufunc 'exp'>",
    ),
    "creator of several outputs": Mistake(
        errors.CreatorError,
        TypeError,
        lambda: leaf(1.0).set_creator(Split()),
        "Split has several outputs; only its call can set them",
    ),
    "cycle of one": Mistake(
        errors.CycleError,
        RuntimeError,
        looped,
        "the input of a Book was computed from its own output",
    ),
    "cycle of two inputs": Mistake(
        errors.CycleError,
        RuntimeError,
        looped_pair,
        "the input of a Add was computed from its own output",
    ),
    **{
        f"{what} before the call, {kind.__name__}": Mistake(
            errors.NotCalledError,
            AttributeError,
            lambda kind=kind, what=what: getattr(kind(), what),  # type: ignore[misc]
            f"{kind.__name__} has no input or output yet: call it first",
        )
        for kind, whats in (
            (Exp, ("input", "inputs", "output")),
            (Add, ("inputs", "output")),
            (Split, ("inputs", "outputs")),
        )
        for what in whats
    },
    "output dropped": Mistake(
        errors.OutputDroppedError,
        ReferenceError,
        dropped,
        "the output of Square was dropped; keep the Variable it gave",
    ),
    **{
        f"conversion by {how}": Mistake(
            errors.ConversionError,
            TypeError,
            lambda convert=convert: convert(leaf(2.0)),  # type: ignore[misc]
            "converting Variable(2.) to a plain number, bool or array would cut its gradient; "
            "compute with Variables, or take x.data where no gradient is wanted",
        )
        for how, convert in {
            "float": float,
            "int": int,
            "complex": complex,
            "bool": bool,
            "asarray": np.asarray,
            "index": lambda x: [0, 1, 2][x],
            "nesting": lambda x: np.array([x, x]),
        }.items()
    },
    **{
        f"{how.__name__} of a graph": Mistake(
            errors.GraphCopyError,
            TypeError,
            lambda how=how: how(leaf(2.0) * 3.0),  # type: ignore[misc]
            "Variable(6.) is part of a graph; copy or pickle x.detach() instead",
        )
        for how in (copy.copy, copy.deepcopy, pickle.dumps)
    },
    "copy of a called Function": Mistake(
        errors.GraphCopyError,
        TypeError,
        lambda: copy.copy((leaf(2.0) * 3.0).creator),
        "a called Multiply is part of a graph: copy a new one",
    ),
    "no forward": Mistake(
        NotImplementedError,
        NotImplementedError,
        lambda: NothingWritten()(leaf(1.0)),
        "NothingWritten needs a method forward(self, x)",
    ),
    "no backward": Mistake(
        NotImplementedError,
        NotImplementedError,
        lambda: NothingWritten().backward(np.ones(())),
        "NothingWritten needs a method backward(self, gy)",
    ),
    "no forward of two": Mistake(
        NotImplementedError,
        NotImplementedError,
        lambda: NothingWrittenPair()(1.0, 2.0),
        "NothingWrittenPair needs a method forward(self, a, b)",
    ),
    "no backward of two": Mistake(
        NotImplementedError,
        NotImplementedError,
        lambda: NothingWrittenPair().backward(np.ones(())),
        "NothingWrittenPair needs a method backward(self, gy)",
    ),
    "no forward of many": Mistake(
        NotImplementedError,
        NotImplementedError,
        lambda: NothingWrittenMany()(1.0),
        "NothingWrittenMany needs a method forward(self, *xs)",
    ),
    "a rule that reads the data of its input, in second order": Mistake(
        errors.HigherOrderError,
        RuntimeError,
        lambda: [gradients(NotesSquare()(x), [x]) for x in [leaf(1.0)]],
        "write self.x instead of self.input.data",
    ),
    "assignment to an element": Mistake(
        errors.InPlaceError,
        TypeError,
        lambda: leaf([1.0]).__setitem__(0, 2.0),  # type: ignore[index]
        "build the result with numpy.where, concatenate or stack",
    ),
    "a gradient of many numbers": Mistake(
        errors.TransformError,
        TypeError,
        lambda: grad(lambda x: x * x)(np.ones(2)),
        "grad is of a function that gives one number, not shape (2,)",
    ),
    "a rule that writes into its cotangent": Mistake(
        errors.ReadOnlyError,
        ValueError,
        lambda: WritesCotangent()(leaf([1.0])).backward(),
        "WritesCotangent.backward writes into an array that it was only lent",
    ),
    "an array changed in place": Mistake(
        errors.ChangedError,
        RuntimeError,
        changed_in_place,
        "input 0 of Cube was changed in place after the call, made at ",
    ),
    "infinity of finite numbers": Mistake(
        errors.NonFiniteError,
        FloatingPointError,
        infinite,
        "gave nan or infinity for finite numbers: keep its input inside the domain",
    ),
    "a setting where there is none": Mistake(
        errors.SignatureError,
        TypeError,
        lambda: Square(leaf(2.0)),  # type: ignore[arg-type]  # on purpose
        "Square has no settings, got Variable(2.): make an instance and call that, Square()(x)",
    ),
    "operands in a list": Mistake(
        errors.SignatureError,
        TypeError,
        lambda: Add()([leaf(1.0), leaf(2.0)]),  # type: ignore[call-arg]  # on purpose
        "write Add()(a, b), not Add()([a, b])",
    ),
    "the book's create_graph": Mistake(
        errors.SignatureError,
        TypeError,
        lambda: leaf(1.0).backward(create_graph=True),  # type: ignore[arg-type]  # on purpose
        "not create_graph: gradients(y, [x]) gives gradients that are Variables",
    ),
    "another framework's argument": Mistake(
        errors.SignatureError,
        TypeError,
        lambda: leaf(1.0).backward(inputs=1),  # type: ignore[arg-type]  # on purpose
        "backward knows accumulate and retain_grad, not inputs: leave it out",
    ),
    "the book's using_config": Mistake(
        errors.SignatureError,
        TypeError,
        lambda: using_config("enable_backprop", False),
        "there is no configuration, got 'enable_backprop' = False: to compute without a graph",
    ),
    "a Function of two inputs": Mistake(
        errors.SignatureError,
        TypeError,
        written_for_two,
        "Sum.forward takes 2 arrays, but its kind has 1: subclass Function for one input, Binary",
    ),
    "no_grad of something": Mistake(
        errors.SignatureError,
        TypeError,
        lambda: no_grad(leaf),  # type: ignore[arg-type]  # on purpose
        "no_grad() takes nothing, got function: write `with no_grad():`",
    ),
    "gradients of an array": Mistake(
        errors.TransformError,
        TypeError,
        lambda: gradients(np.ones(1), [leaf(1.0)]),  # type: ignore[arg-type]  # on purpose
        "gradients takes a Variable y, got ndarray: array([1.])",
    ),
    "gradients by one Variable": Mistake(
        errors.TransformError,
        TypeError,
        lambda: gradients(leaf(1.0), leaf(1.0)),  # type: ignore[arg-type]  # on purpose
        "gradients takes a sequence of Variables, got one: write gradients(y, [x])",
    ),
    "gradients by data": Mistake(
        errors.TransformError,
        TypeError,
        lambda: gradients(leaf(1.0), [np.ones(1)]),  # type: ignore[list-item]  # on purpose
        "gradients are with respect to Variables, got ndarray: array([1.]); pass the Variables",
    ),
    "gradients by nothing": Mistake(
        errors.TransformError,
        TypeError,
        lambda: gradients(leaf(1.0), None),  # type: ignore[arg-type]  # on purpose
        "gradients are with respect to Variables, got NoneType: None",
    ),
    "gradients of a text": Mistake(
        errors.GradientTypeError,
        TypeError,
        lambda: gradients(leaf(1.0), [leaf(1.0)], "2"),  # type: ignore[arg-type]  # on purpose
        "gy must be an array or a Variable, got '2'",
    ),
    "backward of a Constant": Mistake(
        errors.NoGraphError,
        RuntimeError,
        lambda: Constant(np.ones(())).backward(),
        "Constant(1.) is a constant: it was computed from no Variable",
    ),
    "iteration of a number": Mistake(
        errors.DataError,
        TypeError,
        lambda: iter(leaf(1.0)),
        "iteration over a 0-d array: this Variable is one number",
    ),
    "forward gives a list for Constants": Mistake(
        errors.OutputError,
        TypeError,
        lambda: Gives(forward=[1.0])(Constant(1)),
        "forward of Gives must return an array of floats, got list: [1.0]",
    ),
    "an interval from a text": Mistake(
        errors.ArgumentTypeError,
        TypeError,
        lambda: Interval("a", 1.0),  # type: ignore[arg-type]  # on purpose
        "'a'",
    ),
    "an interval of nothing": Mistake(
        errors.ArgumentValueError,
        ValueError,
        lambda: Interval(1.0, 0.0),
        "an Interval needs low < high",
    ),
    "a NumPy function without a rule": Mistake(
        errors.UnsupportedError,
        TypeError,
        lambda: fft(leaf([1.0])),
        "numpy.fft.fft has no derivative rule here: write a Function",
    ),
    "an end of an interval that is no number": Mistake(
        errors.ArgumentTypeError,
        TypeError,
        lambda: Interval("a", 1.0),  # type: ignore[arg-type]
        "the low end of an Interval is one real number, got 'a'",
    ),
    "an interval that holds nothing": Mistake(
        errors.ArgumentValueError,
        ValueError,
        lambda: Interval(1.0, 1.0),
        "an Interval needs low < high, got low=1.0, high=1.0",
    ),
    "no backward of many": Mistake(
        NotImplementedError,
        NotImplementedError,
        lambda: NothingWrittenMany().backward(np.ones(())),
        "NothingWrittenMany needs a method backward(self, *gys)",
    ),
}


class NotesSquare(Function):
    """As the notes write it."""

    def forward(self, x: Array) -> Array:
        return x**2

    def backward(self, gy: Array) -> Array:
        return 2 * self.input.data * gy


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_message(mistake: Mistake) -> None:
    """Each mistake raises its class, which is also the builtin, with a text that says why."""
    with pytest.raises(mistake.error, match=re.escape(mistake.says)) as caught:
        mistake.make()

    assert caught.type is mistake.error
    assert isinstance(caught.value, mistake.builtin)


def test_every_class_has_its_mistake() -> None:
    """Each class of errors.py is raised by one of the mistakes above, and has the common base."""
    found = (cls for _, cls in inspect.getmembers(errors, inspect.isclass))
    classes = {
        cls for cls in found if not issubclass(cls, Warning)
    }  # tests/transforms/test_transforms.py

    raised = {mistake.error for mistake in MISTAKES.values()} - {NotImplementedError}

    elsewhere = {errors.BackpropError, errors.MissingExtraError}  # tests/drawing/test_plots.py
    assert classes - elsewhere == raised
    assert all(issubclass(cls, errors.BackpropError) for cls in classes)


def test_input_is_taken_once() -> None:
    """A call with one operand too many says so before anything is computed."""
    with pytest.raises(TypeError, match="takes 2 positional arguments but 3 were given"):
        Square()(leaf(1.0), leaf(2.0))  # type: ignore[call-arg]


def test_typo_in_an_attribute() -> None:
    """A mistyped attribute is an error, not a new attribute."""
    with pytest.raises(AttributeError, match="gard"):
        leaf(1.0).gard = np.ones(())  # type: ignore[attr-defined]


def test_assignment_into_an_array() -> None:
    """`c[0] = x` into a plain array raises, and says what the matter is."""
    c = np.zeros(3)

    with pytest.raises((TypeError, ValueError), match=r"gradient|sequence"):
        c[0] = leaf(1.0)


def test_total_of_nothing_is_a_users_own_error() -> None:
    """What a user's `forward` raises comes through as it is."""
    with pytest.raises(IndexError):
        Total()()


@pytest.mark.parametrize(
    "make",
    [
        lambda big: float(big),
        lambda big: np.asarray(big),
        lambda big: copy.copy(big * 2.0),
        lambda big: Constant(big.data).backward(),
        lambda big: big.set_creator(big),
        lambda big: gradients(big, big),
        lambda big: gradients(big.data, [big]),
        lambda big: gradients(big, [big.data]),
        lambda big: big[big],
        lambda big: Square(big),
        lambda big: Gives(forward=big.data.tolist())(big),
        lambda big: Gives(backward=big.data.tolist())(big).backward(),
        lambda big: GivesPair(big.data.tolist())(big, big).backward(),
        lambda big: GivesOne()(big),
        lambda big: setattr(big, "grad", big.data.tolist()),
        lambda big: grad(lambda x: big.data.tolist())(1.0),
        lambda big: grad(big),
        lambda big: grad(lambda x: x, tuple(range(1000)))(1.0),
        lambda big: Variable([big.data.tolist(), [1.0]]),
    ],
    ids=itertools.count(),
)
def test_no_message_prints_an_array(make: Callable[[Variable], object]) -> None:
    """One line, however large the value is."""
    big = leaf(np.arange(4000.0).reshape(40, 100))
    with pytest.raises(Exception) as caught:  # noqa: PT011  # each says its own
        make(big)
    assert isinstance(caught.value, errors.BackpropError)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600
