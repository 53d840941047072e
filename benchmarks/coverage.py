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

from backprop.domain import REALS
from backprop.testing.expressions import numpy_functions
from benchmarks.peers import PEERS, Outcome, Peer, Question, numeric, questions

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = ROOT / "docs" / "coverage.md"
KEPT: Final = ROOT / "benchmarks" / "peers.json"
POINTS: Final = 2

# How often it was right, wrong, and raised.
Tally: TypeAlias = tuple[int, int, int]
Answers: TypeAlias = dict[str, dict[str, Tally]]  # of each function, by library

_MATRIX: Final = "onp.array([[3.0, 1.0, 0.0], [0.2, 1.0, 0.1], [0.3, 0.0, -4.0]])"


# What is not differentiated here but is, or might be, elsewhere. Real numbers go in and come out.
_OTHERS: Final = [
    ("apply_along_axis", "np.apply_along_axis(np.sum, 0, x)", (2, 3)),
    ("apply_over_axes", "np.apply_over_axes(np.sum, x, [0])", (2, 3)),
    ("arange", "np.arange(x, x + 2.5)", ()),
    ("array", "np.array([[x[0], x[1]], [x[2], 0.0]])", (3,)),
    ("asanyarray", "np.asanyarray(x)", (3,)),
    ("asarray", "np.asarray(x)", (3,)),
    ("asarray_chkfinite", "np.asarray_chkfinite(x)", (3,)),
    ("ascontiguousarray", "np.ascontiguousarray(x)", (3,)),
    ("asfortranarray", "np.asfortranarray(x)", (3,)),
    ("bincount", "np.bincount(onp.array([0, 2, 2]), x)", (3,)),
    ("bincount", "np.bincount(onp.array([0, 2, 2]), weights=x)", (3,)),
    ("c_", "np.c_[x, x]", (3,)),
    ("fft.fftfreq", "np.fft.fftfreq(5, x)", ()),
    ("fft.rfftfreq", "np.fft.rfftfreq(5, x)", ()),
    ("fft.fftshift", "np.fft.fftshift(x)", (3,)),
    ("fft.ifftshift", "np.fft.ifftshift(x)", (3,)),
    ("frexp", "np.frexp(x)[0]", (3,)),
    ("full", "np.full((2, 3), x)", ()),
    ("full", "np.full((2, 3), x)", (3,)),
    ("histogram", "np.histogram(onp.array([0.0, 1.0, 1.0]), 2, weights=x)[0]", (3,)),
    (
        "histogram2d",
        "np.histogram2d(onp.array([0.0, 1.0, 1.0]), onp.arange(3.0), 2, weights=x)[0]",
        (3,),
    ),
    ("histogramdd", "np.histogramdd(onp.array([[0.0], [1.0]]), 2, weights=x)[0]", (2,)),
    ("histogram_bin_edges", "np.histogram_bin_edges(x)", (3,)),
    ("intersect1d", "np.intersect1d(x, x)", (3,)),
    ("kaiser", "np.kaiser(4, x)", ()),
    ("linalg.eig", f"np.real(np.linalg.eig(0.1 * x + {_MATRIX})[0])", (3, 3)),
    ("linalg.eigvals", f"np.real(np.linalg.eigvals(0.1 * x + {_MATRIX}))", (3, 3)),
    ("piecewise", "np.piecewise(x, [x < 0, x >= 0], [lambda v: v**2, lambda v: v**3])", (3,)),
    ("poly", "np.poly(x)", (3,)),
    ("polyadd", "np.polyadd(x, x[1:])", (3,)),
    ("polyder", "np.polyder(x)", (3,)),
    ("polydiv", "np.polydiv(x, x[2:])[0]", (4,)),
    ("polyfit", "np.polyfit(onp.array([0.0, 1.0, 3.0]), x, 1)", (3,)),
    ("polyint", "np.polyint(x)", (3,)),
    ("polymul", "np.polymul(x, x[1:])", (3,)),
    ("polysub", "np.polysub(x, x[1:])", (3,)),
    ("r_", "np.r_[x, x]", (3,)),
    ("require", "np.require(x)", (3,)),
    ("roots", "np.real(np.roots(onp.array([0.0, 1.0, 0.0, -40.0]) + np.exp(0.1 * x)))", (4,)),
    ("row_stack", "np.row_stack([x, x])", (3,)),
    ("setdiff1d", "np.setdiff1d(x, onp.array([0.5]))", (3,)),
    ("setxor1d", "np.setxor1d(x, onp.array([0.5]))", (3,)),
    ("sort_complex", "np.real(np.sort_complex(x))", (3,)),
    ("union1d", "np.union1d(x, onp.array([0.5]))", (3,)),
    ("unique", "np.unique(x)", (3,)),
    ("unique_values", "np.unique_values(x)", (3,)),
    ("vectorize", "np.vectorize(lambda t: t * t)(x)", (3,)),
]


def _others() -> Iterator[tuple[str, str, tuple[int, ...]]]:
    yield from _OTHERS
    for f in (f"{f}{d}" for f in ("fft", "ifft", "rfft", "irfft") for d in ("", "2", "n")):
        yield f"fft.{f}", f"np.real(np.fft.{f}(x)) + np.imag(np.fft.{f}(x))", (2, 4)
    for f in ("hfft", "ihfft"):
        yield f"fft.{f}", f"np.real(np.fft.{f}(x)) + np.imag(np.fft.{f}(x))", (4,)


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
unique_all unique_counts unique_inverse unpackbits unravel_index zeros zeros_like 
"""


def rows() -> dict[str, list[Question]]:
    """Every function that is differentiated here, and those that may be elsewhere."""
    mine = {name: questions(name, function) for name, (function, _) in numpy_functions().items()}
    rest: dict[str, list[Question]] = {}
    for name, code, shape in _others():
        if name not in mine:
            rest.setdefault(name, []).append(Question(code, {"x": shape}, (REALS,), numeric))
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
