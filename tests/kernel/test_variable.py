"""Variable: what data it takes, what it keeps, how it prints and copies."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
from numpy.lib.mixins import NDArrayOperatorsMixin
from typing_extensions import override

from backprop import (
    Add,
    Array,
    Cos,
    Divide,
    Exp,
    Function,
    Log,
    Matmul,
    Multiply,
    Negative,
    Power,
    Reciprocal,
    Sin,
    Sqrt,
    Square,
    Subtract,
    Tanh,
    Variable,
)
from tests.helpers import Cube, Split, Total, grad, grads, leaf

DTYPES = list(
    dict.fromkeys([np.float16, np.float32, np.float64, np.longdouble])
)  # the last two may be one
UNARY = [Cos, Cube, Exp, Log, Negative, Reciprocal, Sin, Sqrt, Square, Tanh]
BINARY = [Add, Divide, Multiply, Power, Subtract]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (0,), (0, 3)])
@pytest.mark.parametrize("rule", UNARY)
def test_unary_keeps_shape_and_dtype(
    rule: type[Function], shape: tuple[int, ...], dtype: type[np.floating]
) -> None:
    """Value and gradient are ndarrays of the input's shape and dtype, 0-d ones too."""
    x = Variable(np.full(shape, 0.5, dtype))

    y = rule()(x)
    y.backward()

    for array in (y.data, grad(x), grad(y)):
        assert type(array) is np.ndarray
        assert array.shape == shape
        assert array.dtype == dtype


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (0,)])
@pytest.mark.parametrize("b_dtype", DTYPES)
@pytest.mark.parametrize("a_dtype", DTYPES)
@pytest.mark.parametrize("rule", BINARY)
def test_binary_keeps_each_dtype(
    rule: type[Add],
    a_dtype: type[np.floating],
    b_dtype: type[np.floating],
    shape: tuple[int, ...],
) -> None:
    """Each gradient has the dtype of its own operand, the value that of NumPy's promotion."""
    a, b = Variable(np.full(shape, 0.5, a_dtype)), Variable(np.full(shape, 0.5, b_dtype))

    y = rule()(a, b)
    y.backward()

    assert y.dtype == np.result_type(a_dtype, b_dtype)
    assert grad(a).dtype == a_dtype
    assert grad(b).dtype == b_dtype
    assert grad(a).shape == grad(b).shape == y.shape == shape
    assert type(y.data) is type(grad(a)) is type(grad(b)) is np.ndarray


@pytest.mark.parametrize("number", [2, 2.0])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rule", BINARY)
def test_python_numbers_are_weak(rule: type[Add], dtype: type[np.floating], number: float) -> None:
    """A Python number takes the other operand's dtype, on either side, beside arrays too."""
    x = leaf(0.5, dtype)

    assert rule()(x, number).dtype == rule()(number, x).dtype == dtype
    assert rule()(x.data, number).dtype == rule()(number, x.data).dtype == dtype


def test_numpy_scalars_are_strong() -> None:
    """A NumPy scalar has its own dtype, as in NumPy."""
    x = leaf(0.5, np.float32)

    assert (x * np.float64(2.0)).dtype == (np.float64(2.0) * x).dtype == np.float64
    assert (x * np.float16(2.0)).dtype == np.float32


def test_numbers_of_n_ary_functions_are_weak() -> None:
    """A Python number among the operands of an NaryFunction takes the dtype of the others."""
    assert Total()(leaf(1.0, np.float32), 2.0)[0].dtype == np.float32
    assert Total()(2.0, np.ones(3, np.float16), leaf(1.0, np.float32))[0].dtype == np.float32
    assert Total()(2.0, 1)[0].dtype == np.float64


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1.5, np.float64),
        (3, np.float64),
        ([1, 2], np.float64),
        ([[1.5, 2.0]], np.float64),
        ([], np.float64),
        (np.float32(1.5), np.float32),
        (np.int8(3), np.float64),
        (np.array([1, 2], np.uint64), np.float64),
        (np.array([1.0, 2.0], ">f4"), np.float32),
        (np.array([1.0, 2.0], ">f8"), np.float64),
    ],
    ids=repr,
)
def test_what_becomes_data(data: Any, dtype: type[np.floating]) -> None:
    """Numbers, sequences and foreign byte orders become native arrays of floats."""
    x = Variable(data)

    assert type(x.data) is np.ndarray
    assert x.dtype == dtype
    assert x.dtype.isnative
    assert (x.data == np.asarray(data)).all()


def test_data_is_shared() -> None:
    """An array of floats is taken as it is, not copied, whatever its layout."""
    array = np.ones((3, 4), order="F")[::2]

    x = Variable(array)
    assert x.data is array
    x.data = array = np.zeros(2)

    assert x.data is array


def test_assigned_data_is_checked() -> None:
    """`x.data = ...` takes what `Variable(...)` takes and nothing else."""
    x = leaf(1.0)

    x.data = 3
    assert x.dtype == np.float64
    with pytest.raises(TypeError, match="got dtype bool"):
        x.data = np.array(True)

    assert x.data == 3.0


def test_shape_size_ndim_dtype() -> None:
    """A Variable says of its data what an array says."""
    x = leaf([[1.0, 2.0, 3.0]], np.float32)

    assert (x.shape, x.ndim, x.size) == ((1, 3), 2, 3)
    assert x.dtype == np.float32


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (np.array(1.25), "Variable(1.25)"),
        (np.array([1.0, 2.0]), "Variable([1., 2.])"),
        (np.array([1.0], np.float32), "Variable([1.], dtype=float32)"),
        (np.zeros((0, 3)), "Variable([])"),
        (np.eye(2), "Variable([[1., 0.],\n          [0., 1.]])"),
        (np.zeros(1000), "Variable([0., 0., 0., ..., 0., 0., 0.])"),
    ],
)
def test_repr(data: Array, text: str) -> None:
    """The text of a Variable is that of its data, cut where that is long."""
    assert repr(Variable(data)) == text


def test_equality_is_identity() -> None:
    """`==` between Variables asks whether they are the same, so they can be keys."""
    x, y = leaf(1.0), leaf(1.0)

    assert x == x
    assert x != y
    assert {x: "x", y: "y"}[x] == "x"
    assert Square() != Square()


def test_detach() -> None:
    """`detach()` gives a leaf with the same array, from which nothing flows back."""
    x = leaf(3.0)
    h = x * x

    d = h.detach()
    (d * x).backward()

    assert d.data is h.data
    assert d.creator is None
    assert grads([x, h]) == [9.0, None]


def test_cleargrad() -> None:
    """`cleargrad()` and `grad = None` both leave None."""
    x = leaf(3.0)
    for forget in (x.cleargrad, lambda: setattr(x, "grad", None)):
        x.backward()
        forget()
        assert x.grad is None


def test_grad_is_copied() -> None:
    """Assigning to `grad` copies: what was assigned stays the caller's."""
    x, g = leaf([1.0, 2.0]), np.array([3.0, 4.0])

    x.grad = g

    assert not np.shares_memory(grad(x), g)


@pytest.mark.parametrize("assigned", [False, True])
@pytest.mark.parametrize(
    "how", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["deepcopy", "pickle"]
)
def test_copies_of_a_leaf(how: Any, assigned: bool) -> None:
    """A copied or unpickled leaf has data, gradient and seed, and shares nothing."""
    x = leaf([1.0, 2.0])
    (x * 3.0).backward()
    if assigned:
        x.grad = np.array([5.0, 5.0])
    before = grads([x])

    twin = how(x)

    assert type(twin) is Variable
    assert twin.data.tolist() == [1.0, 2.0]
    assert grads([twin]) == before
    assert not np.shares_memory(twin.data, x.data)
    assert not np.shares_memory(grad(twin), grad(x))
    twin.backward()
    assert grads([twin]) == ([[5.0, 5.0]] if assigned else [[1.0, 1.0]])


@pytest.mark.parametrize(
    "how",
    [copy.copy, copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_copies_of_a_function(how: Any) -> None:
    """A Function that was not called can be copied and pickled, and then called."""
    f = how(Cube())
    x = leaf(2.0)

    y = f(x)
    y.backward()

    assert y.creator is f
    assert grad(x) == 12.0


class Parameter(Variable):
    """A subclass of a user's, with a name."""

    __slots__ = ("name",)

    name: str


def test_subclass_of_variable() -> None:
    """A user's subclass of Variable is computed with like any other."""
    x = Parameter(np.array(2.0))
    x.name = "x"

    Cube()(x * x).backward()

    assert grad(x) == 6 * 2.0**5
    assert repr(x) == "Parameter(2.)"


class Foreign(NDArrayOperatorsMixin):
    """The least array of another library: NEP 13 and 18 around an ndarray, no conversion."""

    def __init__(self, inner: Array) -> None:
        self.inner = inner

    def __array__(self, *_: object, **__: object) -> Array:
        raise AssertionError("somebody converted it")

    @override
    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *xs: Any, **kwargs: Any) -> object:
        assert kwargs.get("out") in {None, (...,)}
        inner = [x.inner if isinstance(x, Foreign) else x for x in xs]
        return _foreign(getattr(ufunc, method)(*inner, **{**kwargs, "out": ...}))

    def __array_function__(self, f: Any, types: Any, args: Any, kwargs: Any) -> object:
        inner = [x.inner if isinstance(x, Foreign) else x for x in args]
        return _foreign(f(*inner, **kwargs))

    def __getattr__(self, name: str) -> object:
        value = getattr(self.inner, name)
        return (lambda *a, **k: _foreign(value(*a, **k))) if callable(value) else value

    def __getitem__(self, key: Any) -> Foreign:
        return Foreign(self.inner[key])

    def __bool__(self) -> bool:
        return bool(self.inner)


def _foreign(value: Any) -> Any:
    return Foreign(np.asarray(value)) if isinstance(value, (np.ndarray, np.generic)) else value


def one_chunk(array: Array) -> da.Array:
    """A dask array whose sums are taken in NumPy's order."""
    dask: da.Array = da.from_array(array, chunks=-1)  # type: ignore[no-untyped-call]
    return dask


def in_numpy(array: Any) -> Array:
    """The ndarray behind an array of another library."""
    return array.inner if isinstance(array, Foreign) else array.compute()


def program(x: Variable, w: Variable, m: Variable) -> Variable:
    """A bit of everything, with fan-out, broadcasting and a constant."""
    a = Tanh()(x * w) + Sqrt()(x) * x - w / x
    b = Exp()(Sin()(a)) @ m + 2.0**w
    return Cos()(Cube()(b)) * Log()(x * x) + (-a) ** 2.0 * Reciprocal()(Square()(w)) + b


@pytest.mark.parametrize("library", [one_chunk, Foreign])
def test_arrays_of_other_libraries(library: Any) -> None:
    """On arrays of another library values and gradients are NumPy's, bit by bit, unconverted."""
    arrays = [
        np.array([[0.5, 1.5, 2.5], [0.25, 4.0, 1.0]]),
        np.array([1.0, -2.0, 3.0]),
        np.arange(9.0).reshape(3, 3) / 9,
    ]
    ours = [Variable(a) for a in arrays]
    theirs = [Variable(library(a)) for a in arrays]
    kind = type(theirs[0].data)

    expected, got = program(*ours), program(*theirs)
    for _ in range(2):
        expected.backward(accumulate=True)
        got.backward(accumulate=True)

    assert type(got.data) is kind
    for e, g in zip([expected, *ours], [got, *theirs], strict=True):
        assert type(g.grad) is kind
        assert g.shape == e.shape
        assert in_numpy(g.grad).tobytes() == grad(e).tobytes()
    assert in_numpy(got.data).tobytes() == expected.data.tobytes()


def test_dask_in_chunks() -> None:
    """Arrays in several chunks, unused outputs and a seed go back like NumPy's."""
    x = Variable(da.ones((4, 4), chunks=2))
    double, _ = Split()(x)
    y = double @ x
    y.grad = da.ones((4, 4), chunks=2)

    y.backward()

    expected = leaf(np.ones((4, 4)))
    (Split()(expected)[0] @ expected).backward()
    assert (in_numpy(grad(x)) == grad(expected)).all()


def test_dask_beside_numpy() -> None:
    """A dask array on the left of a Variable leaves the operation to it."""
    x = leaf([1.0, 2.0, 3.0])

    y: object = da.arange(3.0, chunks=2) * x

    assert isinstance(y, Variable)
    y.backward()
    assert in_numpy(x.grad).tolist() == [0.0, 1.0, 2.0]


def test_a_large_numpy_operand_of_a_dask_result() -> None:
    """A rule that reuses NumPy's buffers writes no cotangent of another library into them."""
    x = leaf(np.linspace(-1.0, 1.0, 100))

    (Tanh()(x) * Variable(one_chunk(np.full(100, 2.0)))).backward()

    np.testing.assert_allclose(in_numpy(x.grad), 2.0 / np.cosh(x.data) ** 2, rtol=1e-14)


def test_dask_stays_lazy() -> None:
    """Neither values nor gradients are computed before somebody asks for them."""
    asked: list[object] = []

    def refuse(*args: object, **kwargs: object) -> None:
        asked.append(args)
        raise AssertionError

    x = Variable(one_chunk(np.array([1.0, 2.0])))
    with dask.config.set(scheduler=refuse):
        (Exp()(x) * x / Sqrt()(x)).backward()

    assert not asked
    expected = leaf([1.0, 2.0])
    (Exp()(expected) * expected / Sqrt()(expected)).backward()
    assert in_numpy(x.grad).tolist() == grad(expected).tolist()


def test_dask_of_no_floats() -> None:
    """Integers of another library become float64 there; other kinds are refused."""
    x = Variable(da.arange(3, chunks=2))

    data: object = x.data
    assert isinstance(data, da.Array)
    assert x.dtype == np.float64
    with pytest.raises(TypeError, match="got dtype bool"):
        Variable(da.ones(3, dtype=bool))


def test_matmul_keeps_dtype() -> None:
    """`@` keeps dtypes and gives ndarrays, for vectors too."""
    a, b = leaf([1.0, 2.0], np.float32), leaf([3.0, 4.0], np.float32)

    y = Matmul()(a, b)
    y.backward()

    assert type(y.data) is np.ndarray
    assert y.dtype == grad(a).dtype == grad(b).dtype == np.float32


class Scalars(Function):
    """Rules that let NumPy scalars through, as 0-d arithmetic does."""

    @override
    def forward(self, x: Array) -> Array:
        return x * 2.0

    @override
    def backward(self, gy: Array) -> Array:
        return gy * 2.0


def test_scalars_become_arrays() -> None:
    """What a user's rule computes at 0-d is an array all the same, forward and backward."""
    x = leaf(3.0, np.float32)

    y = Scalars()(x)
    y.backward()

    for array in (y.data, grad(x)):
        assert type(array) is np.ndarray
        assert array.shape == ()
        assert array.dtype == np.float32


def test_a_notebook_shows_a_variable_in_a_line() -> None:
    """Its name, escaped, shape and dtype, the numbers of a small array, a grad if it has one."""
    x = Variable(np.array([1.0, 2.0], np.float32), name="<b>")
    large = Variable(np.zeros(100))
    assert x._repr_html_() == (
        "<span>Variable <b>&lt;b&gt;</b> <code>(2,) float32</code> <code>[1., 2.]</code></span>"
    )
    (large * large).backward()
    assert large._repr_html_() == (
        "<span>Variable <code>(100,) float64</code> <small>gradient present</small></span>"
    )
