"""All of NumPy's names are in backprop.numpy, and what they do when they meet a Variable."""

from __future__ import annotations

import io
import itertools
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import backprop
import backprop.numpy as bp
import backprop.numpy.random as npr
import backprop.testing
from backprop import Variable, gradients
from backprop.errors import BackpropError, InPlaceError, UnsupportedError
from backprop.functions.registry import METHODS
from backprop.kernel.table import TABLE


def untyped(x: Variable) -> Any:
    """A Variable where NumPy's stubs want an array, as those of the methods of ufuncs do."""
    return x


MODULES = {"": (np, bp), "linalg.": (np.linalg, bp.linalg), "fft.": (np.fft, bp.fft)}
# Modules that an earlier NumPy left lying about, and its tests.
LEFT_LYING = {"linalg.linalg", "linalg.test", "fft.helper", "fft.test"}
NAMES = {
    prefix + name: (getattr(theirs, name), ours)
    for prefix, (theirs, ours) in MODULES.items()
    for name in sorted({*dir(theirs), *theirs.__all__})
    if name[0] != "_" and prefix + name not in LEFT_LYING
}


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_numpy_is_here(name: str) -> None:
    """It is NumPy's own, or a function of ours that stands for it."""
    theirs, module = NAMES[name]
    last = name.rpartition(".")[2]
    ours = getattr(module, last)

    assert last in dir(module)
    assert ours is theirs or "backprop" in (
        ours.__name__
        if name in ("fft", "linalg", "random")
        else f"{ours.__class__} {ours.__module__}"
    )


def test_no_name_is_here_that_numpy_has_not() -> None:
    """What the module needs for itself is private."""
    own = {name for name in dir(bp) if name[0] not in "_@"}  # @: of pytest, which rewrites asserts
    assert own <= set(dir(np))
    with pytest.raises(AttributeError, match="no attribute '_private'"):
        bp._private  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError, match=r"was removed in the NumPy 2\.0"):
        bp.float_  # type: ignore[attr-defined]  # noqa: B018
    assert npr.default_rng is np.random.default_rng


def test_numpys_modules_are_loaded_when_they_are_asked_for() -> None:
    """What a script does not use costs it no time."""
    code = "import sys, backprop.numpy; print('numpy.random' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


X = np.array([[0.5, -1.5, 2.0], [1.0, 2.0, -0.25], [2.0, 3.0, 1.0]])

# They make arrays of that shape, of that dtype.
LIKE = {"empty_like", "full_like", "ones_like", "zeros_like", "spacing"}
# They are no functions of arrays, change what other tests see, or write into their last operand.
OTHERS = {
    "info",
    "isneginf",
    "isposinf",
    "seterr",
    "seterrcall",
    "setbufsize",
    "set_printoptions",
    "test",
    "vectorize",
}
OWN = [
    name
    for name, (theirs, _) in NAMES.items()
    if callable(theirs)
    and not isinstance(theirs, type)
    and theirs not in TABLE
    and name not in LIKE | OTHERS
]


@pytest.mark.parametrize("name", OWN)
@pytest.mark.filterwarnings("ignore")
def test_what_has_no_rule_gives_no_floats_of_a_variable(name: str) -> None:
    """NumPy's own functions refuse it, or give places, bools and text: no gradient is cut."""
    function = NAMES[name][0]
    for args in ((0,), (1,), (0, 0), (1, 1), (0, 0, 0)):
        x, v = Variable(X.copy()), Variable(X[0].copy())
        try:
            found = function(*((v, x)[i] for i in args))
        except (TypeError, ValueError, KeyError, AttributeError):
            continue
        parts = found if isinstance(found, (tuple, list)) else [found]
        plain = [part for part in parts if not isinstance(part, Variable)]
        assert not any(getattr(part, "dtype", None) == np.float64 for part in plain)


TAKES_THE_DATA = [
    "np.isin(v, [1.5, 2.0])",
    "np.isin([1.5, 2.0], v)",
    "np.triu_indices_from(x)",
    "np.tril_indices_from(x, 1)",
    "np.diag_indices_from(x)",
    "np.iscomplex(v)",
    "np.min_scalar_type(v)",
    "np.common_type(v, v)",
    "np.einsum_path('i,i', v, v)[1]",
    "np.lexsort((v, v))",
    "np.greater.outer(v, v)",
    "np.logical_and.reduce(x)",
    "np.logical_or.accumulate(x, axis=1)",
    "np.equal.outer(v, 2.0)",
]


@pytest.mark.parametrize("code", TAKES_THE_DATA)
def test_helpers_take_the_data(code: str) -> None:
    """Places, bools, counts and types are those of the array, under both names."""
    for module in (np, bp):
        found = eval(code, {"np": module, "v": Variable(X[0]), "x": Variable(X)})
        expected = eval(code, {"np": np, "v": X[0], "x": X})
        assert not isinstance(found, Variable)
        assert np.all(np.asarray(found) == np.asarray(expected))


REFUSED = [
    ("np.save(io.BytesIO(), v)", UnsupportedError, r"numpy\.save saves .* save x\.data"),
    ("np.savez(io.BytesIO(), v=v)", UnsupportedError, r"numpy\.savez saves .* save x\.data"),
    ("np.savetxt(io.StringIO(), v)", UnsupportedError, r"numpy\.savetxt saves .*x\.data"),
    ("np.copyto(np.zeros(3), v)", InPlaceError, r"numpy\.copyto writes into .* where, conc"),
    ("np.put(v, [0], 1.0)", InPlaceError, r"numpy\.put writes into an array"),
    ("np.fill_diagonal(x, 0.0)", InPlaceError, r"numpy\.fill_diagonal writes"),
    ("np.unique_counts(v)", UnsupportedError, r"numpy\.unique_counts .* call unique\(x, ret"),
    ("np.roots(v)", UnsupportedError, r"numpy\.roots has no derivative rule here"),
    ("np.fft.rfft(v)", UnsupportedError, r"numpy\.fft\.rfft has no derivative rule here"),
    ("np.linalg.eig(x)", UnsupportedError, r"numpy\.linalg\.eig has no derivative rule here"),
    ("np.add.at(v, [0], 1.0)", UnsupportedError, r"numpy\.add\.at has no derivative rule"),
    ("np.add.reduceat(v, [0])", UnsupportedError, r"numpy\.add\.reduceat has no derivative"),
    ("np.hypot.reduce(x)", UnsupportedError, r"numpy\.hypot\.reduce has no derivative"),
    ("np.logical_and.at(v, [0], 1.0)", UnsupportedError, r"numpy\.logical_and\.at"),
]


@pytest.mark.parametrize(("code", "error", "message"), REFUSED)
def test_what_is_refused_says_what_to_do(
    code: str, error: type[BackpropError], message: str
) -> None:
    """By the name that NumPy has for it, under both names; arrays pass."""
    for module in (np, bp):
        names = {"np": module, "io": io, "v": Variable(X[0]), "x": Variable(X)}
        with pytest.raises(error, match=message):
            eval(code, names)
        eval(code, names | {"v": X[0].copy(), "x": X.copy()})


def test_unique_values_share_their_gradient() -> None:
    """Of equal elements; what comes with the values is plain."""
    v = Variable([3.0, 1.0, 3.0, np.nan, np.nan])
    y, first, group, counts = bp.unique(v, True, True, True)

    assert y.data.tolist()[:2] == [1.0, 3.0]
    assert [first.tolist(), group.tolist(), counts.tolist()] == [
        [1, 0, 3],
        [1, 0, 1, 2, 2],
        [1, 2, 2],
    ]
    assert gradients(np.sum(y * [1.0, 2.0, 3.0]), [v])[0].data.tolist() == [1, 1, 1, 1.5, 1.5]


PAIRS = list(itertools.product([[], [1.0, 2.0, 1.0], [np.nan, 2.0]], repeat=2))
SETS = ["union1d", "setdiff1d", "setxor1d", "intersect1d"]


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("some", PAIRS)
def test_sets_are_numpys(name: str, some: tuple[list[float], list[float]]) -> None:
    """Empty ones, and such with nan; one of the two may be plain."""
    a, b = map(np.array, some)
    expected = getattr(np, name)(a, b)
    for x, z in ((Variable(a), b), (a, Variable(b)), (Variable(a), Variable(b))):
        found = getattr(np, name)(x, z)
        assert isinstance(found, Variable)
        np.testing.assert_array_equal(found.data, expected)


def test_intersections_say_where_they_are() -> None:
    """In either operand, as NumPy does."""
    a, b = np.array([1.0, 3.0, 2.0, 3.0]), np.array([3.0, 2.0])
    y, *places = bp.intersect1d(Variable(a), b, return_indices=True)
    values, *expected = np.intersect1d(a, b, return_indices=True)
    assert np.array_equal(y.data, values)
    assert [p.tolist() for p in places] == [p.tolist() for p in expected]


ALIASES = {"deg2rad", "rad2deg"}  # of radians and degrees here, ufuncs of their own in NumPy
UFUNCS = sorted(
    (
        name
        for name, (f, _) in NAMES.items()
        if isinstance(f, np.ufunc) and f in TABLE and name not in ALIASES
    ),
    key=str,
)


@pytest.mark.parametrize("name", UFUNCS)
def test_a_function_of_ours_is_like_its_ufunc(name: str) -> None:
    """It has the attributes, and on arrays the methods that have no rule."""
    ours, theirs = getattr(bp, name), getattr(np, name)

    assert ours.__name__ == theirs.__name__
    for attribute in ("identity", "nargs", "nin", "nout", "ntypes", "signature", "types"):
        assert getattr(ours, attribute) == getattr(theirs, attribute)
    for method in ("accumulate", "at", "outer", "reduce", "reduceat"):
        assert getattr(ours, method) == METHODS.get((theirs, method), getattr(theirs, method))
    assert pickle.loads(pickle.dumps(ours)) is ours


def arrays(y: Variable | tuple[Variable, ...]) -> list[Any]:
    """The data of one or of two."""
    return [part.data for part in (y if isinstance(y, tuple) else (y,))]


@pytest.mark.parametrize("name", UFUNCS)
def test_settings_that_change_nothing_pass(name: str) -> None:
    """Under both names, on every NumPy; others are refused by name."""
    ours, theirs = getattr(bp, name), getattr(np, name)
    square = np.array([[7.25, 0.5], [0.25, 2.25]])
    x = Variable(square % 1.0 if theirs.nin == 1 else square)
    args = (x, 2) if name == "ldexp" else (x, x)[: theirs.nin]
    for f in (ours, theirs):
        with np.errstate(all="ignore"):
            plain = arrays(f(*args))
            set_ = f(*args, dtype=float, order="K", casting="same_kind", subok=True)
            assert np.array_equal(arrays(set_), plain, equal_nan=True)
            with pytest.raises(UnsupportedError, match=r"knows no dtype=.*astype"):
                f(*args, dtype="f4")
            with pytest.raises(UnsupportedError, match=r"knows no casting=.*leave it out"):
                f(*args, casting="unsafe")


@pytest.mark.parametrize("where", [True, np.True_, [True, False, True], np.array([True] * 3)])
def test_where_passes_if_it_is_everywhere(where: Any) -> None:
    """An array of it is refused, whatever is in it."""
    v = Variable(X[0])
    for f in (np.exp, getattr(bp, "exp")):  # noqa: B009 (what type checkers refuse is meant)
        if isinstance(where, (bool, np.bool)):
            assert np.array_equal(f(v, where=where).data, np.exp(X[0]))
        else:
            with pytest.raises(UnsupportedError, match="exp of a Variable knows no where="):
                f(v, where=where)


OUTERS = [name for name in UFUNCS if (getattr(np, name), "outer") in METHODS]


@pytest.mark.parametrize("name", OUTERS)
def test_outer_is_numpys(name: str) -> None:
    """Every element with every element, whatever their shapes; a number is one of float64."""
    a, b = np.array([[7.5, 7.25, 7.0]]), np.array([2.0, 2.25])
    theirs, ours = getattr(np, name), getattr(bp, name)
    for x, z in ((a, b), (a[0], b[0]), (b[0], a.astype("f4"))):
        expected = theirs.outer(x, z)
        for found in (theirs.outer(Variable(x), z), ours.outer(x, Variable(z))):
            assert isinstance(found, Variable)
            assert found.dtype == expected.dtype
            np.testing.assert_allclose(found.data, expected, rtol=1e-15)


REDUCED = [np.add, np.multiply, np.maximum, np.minimum, np.logaddexp, np.logaddexp2]


@pytest.mark.parametrize("ufunc", REDUCED)
def test_methods_that_reduce_are_numpys(ufunc: np.ufunc) -> None:
    """With their keywords, under both names."""
    x, ours = untyped(Variable(X)), getattr(bp, ufunc.__name__)
    keywords: list[dict[str, Any]] = [
        {},
        {"axis": None},
        {"axis": (0, 1), "keepdims": True},
        {"axis": -1, "initial": 0.5, "where": [True, False, True]},
        {"dtype": np.longdouble},
    ]
    for kw in keywords:
        expected = ufunc.reduce(X, **kw)
        for found in (ufunc.reduce(x, **kw), ours.reduce(x, **kw)):
            assert found.dtype == expected.dtype
            np.testing.assert_allclose(found.data, expected, rtol=1e-15)
    for axis in (0, 1):
        each: list[Any] = [ufunc.accumulate(x, axis), ours.accumulate(x, axis)]
        for found in each:
            np.testing.assert_allclose(found.data, ufunc.accumulate(X, axis), rtol=1e-15)


INFINITIES: list[tuple[list[float], list[float]]] = [
    ([np.inf, np.inf, 1.0], [0.5, 0.5, 0.0]),
    ([-np.inf, -np.inf], [0.5, 0.5]),
    ([-np.inf, 1.0], [0.0, 1.0]),
    ([1000.0, 1000.0], [0.5, 0.5]),
    ([-1000.0, 1000.0], [0.0, 1.0]),
]


@pytest.mark.parametrize(("x", "slopes"), INFINITIES)
def test_sums_of_powers_out_of_range(x: list[float], slopes: list[float]) -> None:
    """Equal infinities share the gradient; nothing overflows."""
    v = untyped(Variable(x))
    for y in (np.logaddexp.reduce(v), np.logaddexp2.reduce(v), np.logaddexp.accumulate(v)[-1]):
        gradient = gradients(y, [v])[0].data
        if len(x) == 2 or y.creator.__class__.__name__ != "GetItem":
            assert gradient.tolist() == slopes


def test_elements_that_do_not_count_have_no_slope() -> None:
    """However large they are, and where none counts."""
    v = untyped(Variable([2000.0, 1.0]))
    assert gradients(np.logaddexp.reduce(v, where=[False, True]), [v])[0].data.tolist() == [0, 1]
    none = np.logaddexp.reduce(v, where=[False, False])
    assert none.data == -np.inf
    assert gradients(none, [v])[0].data.tolist() == [0, 0]


def as_script(code: str) -> Callable[[Any], Any]:
    """A line of a script that says `import backprop.numpy as np`."""
    return lambda v: eval(code, {"np": bp, "v": v})


@pytest.mark.parametrize(
    "code",
    [
        "np.sum(v[np.triu_indices(2)[0]] * np.random.default_rng(0).normal(size=3))",
        "np.sum(np.where(np.isin(v, [2.0]), v, 0.0)) + np.finfo(np.float32).max * 0",
        "np.polynomial.Polynomial([1.0, 2.0, 3.0])(np.e) * v",
        "np.sum(v * np.hanning(3)) + np.mgrid[0:3] @ v",
    ],
)
def test_scripts_find_what_they_need(code: str) -> None:
    """Names without a rule beside such with one: value and gradient are there."""
    v = Variable(X[0])
    y = as_script(code)(v)
    assert np.isfinite(y.data).all()
    assert np.any(gradients(y, [v])[0].data)


def test_a_function_that_is_not_numpys_is_not_called_numpys() -> None:
    """SciPy's ufuncs do not say whose they are, even where NumPy has one of that name."""
    special = pytest.importorskip("scipy.special")
    v = Variable(X[0].copy())
    with pytest.raises(UnsupportedError, match=r"^erf has no derivative rule here"):
        special.erf(v)
    with pytest.raises(InPlaceError, match=r"^log1p cannot write a Variable"):
        special.log1p(v, out=X[0].copy())
    with pytest.raises(UnsupportedError, match=r"^numpy\.frexp has no derivative rule here"):
        np.frexp(v)


def test_a_completion_of_the_package_shows_what_is_public() -> None:
    """The names of __all__ and the four modules, not the rooms behind them."""
    shown = {name for name in dir(backprop) if name[0] != "_"}
    assert shown - set(backprop.__all__) == {"drawing", "errors", "numpy", "testing"}


def test_a_public_name_is_loaded_when_it_is_first_used() -> None:
    """Each name of __all__ and each module is there; another is an AttributeError as ever."""
    load = vars(backprop)["__getattr__"]
    fresh = {name: load(name) for name in dir(backprop) if name[0] != "_"}
    assert all(fresh[name] is getattr(backprop, name) for name in fresh)
    with pytest.raises(AttributeError, match="module 'backprop' has no attribute 'Squared'"):
        load("Squared")
