"""What scripts do in every second line, as they do it: NumPy, Python and the book."""

from __future__ import annotations

import copy
import math
import pickle
import subprocess
import sys
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from threading import Thread
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typing_extensions import override

import backprop
import backprop.numpy as bp
from backprop import (
    Array,
    BinaryFunction,
    Constant,
    Cos,
    Function,
    NaryFunction,
    Sin,
    Square,
    Variable,
    add,
    cos,
    elementwise_grad,
    exp,
    grad,
    gradients,
    hessian,
    jacobian,
    jvp,
    log,
    matmul,
    no_grad,
    sin,
    square,
    tanh,
    value_and_grad,
    vjp,
)
from backprop.cli.main import main
from backprop.errors import (
    ConstantWarning,
    ConversionError,
    DataError,
    HigherOrderError,
    TransformError,
)
from backprop.ground.atomic import AtomicSlot
from backprop.testing import CannotCall, check_gradient
from backprop.transforms.forward_mode import tangents
from tests.helpers import leaf

X = np.array([0.5, 1.0, 2.0])


def slope(f: Callable[[Variable], Any], at: Any = X) -> Any:
    """The gradient of the sum of what f gives."""
    return grad(lambda v: bp.sum(f(v)))(at)


@pytest.mark.parametrize(
    ("f", "truth"),
    [
        (lambda v: v * (v > 0.7), [0.0, 1.0, 1.0]),
        (lambda v: (X > 0.7) @ v, [0.0, 1.0, 1.0]),
        (lambda v: np.array([True, False, True]) * v * v, [1.0, 0.0, 4.0]),
        (lambda v: v**True, [1.0, 1.0, 1.0]),
        (lambda v: bp.mean([v[0], v[1] * v[1]]), [0.5, 1.0, 0.0]),
        (lambda v: bp.linalg.norm([v[0] * 6, v[2] * 2]), [18 / 5, 0.0, 8 / 5]),
        (lambda v: bp.sum(bp.gradient(v * v)), [-1.5, 0.0, 6.0]),
        (lambda v: bp.concatenate([[v[0]], [1.0], v]), [2.0, 1.0, 1.0]),
        (lambda v: bp.sum([[v[0], 1.0], [v[1], v[0]]]), [2.0, 1.0, 0.0]),
        (lambda v: v * [v[2], 1.0, 2.0], [2.0, 1.0, 2.5]),
        (lambda v: bp.dot([v[0], v[1]], [3.0, v[2]]), [3.0, 2.0, 1.0]),
        (lambda v: bp.maximum([v[0], v[2]], 1.0), [0.0, 0.0, 1.0]),
        (lambda v: bp.where([True, False, True], v, [v[0], v[1], 7.0]), [1.0, 1.0, 1.0]),
        (lambda v: bp.array([v[0], 2, v[2]]) * np.arange(3), [0.0, 0.0, 2.0]),
        (lambda v: bp.stack([row * k for k, row in enumerate(v)]), [0.0, 1.0, 2.0]),
        (lambda v: bp.interp(v[0], [0, 1], [0, 2]), [2.0, 0.0, 0.0]),
        (lambda v: round(v * 1.0, 1) + v, [1.0, 1.0, 1.0]),
    ],
)
def test_lists_bools_and_numbers_where_numpy_takes_an_array(
    f: Callable[[Variable], Any], truth: list[float]
) -> None:
    """The derivative is that of the same formula written on arrays."""
    assert np.allclose(slope(f), truth, rtol=1e-14, atol=0)


def test_sums_that_grow() -> None:
    """`s += a * a` binds s to a new Variable; who holds the old one keeps it."""
    v = Variable(X)
    s: Any = 0.0
    for a in v:
        s += a * a
    w = before = v
    w += 1.0
    w *= 2.0
    s.backward()
    assert v.grad is not None
    assert v.grad.tolist() == [1.0, 2.0, 4.0]
    assert before.data.tolist() == X.tolist()
    assert w.data.tolist() == (2 * (X + 1)).tolist()


def test_what_cannot_work_says_what_does() -> None:
    """numpy.array of Variables, and an array that is filled with them."""
    a, out = leaf(1.0), np.zeros(3)
    with pytest.raises(ConversionError, match=r"numpy.stack\(\[x, y\]\) or backprop.numpy.array"):
        np.array([a, a])
    with pytest.raises((TypeError, ValueError)) as caught:
        out[0] = a
    chain = [caught.value, caught.value.__cause__, caught.value.__context__]
    assert any("and stack that" in str(error) for error in chain)
    for convert, name in [(float, "float"), (bool, "bool"), (np.asarray, "numpy.asarray")]:
        with pytest.raises(ConversionError, match=rf"{name}\(x\): converting .* take x.data"):
            convert(a)  # type: ignore[operator]


def test_looking_is_free() -> None:
    """Text, and plain numbers of what no open transform differentiates by."""
    loss, v = leaf(1.23456), Variable(X)
    assert f"{loss:.3f} {v:.1f} {loss}" == "1.235 [0.5, 1.0, 2.0] Variable(1.23456)"
    assert loss.item() == 1.23456
    assert v.tolist() == [0.5, 1.0, 2.0]
    with pytest.raises(ValueError, match="size 1"):
        v.item()
    with pytest.raises(ValueError, match="Unknown format code"):
        f"{loss:d}"


def test_a_plain_number_within_a_transform() -> None:
    """It is refused for what depends on the argument, in every transform, and else free."""
    with pytest.raises(ConversionError, match=r"x.item\(\): converting Input\(1.\)"):
        grad(lambda w: w * math.exp(w.item()))(1.0)
    with pytest.raises(ConversionError, match=r"x.tolist\(\): converting Variable"):
        vjp(lambda w: w * (w * 2.0).tolist(), 1.0)
    with pytest.raises(ConversionError, match=r"x.item\(\)"):
        grad(grad(lambda w: w * w.item()))(1.0)
    outer = leaf(2.0)
    with pytest.raises(ConversionError, match=r"x.item\(\)"):
        grad(lambda w: w * w.item())(outer)
    assert grad(lambda w: w * outer.item())(1.0) == 2.0
    inner: Callable[[Variable], Variable] = grad(lambda u: u * u)
    assert grad(lambda w: w * inner(outer).item())(1.0) == 4.0


class Peeks(Function):
    """x², in whose `backward` a plain number is taken of what was lent."""

    @override
    def forward(self, x: Array) -> Array:
        return x * x

    @override
    def backward(self, gy: Array) -> Array:
        return np.multiply(gy, 2 * self.x.item())


def test_a_plain_number_within_a_rule() -> None:
    """First order works; where Variables stand for the arrays it would cut the second."""
    x = leaf(3.0)
    y = Peeks()(x)
    y.backward()
    assert x.grad == 6.0
    with pytest.raises(ConversionError, match=r"x.item\(\)"):
        gradients(y, [x])


def test_a_function_that_gives_a_plain_number() -> None:
    """Its gradient is zeros, and a warning of ours names the function and the caller's line."""

    def flat(w: Variable) -> float:
        return 3.0

    with pytest.warns(ConstantWarning, match=r"flat gave a plain number at this point") as caught:
        assert grad(flat)(X).tolist() == [0.0, 0.0, 0.0]
    assert caught[0].filename == __file__
    both: dict[str, Any] = {"a": X, "b": 1.0}
    with pytest.warns(ConstantWarning):
        value, slopes = value_and_grad(lambda w: np.float64(2.0))(both)
    assert value == 2.0
    assert slopes["a"].tolist() == [0.0] * 3
    assert slopes["b"] == 0.0
    with pytest.warns(ConstantWarning):
        assert jacobian(lambda w: np.ones(2))(X).tolist() == [[0.0] * 3] * 2
    with pytest.warns(ConstantWarning):
        assert jvp(lambda w: 1.0, (1.0,), (1.0,))[1] == 0.0
    with pytest.raises(TransformError, match=r"got list: \[1.0\]"):
        grad(lambda w: [1.0])(X)


@dataclass(frozen=True)
class Layer:
    """Parameters as people keep them."""

    w: Any
    b: Any = None
    name: str = ""


@pytest.mark.parametrize(
    "tree",
    [
        {"w": X, "b": None, "name": "first"},
        OrderedDict(w=X, name="first"),
        defaultdict(float, w=2.0),
        Layer(X, None, "first"),
        [Layer(X, 2.0), (X, None, "x")],
        {"layers": [Layer({"deep": X})]},
    ],
)
def test_trees_come_back_as_what_they_were(tree: Any) -> None:
    """Dict subclasses, dataclasses, None and strings, in gradients and in tangents."""

    def total(node: Any) -> Any:
        if isinstance(node, Variable):
            return (node * node).sum()
        if isinstance(node, Layer):
            return total(node.w) + total(node.b)
        parts = node.values() if isinstance(node, dict) else node
        return sum(map(total, parts)) if isinstance(node, (dict, list, tuple)) else 0.0

    slopes = grad(total)(tree)
    assert type(slopes) is type(tree)
    assert repr(slopes) == repr(doubled(tree))
    value, moved = jvp(total, (tree,), (tree,))
    assert np.isclose(moved, 2 * value, rtol=1e-15)


def doubled(tree: Any) -> Any:
    """The tree with every number twice."""
    if isinstance(tree, (np.ndarray, float)):
        return 2 * tree
    if isinstance(tree, Layer):
        return Layer(doubled(tree.w), doubled(tree.b), tree.name)
    if isinstance(tree, dict):
        made = copy.copy(tree)
        made.update({key: doubled(value) for key, value in tree.items()})
        return made
    return type(tree)(map(doubled, tree)) if isinstance(tree, (list, tuple)) else tree


def test_a_list_of_numbers_is_a_tree() -> None:
    """Where the first operation fails a note says so."""
    with pytest.raises(TypeError) as caught:
        grad(lambda w: w**2)([0, 0, 0])
    assert "takes the list [0, 0, 0] for a tree of 3 numbers" in caught.value.__notes__[0]
    with pytest.raises(TypeError) as caught:
        grad(lambda w: w + "a")(1.0)
    assert not hasattr(caught.value, "__notes__")


@pytest.mark.parametrize("transform", [grad, value_and_grad, elementwise_grad, jacobian, hessian])
def test_what_a_transform_gives_can_be_pickled(transform: Any) -> None:
    """If the function can."""
    made = pickle.loads(pickle.dumps(transform(np.sum)))
    assert repr(made(X)) == repr(transform(np.sum)(X))


class Polynomial(Function):
    """Σ x^k / k!, k < n, whose slope is another Function of its kind."""

    def __init__(self, n: int) -> None:
        self.n = n

    @override
    def forward(self, x: Array) -> Array:
        y: Array = np.sum([x**k / math.factorial(k) for k in range(self.n)], axis=0)
        return y

    @override
    def backward(self, gy: Array) -> Array:
        return gy * Polynomial(self.n - 1)(self.x)  # type: ignore[return-value]  # a Variable


def test_a_slope_that_is_another_function() -> None:
    """First order, second, and forward mode."""
    x = leaf([0.5, 2.0])
    y = Polynomial(4)(x)
    y.backward()
    assert x.grad is not None
    assert np.allclose(x.grad, 1 + x.data + x.data**2 / 2, rtol=1e-15)
    (gx,) = gradients(y, [x])
    assert np.allclose(gradients(gx, [x])[0].data, 1 + x.data, rtol=1e-15)
    assert np.allclose(jvp(Polynomial(3), (x.data,), (np.ones(2),))[1], 1 + x.data, rtol=1e-15)


class OnArrays(Function):
    """sin x, whose rule leaves NumPy: it cannot run on Variables."""

    @override
    def forward(self, x: Array) -> Array:
        return np.array([math.sin(v) for v in x])

    @override
    def backward(self, gy: Array) -> Array:
        return np.multiply(gy, [math.cos(v) for v in self.x])


def test_jacobian_of_a_tall_function_of_rules_on_arrays() -> None:
    """It goes by rows, where columns would have to transpose the rule."""

    def residuals(w: Variable) -> Variable:
        return bp.concatenate([OnArrays()(w), OnArrays()(w) * 2.0])

    assert np.allclose(
        jacobian(residuals)(X), np.vstack([np.diag(np.cos(X)), 2 * np.diag(np.cos(X))]), rtol=1e-15
    )


def test_the_books_readers() -> None:
    """Its functions by their names, names of Variables, the version."""
    x = Variable(np.array(0.5), name="x")
    assert x.name == "x"
    x.name = "again"
    assert (x.name, leaf(1.0).name) == ("again", None)
    assert copy.deepcopy(x).name == "again"
    for function, original in [(exp, np.exp), (log, np.log), (sin, np.sin), (cos, np.cos)]:
        assert function(x).data == original(0.5)
    y = add(square(x), tanh(matmul(leaf([1.0, 2.0]), leaf([3.0, 4.0]))))
    assert y.data == 0.25 + np.tanh(11.0)
    assert backprop.__version__ in (backprop.__version__ or "")
    y = square(exp(square(x)))
    y.backward()
    assert str(x.grad) == "3.297442541400256"


class AnyNumber(NaryFunction):
    """Written with defaults and `*args`: no arity is wrong for it."""

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return (xs[0],)


class WithDefault(Square):
    """A setting in `forward` that a call never gives."""

    @override
    def forward(self, x: Array, power: int = 2) -> Array:
        y: Array = x**power
        return y


def test_an_array_of_a_rule_may_come_from_another_function() -> None:
    """`forward` that returns a Variable of constants, and one whose forward has a default."""

    class Wraps(Function):
        @override
        def forward(self, x: Array) -> Array:
            return bp.sin(x)  # type: ignore[return-value]  # a Constant

        @override
        def backward(self, gy: Array) -> Array:
            return gy * bp.cos(self.x)  # type: ignore[return-value]

    x = leaf([0.5])
    y = Wraps()(x)
    y.backward()
    assert y.data.tolist() == np.sin(x.data).tolist()
    assert x.grad is not None
    assert x.grad.tolist() == np.cos(x.data).tolist()
    assert WithDefault()(x).data.tolist() == [0.25]
    assert AnyNumber()(x)[0].data.tolist() == [0.5]


def test_calls_of_constants_alone() -> None:
    """They give Constants of every kind, and are not recorded."""
    c = Constant(np.array([1, 2]))
    for made in (Square()(c), c + c, 3 - c, c @ c, -c, Sin()(c), AnyNumber()(c, c)[0], c[0]):
        assert isinstance(made, Constant)
        assert made.creator is None
    assert (c + 1).data.dtype == (c * c).data.dtype == np.int64
    assert (c * 1.5).data.dtype == np.float64
    assert Cos()(np.ones(2)).creator is not None  # an array is no Constant before it is called


def test_a_slot_that_one_thread_can_delete() -> None:
    """Where the interpreter's own slots are not atomic, this one is."""

    class Claimed:
        __slots__ = ("_free",)

    slot: Any = AtomicSlot(vars(Claimed)["_free"])
    node: Any = Claimed()
    slot.__set__(node, True)
    assert slot.__get__(node, Claimed) is True
    won: list[bool] = []

    def claim() -> None:
        try:
            slot.__delete__(node)
        except AttributeError:
            won.append(False)
        else:
            won.append(True)

    threads = [Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False, False, False, True]


def test_numpy_finds_the_rules_by_itself() -> None:
    """A script that imports nothing but the kernel."""
    code = "import numpy as np; from backprop import Variable; print(np.mean(Variable([1.0, 3.0])))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "Variable(2.)\n"


class SinCos(NaryFunction):
    """sin x and cos x, each the slope of the other."""

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return np.sin(xs[0]), np.cos(xs[0])

    @override
    def backward(self, *gys: Array) -> tuple[Array, ...]:
        return (gys[0] * self.ys[1] - gys[1] * self.ys[0],)


def test_second_order_through_an_output_that_was_dropped() -> None:
    """The rule reads it, so its own slope counts."""
    x = leaf(0.5)
    s = SinCos()(x)[0]
    (gx,) = gradients(s, [x])
    (gxx,) = gradients(gx, [x])
    assert gx.data == np.cos(0.5)
    assert gxx.data == -np.sin(0.5)


def test_what_was_not_assigned_since_has_no_place_of_its_own() -> None:
    """Second order adds a node for a value only where other data were assigned."""
    x = leaf(0.5)
    (gx,) = gradients(Square()(x) * x, [x])
    found, open_ = set[str](), [gx]
    for v in open_:
        if v.creator is not None:
            found.add(type(v.creator).__name__)
            open_ += v.creator.inputs
    assert "Multiply" in found
    assert "AsItWas" not in found


def test_a_list_of_variables_is_an_operand_of_a_function() -> None:
    """Of the kinds themselves too."""
    x = leaf(3.0)
    pair: list[Variable | float] = [x, 1.0]
    y = Square()(pair)
    y.backward()
    assert y.data.tolist() == [9.0, 1.0]
    assert x.grad == 6.0


class Slotted(Function):
    """x², which keeps floats in a slot of its own for `backward`."""

    __slots__ = ("kept", "unset")

    @override
    def forward(self, x: Array) -> Array:
        self.kept = 2.0 * x
        return x * x

    @override
    def backward(self, gy: Array) -> Array:
        return gy * self.kept


def test_floats_in_a_slot_carry_no_derivative() -> None:
    """First order is right; a second would lose what the slot holds."""
    x = leaf(3.0)
    y = Slotted()(x)
    y.backward()
    assert x.grad == 6.0
    with pytest.raises(HigherOrderError, match=r"Slotted.forward keeps self.kept"):
        gradients(y, [x])


class Pair(BinaryFunction):
    """a b, but for 0."""

    @override
    def forward(self, a: Array, b: Array) -> Array:
        if not b.all():
            raise ZeroDivisionError
        return a * b


class Many(NaryFunction):
    """The same of many."""

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return (Pair().forward(xs[0], xs[1]),)


@pytest.mark.parametrize("kind", [Pair, Many])
def test_an_instance_is_free_after_a_call_that_left_no_graph(kind: Any) -> None:
    """One that failed, and one under no_grad(): the next call binds the instance."""
    f, x = kind(), leaf(2.0)
    with pytest.raises(ZeroDivisionError):
        f(x, leaf(0.0))
    with no_grad():
        f(x, x)
    y = f(x, x)
    assert (y[0] if isinstance(y, tuple) else y).creator is f


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ([bp.array(True), bp.array(False), True], [0.5, 2.0]),
        ([pd.Series([True]).to_numpy()[0], False, False], [0.5]),
    ],
)
def test_lists_of_constants_as_settings(condition: Any, kept: list[float]) -> None:
    """Masks, places: they are what their data are."""
    assert np.compress(condition, untyped(Variable(X))).data.tolist() == kept


def test_lists_of_masked_arrays_as_settings() -> None:
    """They are refused within a list too."""
    mask = np.ma.array([True, False])
    with pytest.raises(DataError, match="MaskedArray"):
        np.sum(untyped(leaf([[1.0, 2.0], [3.0, 4.0]])), where=[mask, mask])


def untyped(x: Variable) -> Any:
    """Where NumPy's stubs want an array."""
    return x


def test_rarer_ways_of_the_same() -> None:
    """Lists of Constants, of a unary function, transforms of Variables under no_grad()."""
    x = leaf(0.5)
    constants: list[Variable | float] = [bp.array(1), 2]
    mixed: list[Variable | float] = [x, 0.0]
    assert bp.sum(constants).data == 3
    assert bp.exp(mixed).data.tolist() == [np.exp(0.5), 1.0]
    mantissa, exponent = np.frexp(untyped(bp.array(8.0)))
    assert (mantissa.data, exponent.data) == (0.5, 4)
    with no_grad():
        assert untyped(grad(lambda v: v * v)(x)).data == 1.0
    with pytest.raises(np.linalg.LinAlgError, match="not defined on empty"):
        np.linalg.cond(untyped(leaf(np.zeros((0, 0)))))


def test_forward_mode_through_data_that_were_assigned() -> None:
    """The tangent is that at the values that were computed with."""
    x = leaf(3.0)
    y = Square()(x)
    x.data = np.array(7.0)
    (gx,) = gradients(y, [x])
    (moved,) = tangents((gx,), (x,), (np.array(1.0),))
    assert gx.data == 6.0
    assert moved == 2.0


class Refuses(Square):
    """Fails where its input is negative."""

    @override
    def forward(self, x: Array) -> Array:
        raise ZeroDivisionError


def test_a_rule_that_fails_at_the_point_where_it_is_checked() -> None:
    """With a cotangent whose shape cannot be compared: the report says what failed."""
    with pytest.raises(CannotCall, match="ZeroDivisionError"):
        check_gradient(Refuses, np.ones(2), gy=np.ones(2))


def test_a_constant_has_zeros_for_a_gradient() -> None:
    """To the verifier too."""
    (measured,) = check_gradient(lambda x: bp.array([1.0]), np.ones(1))
    assert measured.analytic.tolist() == [0.0]


def test_the_command_writes_where_no_console_is() -> None:
    """A stream without an encoding is written to as it is."""
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        assert main(["verify", "no.such.module"]) == 2
