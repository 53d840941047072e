"""Which functions of NumPy are differentiated, here and elsewhere: `python -m benchmarks.coverage`.

Writes docs/coverage.md. Our column is read from the table of functions. Where the other libraries
are installed (`make judges`) they are asked again and their answers kept in benchmarks/peers.json;
elsewhere the page is made of what is kept.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from backprop.domain import REALS, Interval
from backprop.testing.expressions import numpy_functions
from benchmarks.peers import PEERS, Outcome, Peer, Question, numeric, questions

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = ROOT / "docs" / "coverage.md"
KEPT: Final = ROOT / "benchmarks" / "peers.json"
POINTS: Final = 2

# How often it was right, wrong, and raised.
Tally: TypeAlias = tuple[int, int, int]
Answers: TypeAlias = dict[str, dict[str, Tally]]  # of each function, by library

_INSIDE: Final = Interval(-1.0, 1.0)
_MATRIX: Final = "onp.array([[3.0, 1.0, 0.0], [0.2, 1.0, 0.1], [0.3, 0.0, -4.0]])"
_FFT: Final = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")


def _other(name: str, code: str, *shape: int, domain: Interval = REALS) -> tuple[str, Question]:
    return name, Question(code, {"x": shape}, (domain,), numeric)


# What is not differentiated here but is, or might be, elsewhere. Real numbers go in and come out.
OTHERS: Final[dict[str, Question]] = dict(
    [
        _other("apply_along_axis", "np.apply_along_axis(np.sum, 0, x)", 2, 3),
        _other("apply_over_axes", "np.apply_over_axes(np.sum, x, [0])", 2, 3),
        _other("arange", "np.arange(x, x + 2.5)"),
        _other("array", "np.array([[x[0], x[1]], [x[2], 0.0]])", 3),
        _other("asanyarray", "np.asanyarray(x)", 3),
        _other("asarray", "np.asarray(x)", 3),
        _other("asarray_chkfinite", "np.asarray_chkfinite(x)", 3),
        _other("ascontiguousarray", "np.ascontiguousarray(x)", 3),
        _other("asfortranarray", "np.asfortranarray(x)", 3),
        _other("bincount", "np.bincount(onp.array([0, 2, 2]), x)", 3),
        _other("c_", "np.c_[x, x]", 3),
        *(
            _other(f"fft.{f}", f"np.real(np.fft.{f}(x)) + np.imag(np.fft.{f}(x))", 4)
            for f in _FFT
        ),
        *(
            _other(f"fft.{f}", f"np.real(np.fft.{f}(x)) + np.imag(np.fft.{f}(x))", 2, 4)
            for f in (f"{one}{d}" for one in _FFT[:4] for d in "2n")
        ),
        _other("fft.fftfreq", "np.fft.fftfreq(5, x)"),
        _other("fft.rfftfreq", "np.fft.rfftfreq(5, x)"),
        _other("fft.fftshift", "np.fft.fftshift(x)", 3),
        _other("fft.ifftshift", "np.fft.ifftshift(x)", 3),
        _other("frexp", "np.frexp(x)[0]", 3),
        _other("full", "np.full((2, 3), x)", 3),
        _other("histogram", "np.histogram(onp.array([0.0, 1.0, 1.0]), 2, weights=x)[0]", 3),
        _other(
            "histogram2d",
            "np.histogram2d(onp.array([0.0, 1.0, 1.0]), onp.arange(3.0), 2, weights=x)[0]",
            3,
        ),
        _other(
            "histogramdd", "np.histogramdd(onp.array([[0.0], [1.0], [1.0]]), 2, weights=x)[0]", 3
        ),
        _other("histogram_bin_edges", "np.histogram_bin_edges(x)", 3),
        _other("intersect1d", "np.intersect1d(x, onp.array([0.5, 3.0])) + x", 3),
        _other("kaiser", "np.kaiser(4, x)"),
        _other("linalg.eig", f"np.real(np.linalg.eig(x + {_MATRIX})[0])", 3, 3, domain=_INSIDE),
        _other("linalg.eigvals", f"np.real(np.linalg.eigvals(x + {_MATRIX}))", 3, 3, domain=_INSIDE),
        _other("piecewise", "np.piecewise(x, [x < 0, x >= 0], [lambda v: v**2, lambda v: v**3])", 3),
        _other("poly", "np.poly(x)", 3),
        _other("polyadd", "np.polyadd(x, x[1:])", 3),
        _other("polyder", "np.polyder(x)", 3),
        _other("polydiv", "np.polydiv(x, x[2:])[0]", 4),
        _other("polyfit", "np.polyfit(onp.array([0.0, 1.0, 3.0]), x, 1)", 3),
        _other("polyint", "np.polyint(x)", 3),
        _other("polymul", "np.polymul(x, x[1:])", 3),
        _other("polysub", "np.polysub(x, x[1:])", 3),
        _other("r_", "np.r_[x, x]", 3),
        _other("require", "np.require(x)", 3),
        _other("roots", "np.real(np.roots(np.poly(x)))", 3),
        _other("row_stack", "np.row_stack([x, x])", 3),
        _other("setdiff1d", "np.setdiff1d(x, onp.array([0.5]))", 3),
        _other("setxor1d", "np.setxor1d(x, onp.array([0.5]))", 3),
        _other("sort_complex", "np.real(np.sort_complex(x))", 3),
        _other("union1d", "np.union1d(x, onp.array([0.5]))", 3),
        _other("unique", "np.unique(x)", 3),
        _other("unique_values", "np.unique_values(x)", 3),
        _other("vectorize", "np.vectorize(lambda t: t * t)(x)", 3),
    ]
)

# No derivative to speak of: what they give, or take, are not real numbers that may vary.
_PLAIN: Final = """
all allclose any argmax argmin argpartition argsort argwhere array2string array_equal array_equiv
array_repr array_str asmatrix bartlett base_repr binary_repr bitwise_and bitwise_count bitwise_invert
bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor blackman bmat
broadcast_shapes busday_count busday_offset can_cast common_type copyto count_nonzero
datetime_as_string datetime_data diag_indices diag_indices_from digitize einsum_path empty empty_like
equal eye fill_diagonal flatnonzero format_float_positional format_float_scientific from_dlpack
frombuffer fromfile fromfunction fromiter frompyfunc fromregex fromstring gcd genfromtxt get_include
get_printoptions getbufsize geterr geterrcall greater greater_equal hamming hanning identity indices
info invert is_busday isclose iscomplex iscomplexobj isdtype isfinite isfortran isin isinf isnan isnat
isneginf isposinf isreal isrealobj isscalar issubdtype iterable ix_ lcm left_shift less less_equal
lexsort linalg.matrix_rank load loadtxt logical_and logical_not logical_or logical_xor mask_indices
may_share_memory min_scalar_type mintypecode nanargmax nanargmin ndim nested_iters nextafter nonzero
not_equal ones ones_like packbits place printoptions promote_types put put_along_axis putmask
ravel_multi_index result_type right_shift save savetxt savez savez_compressed searchsorted
set_printoptions setbufsize seterr seterrcall shape shares_memory show_config show_runtime signbit
size spacing test tri tril_indices tril_indices_from triu_indices triu_indices_from typename
unique_all unique_counts unique_inverse unpackbits unravel_index zeros zeros_like linalg.test fft.test
"""


def rows() -> dict[str, list[Question]]:
    """Every function that is differentiated here, and those that may be elsewhere."""
    mine = {name: questions(name, function) for name, (function, _) in numpy_functions().items()}
    rest = {name: [question] for name, question in OTHERS.items() if name not in mine}
    return dict(sorted((mine | rest).items()))


def unaccounted() -> list[str]:
    """The functions of NumPy that are in no row, and not known to have no derivative."""
    from backprop.dispatch import TABLE

    known = {*rows(), *_PLAIN.split()}
    return [name for name, f in _functions() if name not in known and f not in TABLE]


def _functions() -> Iterator[tuple[str, object]]:
    for prefix, module in (("", np), ("linalg.", np.linalg), ("fft.", np.fft)):
        for name in module.__all__:
            found = getattr(module, name)
            if callable(found) and not isinstance(found, type):
                yield prefix + name, found


def ask(peers: Iterable[Peer]) -> Answers:
    """What all the libraries answer to all questions."""
    return {
        name: {peer.name: _tally(peer, asked) for peer in peers} for name, asked in rows().items()
    }


def _tally(peer: Peer, asked: list[Question]) -> Tally:
    count = Counter(worst(peer, question) for question in asked)
    return count[Outcome.RIGHT], count[Outcome.WRONG], count[Outcome.RAISES]


def worst(peer: Peer, question: Question) -> Outcome:
    """Wrong if it is so at any point."""
    outcomes = {peer.asked(question, seed).outcome for seed in range(POINTS)}
    order = (Outcome.WRONG, Outcome.RAISES, Outcome.RIGHT)
    return next(outcome for outcome in order if outcome in outcomes)
