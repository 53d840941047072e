"""The function einsum: sums of products in Einstein's notation."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from string import ascii_letters, ascii_lowercase, ascii_uppercase
from types import EllipsisType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from backprop.functions.cases import case
from backprop.functions.reductions.products import bare
from backprop.functions.registry import implements
from backprop.functions.shaping.shapes import in_dtype
from backprop.ground.arrays import Array, Operand
from backprop.ground.compat import override
from backprop.kernel.function import NaryFunction
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

__all__ = ["einsum"]

Labels: TypeAlias = Sequence[int | EllipsisType]
Optimize: TypeAlias = Any  # bool, "greedy", "optimal" or what numpy.einsum_path gives

_NUMBERED: Final = ascii_uppercase + ascii_lowercase  # the letters of labels 0, 1, ...
_TERM: Final = re.compile(r"[A-Za-z]*(\.\.\.)?[A-Za-z]*")


class Einsum(NaryFunction, fresh=True):
    """y = Σ Π xs over all labels that are not in `result`: an einsum in a restricted form.

    No operand has a label twice, or one that occurs nowhere else, and none is broadcast. So the
    gradient of an operand is another such sum, with the cotangent in place of the operand.
    """

    __slots__ = ("optimize", "result", "terms")

    def __init__(self, terms: tuple[str, ...], result: str, optimize: Optimize) -> None:
        self.terms: tuple[str, ...] = terms
        self.result: str = result
        self.optimize: Optimize = optimize

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return (self._sum(self.terms, self.result, xs),)

    @override
    def backward(self, *gys: Array) -> tuple[Array | None, ...]:
        return tuple(
            self._partial(gys[0], i) if self.wants(i) else None for i in range(len(self.terms))
        )

    @override
    def jvp(self, *txs: Array) -> tuple[Array, ...]:
        parts = (
            self._sum(self.terms, self.result, _replaced(self.xs, i, tx))
            for i, tx in enumerate(txs)
            if self.wants(i)
        )
        return (functools.reduce(np.add, parts),)

    def _partial(self, gy: Array, i: int) -> Array:
        terms = _replaced(self.terms, i, self.result)
        g = self._sum(terms, self.terms[i], _replaced(self.xs, i, gy))
        return g.astype(self.xs[i].dtype, copy=False)

    def _sum(self, terms: tuple[str, ...], result: str, xs: tuple[Array, ...]) -> Array:
        y: Array = np.einsum(f"{','.join(terms)}->{result}", *xs, optimize=self.optimize)
        return y


def _replaced(items: tuple[Any, ...], i: int, item: object) -> tuple[Any, ...]:
    return (*items[:i], item, *items[i + 1 :])


@implements(
    np.einsum,
    cases=lambda: [
        case("np.einsum('ij,jk->ik', a, b)", a=(2, 3), b=(3, 2)),
        case("np.einsum('ij,jk', a, b, optimize=True)", a=(2, 3), b=(3, 2)),
        case("np.einsum('ii->i', x)", x=(3, 3)),
        case("np.einsum('ijij->j', x)", x=(2, 3, 2, 3)),
        case("np.einsum('ii', x)", x=(3, 3)),
        case("np.einsum('ba', x)", x=(2, 3)),
        case("np.einsum('ij->', x)", x=(2, 3)),
        case("np.einsum('...ij,...jk->...ik', a, b)", a=(2, 1, 3), b=(3, 2)),
        case("np.einsum('i...,i', a, b)", a=(2, 3), b=(2,)),
        case("np.einsum('iij,kj,->ik', a, b, c)", a=(2, 2, 3), b=(2, 1), c=()),
        case("np.einsum('k,j,jl->l', a, b, c, optimize='greedy')", a=(2,), b=(3,), c=(3, 2)),
        case("np.einsum(a, [0, 1], b, [1, 2], [0, 2])", a=(2, 3), b=(3, 2)),
        case("np.einsum(a, [..., 1], b, [1])", a=(2, 3), b=(3,)),
        case("np.einsum('ij,j', a, b, dtype=np.longdouble).astype(a.dtype)", a=(2, 3), b=(3,)),
        case("np.einsum('ij,ij->i', x, x)", x=(0, 3)),
    ],
)
def einsum(
    subscripts: str | Operand,
    /,
    *operands: Operand | Labels,
    dtype: DTypeLike | None = None,
    optimize: Optimize = False,
) -> Variable:
    """The sum of the products that `subscripts` say: numpy.einsum, in every form it has.

    `optimize` says in which order the products are taken, in the gradients too.

    Parameters
    ----------
    subscripts : str
        Labels for the axes of each operand and of the result, as "ij,jk->ik".
    *operands
        The arrays; or each array followed by the list of its labels.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.
    optimize : bool, str or list, default False
        In which order the products are taken: False, True, "greedy", "optimal" or a path.

    Returns
    -------
    Variable

    Examples
    --------
    >>> a, b = Variable(np.ones((2, 3))), Variable(np.array([1.0, 2.0, 3.0]))
    >>> y = einsum("ij,j->i", a, b)
    >>> y.backward()
    >>> y, b.grad
    (Variable([6., 6.]), array([2., 2., 2.]))
    """
    text, xs = _as_text(subscripts, operands)
    terms, result = _explicit(text, [np.ndim(x) for x in xs], strict=not optimize)
    xs = [in_dtype(x, dtype) for x in xs]
    pairs = _alone(_stretched(list(map(_unrepeated, xs, terms))), result)
    (y,) = Einsum(tuple(term for _, term in pairs), result, optimize)(*(x for x, _ in pairs))
    return y


def _as_text(subscripts: Any, operands: tuple[Any, ...]) -> tuple[str, list[Any]]:
    """Give the subscripts as text, and the operands, for both forms of calling einsum."""
    if isinstance(subscripts, str):
        return subscripts, list(operands)
    every = (subscripts, *operands)
    count = len(every) // 2
    if not count:
        raise ValueError("must provide at least an operand and a subscripts list to einsum")
    text = ",".join(map(_letters, every[1 : 2 * count : 2]))
    return text + "".join("->" + _letters(t) for t in every[2 * count :]), list(every[:-1:2])


def _letters(labels: Labels) -> str:
    if any(i is not ... and not 0 <= i < len(_NUMBERED) for i in labels):
        raise ValueError(f"subscript is not within the valid range [0, 52): {labels}")
    return "".join("..." if i is ... else _NUMBERED[i] for i in labels)


def _explicit(text: str, ndims: Sequence[int], strict: bool) -> tuple[list[str], str]:
    """The labels of each operand and of the result, with letters in place of every ellipsis."""
    left, arrow, right = text.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ValueError(f"einsum subscripts {text!r} do not fit {len(ndims)} operands")
    ranks = [_hidden(t, n) for t, n in zip(terms, ndims)]
    rest = "".join(c for c in ascii_letters if c not in text)[: max(ranks)]
    terms = [t.replace("...", rest[len(rest) - rank :]) for t, rank in zip(terms, ranks)]
    if not arrow:
        every = "".join(terms)
        return terms, rest + "".join(
            c for c in sorted(every) if every.count(c) == 1 and c not in rest
        )
    _check_result(right, rest if strict else "", terms)
    return terms, right.replace("...", rest)


def _hidden(term: str, ndim: int) -> int:
    """How many axes the ellipsis of `term` stands for. Raises ValueError if `term` does not fit."""
    hidden = ndim - len(term.replace("...", ""))
    if not _TERM.fullmatch(term):
        raise ValueError(f"invalid subscripts {term!r}: einsum takes letters and one ellipsis")
    if hidden < 0 or (hidden and "..." not in term):
        raise ValueError(f"einsum subscripts {term!r} do not fit an operand of {ndim} axes")
    return hidden


def _check_result(right: str, rest: str, terms: Sequence[str]) -> None:
    """Raise ValueError if the labels of the result are not valid."""
    labels = right.replace("...", "")
    if not _TERM.fullmatch(right) or len(set(labels)) < len(labels):
        raise ValueError(f"invalid output subscripts {right!r} of einsum")
    if rest and "..." not in right:
        raise ValueError(f"einsum output subscripts {right!r} need an ellipsis, as the inputs have")
    if unknown := set(labels) - set("".join(terms)):
        raise ValueError(f"einsum output subscripts {sorted(unknown)} never appeared in an input")


def _unrepeated(x: Operand, term: str) -> tuple[Any, str]:
    """Take the diagonal of `x` along axes that share a label, so that no label is left twice."""
    data: Any = bare(x) if term else x
    for label in dict.fromkeys(term):
        while (i := term.index(label)) != (j := term.rindex(label)):
            if data.shape[i] != data.shape[j]:
                raise ValueError(
                    f"axes of lengths {data.shape[i]} and {data.shape[j]} share {label!r}"
                )
            data = np.diagonal(data, axis1=i, axis2=j)
            term = term[:i] + term[i + 1 : j] + term[j + 1 :] + label
    return data, term


def _stretched(pairs: list[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """Remove from the operands the axes of length 1 along which they are broadcast."""
    shapes = [np.shape(x) for x, _ in pairs]
    long = {c for (_, term), shape in zip(pairs, shapes) for c, n in zip(term, shape) if n != 1}
    found: list[tuple[Any, str]] = []
    for (x, term), shape in zip(pairs, shapes):
        kept = [(c, n) for c, n in zip(term, shape) if n != 1 or c not in long]
        whole = len(kept) == len(term)
        found.append(
            (x, term)
            if whole
            else (x.reshape(tuple(n for _, n in kept)), "".join(c for c, _ in kept))
        )
    return found


def _alone(pairs: list[tuple[Any, str]], result: str) -> list[tuple[Any, str]]:
    """Sum each operand over the axes whose label occurs nowhere else."""
    every = result + "".join(term for _, term in pairs)
    found: list[tuple[Any, str]] = []
    for x, term in pairs:
        own = tuple(i for i, c in enumerate(term) if every.count(c) == 1)
        found.append(
            (x.sum(own), "".join(c for c in term if every.count(c) > 1)) if own else (x, term)
        )
    return found
