"""What is an array: data, operands and settings are taken for what they are, or refused by name."""

from __future__ import annotations

import itertools
import pickle
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import backprop.numpy as bp
from backprop import Add, Constant, Function, NaryFunction, Variable, grad, value_and_grad
from backprop.errors import ConversionError, DataError
from backprop.kernel.variable import Node

X = np.array([0.5, 1.0, 2.0])
MASKED = np.ma.masked_array([1.0, 2.0, 3.0], [False, True, False])
SERIES = pd.Series([1.0, 2.0, 4.0], index=[2, 1, 0])
FRAME = pd.DataFrame(np.arange(9.0).reshape(3, 3), index=[5, 3, 4])
DATA_ARRAY = xr.DataArray([1.0, 2.0, 4.0], dims="t")


def looked_up(package: Any) -> set[str]:
    """The private names that a package asks of objects that are not its own, in its sources."""
    found: set[str] = set()
    for file in Path(package.__file__).parent.rglob("*.py"):
        if "tests" not in file.parts:
            text = file.read_text(encoding="utf-8", errors="ignore")
            found.update(re.findall(r"(?<!self)(?<!cls)\.(_[a-z]\w*)", text))
            found.update(re.findall(r"""attr\([^,()]+,\s*["'](\w+)["']""", text))
    return found


def test_no_private_name_is_one_that_numpy_or_pandas_look_up() -> None:
    """numpy.ma took a slot `_data` for that of a masked array, and computed past the graph."""
    own = {
        name
        for cls in (Variable, Constant, Node, Function, Add, NaryFunction)
        for base in cls.__mro__
        for name in vars(base)
        if name.startswith("_") and not name.startswith("__")
    }
    assert len(own) > 10
    assert not own & (looked_up(np) | looked_up(pd)) - {
        "_abc_impl",
        "_repr_html_",
    }  # IPython's name


@pytest.mark.parametrize(
    "code",
    [
        "MASKED * v",
        "v * MASKED",
        "MASKED - v",
        "MASKED @ v",
        "v @ MASKED",
        "np.ma.log(v)",
        "MASKED.__setitem__(slice(None), v)",
        "np.average(v, weights=MASKED)",
        "np.sum(v, where=np.ma.array([True, False, True]))",
        "np.where(MASKED, v, 0.0)",
        "np.quantile(v, np.ma.array([0.5]))",
        "v[np.ma.array([True, False, True])]",
        "np.concatenate([v, MASKED])",
        "np.dot(MASKED, v)",
        "bp.array(MASKED)",
        "Variable(MASKED)",
        "v * np.array([1.0, 2.0, 3.0]).view(np.recarray)",
    ],
)
def test_masked_arrays_and_matrices_are_refused_on_either_side(code: str) -> None:
    """As operands, masks, weights, places: what they mean by an operator has no gradient."""
    with pytest.raises((DataError, ConversionError)):
        eval(code, {**globals(), "v": Variable(X)})


@pytest.mark.parametrize(
    ("code", "plain"),
    [
        ("v * SERIES", "X * s"),
        ("SERIES * v", "s * X"),
        ("SERIES - v", "s - X"),
        ("SERIES / v", "s / X"),
        ("SERIES ** v", "s ** X"),
        ("v @ SERIES", "X @ s"),
        ("FRAME * v", "f * X"),
        ("FRAME + v", "f + X"),
        ("v @ FRAME", "X @ f"),
        ("np.dot(FRAME, v)", "f.dot(X)"),
        ("v * DATA_ARRAY", "X * s"),
        ("(DATA_ARRAY * v).data", "s * X"),
        ("np.concatenate([v, SERIES])", "np.concatenate([X, s])"),
        ("v[SERIES > 1]", "X[s > 1]"),
        ("np.where(SERIES > 1, v, SERIES)", "np.where(s > 1, X, s)"),
        ("np.average(v, weights=SERIES)", "np.average(X, weights=s)"),
        ("Variable(SERIES) * v", "s * X"),
        ("Add()(v, SERIES)", "X + s"),
    ],
)
def test_containers_are_taken_by_their_values_in_the_order_of_position(
    code: str, plain: str
) -> None:
    """pandas would align them by their labels, and xarray by its names."""
    names = {"s": SERIES.to_numpy(), "f": FRAME.to_numpy(), "X": X, "np": np}
    y = eval(code, {**globals(), "v": Variable(X)})
    assert isinstance(y, Variable)
    assert y.data.tolist() == eval(plain, names).tolist()


def test_value_and_slope_agree_on_the_order() -> None:
    """A Series in another order of labels gives the derivative of the value that it gave."""

    def f(w: Variable) -> Variable:
        return ((w * pd.Series([3.0, 2.0, 1.0], index=[2, 1, 0])) * (w * SERIES)).sum()

    value, slope = value_and_grad(f)(np.ones(3))
    assert value == 11.0
    assert slope.tolist() == [6.0, 8.0, 8.0]


def test_a_series_is_an_argument_of_a_transform() -> None:
    """The gradient is an array."""
    assert grad(lambda w: (w * w).sum())(SERIES).tolist() == [2.0, 4.0, 8.0]


@pytest.mark.parametrize("code", ["FRAME @ v", "SERIES @ v"])
def test_what_pandas_converts_itself_says_the_way_out(code: str) -> None:
    """pandas asks for an array before it asks us."""
    with pytest.raises(ConversionError, match=r"with pandas write df.to_numpy\(\) @ x"):
        eval(code, {**globals(), "v": Variable(X)})


def test_a_memmap_is_an_everyday_array(tmp_path: Path) -> None:
    """It is data and an operand, and shares its memory."""
    file = np.memmap(tmp_path / "x", np.float64, "w+", shape=(3,))
    file[:] = X
    x = Variable(file)
    assert type(x.data) is np.ndarray
    assert np.shares_memory(x.data, file)
    assert (Variable(X) * file).data.tolist() == (X * X).tolist()


class Tensor:
    """As a tensor of torch looks from outside; with `numpy` or, as JAX's, without."""

    dtype = "torch.float32"

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray[Any, Any]:
        raise AssertionError("it is not asked")


class WithNumpy(Tensor):
    """The same with the method."""

    def numpy(self) -> np.ndarray[Any, Any]:
        """The array."""
        return X


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (WithNumpy(), r"tests.WithNumpy is no array that speaks NumPy's protocols: pass x.numpy\("),
        (Tensor(), r"tests.Tensor is no array .* pass np.asarray\(x\)"),
        (pd.Series(["a"]), r"pandas.Series of dtype \w+ holds no plain .* data.to_numpy\(dtype"),
        (
            pd.array([1, None], dtype="Int64"),
            r"IntegerArray of dtype Int64 .* data.to_numpy",
        ),
        (
            pd.Series([1.0, None], dtype="Float64"),
            r"Series of dtype Float64 holds no plain",
        ),
        (pd.DataFrame({"a": [1], "b": ["c"]}), r"DataFrame of dtype object holds no plain numbers"),
        (np.array(["a"], np.dtypes.StringDType()), r"got dtype StringDType\(\): \['a'\]; build an"),
        (Decimal("1.5"), r"got dtype object: Decimal\('1.5'\); build an array of numbers"),
        (1j, r"complex128: 0.\+1.j; take its real and imaginary parts as two"),
        (np.datetime64("2020-01-01"), r"convert it to numbers: data.astype\(np.int64\)"),
        (None, r"got dtype object: None; build an array of numbers"),
        (["a"] * 1000, r"got dtype <U1: \['a' 'a' 'a' ... 'a' 'a' 'a'\]; build"),
    ],
    ids=itertools.count(),
)
def test_what_is_no_array_is_refused_by_name_in_one_line(value: Any, says: str) -> None:
    """As data and as an operand; the message never prints a whole array."""
    makers: list[Callable[[], object]] = [
        lambda: Variable(value),
        lambda: Variable(X) * value,
        lambda: bp.exp(value),
    ]
    for make in makers:
        with pytest.raises(DataError, match=says) as caught:
            make()
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 300


def test_a_fraction_is_a_number() -> None:
    """It is weak, as Python's numbers are."""
    y = Variable(np.ones(2, np.float32)) * Fraction(1, 2)  # type: ignore[operator]  # not in types
    assert y.dtype == np.float32
    assert y.data.tolist() == [0.5, 0.5]


NARROW = [np.bool_, np.int8, np.uint8, np.int16, np.int32, np.int64, np.uint64]


@pytest.mark.parametrize("other", NARROW)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_integers_and_bools_as_operands_give_numpys_dtype(dtype: Any, other: Any) -> None:
    """uint8 * float32 is float32, int64 * float32 is float64; a bool is 0 or 1."""
    a, b = np.ones(2, dtype), np.array([0, 1], other)
    x = Variable(a)
    for y, plain in [(x * b, a * b), (b + x, b + a), (x / (b + x), a / (b + a)), (x**b, a**b)]:
        assert y.dtype == plain.dtype
        assert y.data.tolist() == plain.tolist()
    (b * x).sum().backward()
    assert x.grad is not None
    assert x.grad.dtype == dtype
    assert x.grad.tolist() == [0.0, 1.0]


def test_bytes_in_the_other_order() -> None:
    """Data and operands of the other byte order are the same numbers."""
    swapped = X.astype(">f4")
    assert Variable(swapped).data.dtype == np.float32
    assert (Variable(X) * swapped).data.tolist() == (X * X).tolist()


@pytest.mark.parametrize(
    ("code", "plain"),
    [
        ("np.roll(v, np.uint8(1))", "np.roll(X, 1)"),
        ("np.roll(m, (np.uint8(1), np.int8(-1)), (np.int16(0), 1))", "np.roll(M, (1, -1), (0, 1))"),
        (
            "np.interp(v, [0.0, 3.0], [0.0, 1.0], period=np.uint8(7))",
            "np.interp(X, [0, 3], [0, 1], period=7)",
        ),
        ("np.diagonal(m, np.int8(-128))", "np.diagonal(M, -128)"),
        ("np.var(v, ddof=np.int8(-128))", "np.var(X, ddof=-128)"),
        ("np.std(v, ddof=np.uint8(1))", "np.std(X, ddof=1)"),
        ("np.sum(m, axis=iter((0, 1)))", "np.sum(M)"),
        ("np.sum(m, np.array(1))", "np.sum(M, 1)"),
        ("np.trace(m, np.uint8(1))", "np.trace(M, 1)"),
        ("np.tril(m, np.int8(-1))", "np.tril(M, -1)"),
        ("np.moveaxis(m, np.uint8(0), np.int8(-1))", "np.moveaxis(M, 0, -1)"),
        ("np.diff(v, np.uint8(2))", "np.diff(X, 2)"),
        ("np.reshape(m, np.array([3, 2]))", "np.reshape(M, (3, 2))"),
        ("np.repeat(v, np.uint8(2))", "np.repeat(X, 2)"),
        ("np.rot90(m, np.uint8(3))", "np.rot90(M, 3)"),
    ],
)
def test_small_and_unsigned_integers_as_settings(code: str, plain: str) -> None:
    """They are Python's integers to a rule: -np.uint8(1) would be 255; all is right."""
    m = np.arange(6.0).reshape(2, 3)
    plain_names = {"np": np, "X": X, "M": m}

    def f(both: dict[str, Variable]) -> Variable:
        y: Variable = eval(code, {"np": np, "v": both["v"], "m": both["m"]})
        return (y * y).sum()

    both = {"v": X, "m": m}
    value, slope = value_and_grad(f)(both)
    names = {"np": np, "X": X, "M": m}
    expected = eval(plain, names)
    assert np.isclose(value, (expected**2).sum(), rtol=1e-15)
    step = 2.0**-20
    for name, array in both.items():
        for i in range(array.size):
            moved = array.copy()
            moved.flat[i] += step
            there = eval(plain, {**plain_names, {"v": "X", "m": "M"}[name]: moved})
            rise = ((there**2).sum() - (expected**2).sum()) / step
            assert abs(slope[name].flat[i] - rise) < 1e-4 * (1 + abs(rise))


def test_constants_keep_the_dtype_that_numpy_gives_them() -> None:
    """Integers and bools too; what is computed of Constants alone is a Constant."""
    n, mask = bp.array([2, 0]), bp.asarray([True, False, True])
    assert n.dtype == np.int64
    assert mask.dtype == np.bool_
    assert isinstance(n * 2 + 1, Constant)
    assert (n * 2 + 1).data.dtype == np.int64
    assert isinstance(bp.exp(n), Constant)
    assert isinstance(bp.polyadd([1, 2], [3]), Constant)
    assert bp.sum([1, 2]).data.dtype == np.int64
    v = Variable(X)
    assert v[n].data.tolist() == [2.0, 0.5]
    assert v[mask].data.tolist() == [0.5, 2.0]
    assert (v * mask).data.tolist() == [0.5, 0.0, 2.0]


def test_a_constant_is_no_view_of_its_owners_array() -> None:
    """The owner may change his array before the sweep."""
    a = np.array([1.0, 2.0, 3.0])
    backwards, x = bp.flip(a), Variable(X)
    y = (backwards * x).sum()
    a[:] = 0.0
    y.backward()
    assert x.grad is not None
    assert x.grad.tolist() == [3.0, 2.0, 1.0]


def test_constants_are_arrays_to_transforms() -> None:
    """As arguments they give arrays, so that SciPy can call what a transform gives."""
    value, slope = value_and_grad(lambda w: (w * bp.array([1.0, 2.0, 3.0])).sum())(bp.array(X))
    assert [type(value), type(slope)] == [np.float64, np.ndarray]
    with pytest.raises(RuntimeError, match="is a constant: it was computed from no Variable"):
        bp.array(1.0).backward()
    assert pickle.loads(pickle.dumps(bp.array([1]))).data.tolist() == [1]


def test_numpy_computes_of_constants_what_has_no_rule() -> None:
    """A script that says `import backprop.numpy as np` has fft, roots and eig of its constants."""
    signal: Any = bp.array([1.0, 2.0, 1.0])
    four: Any = bp.array([4, 6])
    x: Any = Variable(X)
    assert np.fft.fft(signal).tolist() == np.fft.fft([1.0, 2.0, 1.0]).tolist()
    assert isinstance(np.roots(signal), Constant)
    assert np.gcd(four, 2).data.tolist() == [2, 2]
    assert bp.exp([1, 2], dtype="f4").dtype == np.float32
    assert bp.add(bp.array([1]), 2, dtype="f4").dtype == np.float32
    with pytest.raises(TypeError, match="has no derivative rule here"):
        np.roots(x)


@pytest.mark.parametrize("code", ["np.isposinf(v, w)", "np.any(v, None, w)", "np.isneginf(v, w)"])
def test_no_function_of_numpys_writes_into_a_variable(code: str) -> None:
    """Some take the array to write into by its place."""
    v, w = Variable(np.ones(())), Variable(np.zeros(()))
    with pytest.raises((TypeError, ValueError)):
        eval(code, {"np": np, "v": v, "w": w})
    assert w.data == 0.0
