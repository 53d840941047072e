"""Singular values and vectors, and the nuclear norm: svd, svdvals.

Singular vectors of equal singular values are not unique, and have no derivative: the gradient is
nan where their cotangent is not 0.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, overload

import numpy as np

from backprop.functions.cases import case
from backprop.functions.cotangents import absorb
from backprop.functions.linalg.decompositions import eigh
from backprop.functions.registry import implements
from backprop.functions.shaping.matrices import leading, plain, reciprocal, rounding
from backprop.ground.arrays import Array, Operand
from backprop.ground.compat import override
from backprop.ground.domain import Interval
from backprop.kernel.function import Function, NaryFunction
from backprop.kernel.operands import call
from backprop.kernel.variable import Variable

__all__ = ["svd", "svdvals"]

_SMALL = Interval(-1.0, 1.0)


class SVDResult(NamedTuple):
    """The result of `svd`: left singular vectors, singular values, right ones in rows."""

    U: Variable
    S: Variable
    Vh: Variable


class SVD(NaryFunction, fresh=True):
    """u, s, vᵀ with x = u diag(s) vᵀ, the singular value decomposition.

    With P = uᵀgu + vᵀgv and Q = uᵀgu - vᵀgv, the gradient in the basis of u and v, off the
    diagonal:

        ½ [(P - Pᵀ)ᵢⱼ / (sⱼ - sᵢ) + (Q - Qᵀ)ᵢⱼ / (sⱼ + sᵢ)].
    """

    __slots__ = ("full",)

    def __init__(self, full: bool) -> None:
        self.full: bool = full

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return tuple(np.linalg.svd(xs[0], self.full))

    @override
    def backward(self, *gys: Array) -> tuple[Array]:
        (u, s, vh), (gu, gs, gvh) = self.ys, gys
        k = s.shape[-1]
        u, gu = leading(u, gu, k)
        v, gv = leading(vh.mT, gvh.mT, k)
        mu, mv = u.mT @ gu, v.mT @ gv
        tiny = rounding(s, max(self.xs[0].shape[-2:]))[..., np.newaxis]
        counted = np.where(s > 0, gs, gs.dtype.type(0))[..., np.newaxis, :]
        g = (u * counted + u @ _turned(mu, mv, s, tiny[..., np.newaxis])) @ v.mT
        inverse = _inverse(s, tiny)
        if u.shape[-2] > k:
            g = g + absorb(gu - u @ mu, inverse) @ v.mT
        if v.shape[-2] > k:
            g = g + u @ absorb(gv - v @ mv, inverse).mT
        return (g,)


def _turned(mu: Array, mv: Array, s: Array, tiny: Array) -> Array:
    """The part of the gradient from rotations of singular vectors among themselves."""
    rows, columns = s[..., np.newaxis], s[..., np.newaxis, :]
    apart = absorb(mu + mv, reciprocal(columns - rows, tiny))
    sums = absorb(mu - mv, reciprocal(columns + rows, tiny))
    return (apart + apart.mT + sums - sums.mT) / 2


def _inverse(s: Array, tiny: Array) -> Array:
    """1 / s as a row; nan where s is no larger than rounding errors."""
    return 1 / np.where(plain(s) <= tiny, s.dtype.type(np.nan), s)[..., np.newaxis, :]


_TALL = "x + onp.array([[9, 2], [3, -3], [8, 1]], x.dtype)"
_SQUARE = "x + onp.array([[5, 2, -1], [1, 14, 4], [-3, 4, 30]], x.dtype)"


@overload
def svd(
    a: Operand,
    full_matrices: bool = True,
    compute_uv: Literal[True] = True,
    hermitian: bool = False,
) -> SVDResult: ...
@overload
def svd(
    a: Operand, full_matrices: bool = True, *, compute_uv: Literal[False], hermitian: bool = False
) -> Variable: ...
@overload
def svd(
    a: Operand, full_matrices: bool, compute_uv: Literal[False], hermitian: bool = False
) -> Variable: ...
@implements(
    np.linalg.svd,
    cases=lambda: [
        case(f"np.square(np.linalg.svd({_TALL}, full_matrices=False)[0])", _SMALL, x=(3, 2)),
        case(f"np.square(np.linalg.svd({_TALL})[0])", _SMALL, x=(3, 2)),
        case(f"np.square(np.linalg.svd(({_TALL}).mT, full_matrices=True)[2])", _SMALL, x=(3, 2)),
        case(f"np.square(np.linalg.svd(({_TALL}).mT).U)", _SMALL, x=(2, 3, 2)),
        case(f"np.linalg.svd({_SQUARE}).S", _SMALL, x=(3, 3)),
        case(f"np.linalg.svd({_TALL}, compute_uv=False)", _SMALL, x=(3, 2)),
        case(f"np.square(np.linalg.svd({_SQUARE}, hermitian=True).U)", _SMALL, x=(3, 3)),
        case(f"np.linalg.svd(-({_SQUARE}), hermitian=True, compute_uv=False)", _SMALL, x=(2, 3, 3)),
    ],
    kink="vectors of equal values have gradient nan, if their cotangent is not 0; a value of 0, 0",
)
def svd(
    a: Operand, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> SVDResult | Variable:
    """U, S, Vh with a = U diag(S) Vh; only S unless `compute_uv`: numpy.linalg.svd.

    The columns of U and Vh that `full_matrices` adds are determined only as a whole: what depends
    on more of them than the space they span has gradient nan. If `hermitian`, only the lower
    triangle of a counts.

    Parameters
    ----------
    a : Variable or array
        A matrix or a stack of matrices.
    full_matrices : bool, default True
        Whether U and Vh are square.
    compute_uv : bool, default True
        Whether U and Vh come with S.
    hermitian : bool, default False
        Whether the matrices are symmetric: then only their lower triangle counts.

    Returns
    -------
    SVDResult or Variable
        The named tuple U, S, Vh; S alone without `compute_uv`.

    Examples
    --------
    >>> a = Variable(np.array([[3.0, 0.0], [0.0, 2.0]]))
    >>> s = svd(a).S
    >>> s.backward()
    >>> s, a.grad
    (Variable([3., 2.]), array([[1., 0.], [0., 1.]]))
    """
    result = _of_symmetric(a) if hermitian else SVDResult(*SVD(full_matrices)(a))
    return result if compute_uv else result.S


def _of_symmetric(a: Operand) -> SVDResult:
    """The SVD of symmetric matrices from their eigenvalues, whose signs go into Vh."""
    w, v = eigh(a)
    order = np.argsort(abs(w.data), axis=-1)[..., ::-1]
    sign = np.copysign(1, np.take_along_axis(w.data, order, -1))
    s = call(np.take_along_axis, w, order, axis=-1) * sign
    u = call(np.take_along_axis, v, order[..., np.newaxis, :], axis=-1)
    return SVDResult(u, s, (u * sign[..., np.newaxis, :]).mT)


@implements(
    np.linalg.svdvals,
    cases=lambda: [
        case(f"np.linalg.svdvals({_TALL})", _SMALL, x=(3, 2)),
        case("np.linalg.svdvals(x)", x=(0, 3)),
    ],
    kink="a value of 0 has gradient 0",
)
def svdvals(x: Operand, /) -> Variable:
    """The singular values of a matrix, in descending order: numpy.linalg.svdvals.

    Works on stacks of matrices. A singular value of 0 has gradient 0.

    >>> svdvals(Variable(np.array([[0.0, -3.0], [2.0, 0.0]]))).round(9)
    Variable([3., 2.])
    """
    return SVD(False)(x)[1]


class Nuclear(Function, fresh=True):
    """y = Σ s, the sum of the singular values (nuclear norm); dy/dx = u vᵀ."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return np.asarray(np.linalg.svdvals(x).sum(axis=-1))

    @override
    def backward(self, gy: Array) -> Array:
        y: Array = gy[..., np.newaxis, np.newaxis] * polar(self.x)
        return y


class Polar(Function, fresh=True):
    """y = u vᵀ, of the singular vectors whose values are not 0; equal values do no harm.

    With N = uᵀ gy v, the gradient in the basis of u and v is (N - Nᵀ)ᵢⱼ / (sᵢ + sⱼ).
    """

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        u, _, v = _of_rank(x)
        return u @ v.mT

    @override
    def backward(self, gy: Array) -> Array:
        u, s, v = _of_rank(self.x)
        n = u.mT @ gy @ v
        turned = (n - n.mT) / (s[..., np.newaxis] + s[..., np.newaxis, :])
        left = (gy - u @ (u.mT @ gy)) @ (v / s[..., np.newaxis, :])
        right = (u / s[..., np.newaxis, :]).mT @ (gy - (gy @ v) @ v.mT)
        return left @ v.mT + u @ (turned @ v.mT + right)


def _of_rank(x: Array) -> tuple[Array, Array, Array]:
    """u, s, v of a matrix, with inf in place of singular values of 0, whose vectors are 0."""
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    tiny = rounding(s, max(x.shape[-2:]))[..., np.newaxis]
    there, zero = plain(s) > tiny, x.dtype.type(0)
    each = there[..., np.newaxis, :]
    return (
        np.where(each, u, zero),
        np.where(there, s, x.dtype.type(np.inf)),
        np.where(each, vh.mT, zero),
    )


def polar(x: Array | Variable) -> Any:
    """Apply the rule Polar to an array or a Variable: the orthogonal factor of x."""
    return Polar()(x) if isinstance(x, Variable) else Polar().forward(x)
