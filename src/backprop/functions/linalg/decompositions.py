"""Matrix decompositions: cholesky, eigh, eigvalsh, qr.

Eigenvectors of equal eigenvalues are not unique, and have no derivative: the gradient is nan where
their cotangent is not 0, and right where it is 0. "Equal" means up to the rounding errors of the
decomposition. So the second derivative of eigenvalues is nan where they are equal.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, overload

import numpy as np

from backprop.functions.bases import as_variable
from backprop.functions.cases import case
from backprop.functions.cotangents import absorb
from backprop.functions.registry import implements
from backprop.functions.shaping.matrices import copied_up, from_lower, leading, reciprocal, rounding
from backprop.functions.shaping.shapes import laid
from backprop.ground.arrays import Array, Operand
from backprop.ground.compat import override
from backprop.ground.domain import Interval
from backprop.kernel.function import Function, NaryFunction
from backprop.kernel.variable import Variable

__all__ = ["cholesky", "eigh", "eigvalsh", "qr"]

_SMALL = Interval(-1.0, 1.0)


class EighResult(NamedTuple):
    """The result of `eigh`: eigenvalues in ascending order, and eigenvectors as columns."""

    eigenvalues: Variable
    eigenvectors: Variable


class QRResult(NamedTuple):
    """The result of `qr`: Q with orthonormal columns, and the upper triangular R."""

    Q: Variable
    R: Variable


class Cholesky(Function, fresh=True):
    """The lower triangular y with y yᵀ = x; only the lower triangle of x is read."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return np.linalg.cholesky(x)

    @override
    def backward(self, gy: Array) -> Array:
        upper = self.y.mT
        half = np.linalg.solve(upper, copied_up(upper @ gy))
        return from_lower(np.linalg.solve(upper, half.mT) / 2)


_POSITIVE = "x @ np.matrix_transpose(x) + 3 * onp.eye(3, dtype=x.dtype)"


@implements(
    np.linalg.cholesky,
    cases=lambda: [
        case(f"np.linalg.cholesky({_POSITIVE})", _SMALL, x=(3, 3)),
        case(f"np.linalg.cholesky({_POSITIVE}, upper=True)", _SMALL, x=(2, 3, 2)),
        case("np.linalg.cholesky(x + 4 * onp.eye(3, dtype=x.dtype))", _SMALL, x=(3, 3)),
        case("np.linalg.cholesky(x + 4 * onp.eye(3, dtype=x.dtype), upper=True)", _SMALL, x=(3, 3)),
        case("np.linalg.cholesky(x)", x=(0, 0)),
    ],
)
def cholesky(a: Operand, /, *, upper: bool = False) -> Variable:
    """The Cholesky factor of a symmetric positive definite matrix: numpy.linalg.cholesky.

    It is the triangular y with y yᵀ = a, or yᵀ y = a if `upper`. Only that triangle of `a` is read,
    so the gradient of the other one is 0. Works on stacks of matrices. Raises
    numpy.linalg.LinAlgError if a matrix is not positive definite.

    >>> a = Variable(np.array([[4.0, 2.0], [2.0, 2.0]]))
    >>> y = cholesky(a)
    >>> y.backward()
    >>> y, a.grad
    (Variable([[2., 0.],
               [1., 1.]]), array([[0.25, 0.  ], [0.  , 0.5 ]]))
    """
    return laid(Cholesky()(as_variable(a).mT).mT) if upper else Cholesky()(a)


class Eigh(NaryFunction, fresh=True):
    """w, v with x = v diag(w) vᵀ, the eigenvalues and eigenvectors of symmetric matrices.

    Only one triangle of x is read.

    The gradient is v (diag(gw) + F ∘ vᵀgv) vᵀ with Fᵢⱼ = 1 / (wⱼ - wᵢ).
    """

    __slots__ = ("uplo",)

    def __init__(self, uplo: Literal["L", "U"]) -> None:
        self.uplo: Literal["L", "U"] = uplo

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return tuple(np.linalg.eigh(xs[0], self.uplo))

    @override
    def backward(self, *gys: Array) -> tuple[Array]:
        (w, v), (gw, gv) = self.ys, gys
        gap = w[..., np.newaxis, :] - w[..., np.newaxis]
        tiny = rounding(w, w.shape[-1])[..., np.newaxis, np.newaxis]
        turned = v @ absorb(v.mT @ gv, reciprocal(gap, tiny))
        g = from_lower((v * gw[..., np.newaxis, :] + turned) @ v.mT)
        return (g.mT if self.uplo == "U" else g,)


_APART = "x + onp.array([[5, 1, -3], [1, 14, 4], [-3, 4, 30]], x.dtype)"


@implements(
    np.linalg.eigh,
    cases=lambda: [
        case(f"np.linalg.eigh({_APART}).eigenvalues", _SMALL, x=(3, 3)),
        case(f"np.square(np.linalg.eigh({_APART}, UPLO='U')[1])", _SMALL, x=(2, 3, 3)),
        case(
            f"np.square(np.linalg.eigh({_APART})[1]) @ onp.arange(3, dtype=x.dtype)",
            _SMALL,
            x=(3, 3),
        ),
        case("np.linalg.eigh(x)[0]", x=(0, 0)),
    ],
    kink="vectors of equal values have gradient nan, if their cotangent is not 0",
)
def eigh(a: Operand, UPLO: Literal["L", "U"] = "L") -> EighResult:  # noqa: N803 (NumPy's name)
    """The eigenvalues and eigenvectors of a symmetric matrix: numpy.linalg.eigh.

    Works on stacks of matrices; `UPLO` ("L" or "U") says which triangle of `a` is read, and the
    gradient of the other one is 0. Returns a named tuple of the Variables `eigenvalues`, in
    ascending order, and `eigenvectors`. Eigenvectors of equal eigenvalues have gradient nan, if
    their cotangent is not 0. Raises ValueError for any other `UPLO`.

    >>> a = Variable(np.array([[2.0, 0.0], [1.0, 2.0]]))
    >>> w, v = eigh(a)
    >>> w.backward()
    >>> w, a.grad.round(9) + 0
    (Variable([1., 3.]), array([[1., 0.], [0., 1.]]))
    """
    return EighResult(*Eigh(_triangle(UPLO))(a))


def _triangle(uplo: str) -> Literal["L", "U"]:
    if uplo.upper() not in ("L", "U"):
        raise ValueError("UPLO argument must be 'L' or 'U'")
    return "L" if uplo.upper() == "L" else "U"


@implements(
    np.linalg.eigvalsh,
    cases=lambda: [
        case(f"np.linalg.eigvalsh({_APART})", _SMALL, x=(3, 3)),
        case(
            "np.linalg.eigvalsh(x + onp.array([[1, 2], [2, 6]], x.dtype), UPLO='U')",
            _SMALL,
            x=(2, 2, 2),
        ),
    ],
)
def eigvalsh(a: Operand, UPLO: Literal["L", "U"] = "L") -> Variable:  # noqa: N803 (NumPy's name)
    """The eigenvalues of a symmetric matrix, in ascending order: numpy.linalg.eigvalsh.

    Works on stacks of matrices; `UPLO` ("L" or "U") says which triangle of `a` is read, and the
    gradient of the other one is 0. Raises ValueError for any other `UPLO`.

    >>> a = Variable(np.array([[2.0, 0.0], [1.0, 2.0]]))
    >>> eigvalsh(a).round(9)
    Variable([1., 3.])
    """
    return eigh(a, UPLO).eigenvalues


class QR(NaryFunction, fresh=True):
    """Q, R with x = Q R, R upper triangular, Qᵀ Q = 1, for independent first columns of x.

    With M = R gRᵀ - gQᵀ Q, and M's lower triangle copied to the upper one, the gradient of a square
    x is (gQ + Q M) R⁻ᵀ. Columns x₂ beyond the square part of a wide x are x₂ = Q R₂.
    """

    __slots__ = ("mode",)

    def __init__(self, mode: Literal["reduced", "complete"]) -> None:
        self.mode: Literal["reduced", "complete"] = mode

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return tuple(np.linalg.qr(xs[0], self.mode))

    @override
    def backward(self, *gys: Array) -> tuple[Array]:
        x, (q, r), (gq, gr) = self.xs[0], self.ys, gys
        k = min(x.shape[-2:])
        q, gq = leading(q, gq, k)
        square, gsquare = r[..., :k, :k], gr[..., :k, :k]
        beyond = gr[..., :k, k:]
        gq = gq + x[..., k:] @ beyond.mT
        inner = copied_up(square @ gsquare.mT - gq.mT @ q)
        g = np.linalg.solve(square, (gq + q @ inner).mT).mT
        return (np.concatenate([g, q @ beyond], axis=-1),)


# No column is a multiple of one of the unit matrix: there the sign of its length jumps.
_TALL = "x + onp.array([[9, 2], [3, -3], [8, 1]], x.dtype)"
_SQUARE = "x + onp.array([[5, 2, -1], [1, 14, 4], [-3, 4, 30]], x.dtype)"


@overload
def qr(a: Operand, mode: Literal["reduced", "complete"] = "reduced") -> QRResult: ...
@overload
def qr(a: Operand, mode: Literal["r"]) -> Variable: ...
@implements(
    np.linalg.qr,
    cases=lambda: [
        case(f"np.linalg.qr({_TALL}).Q", _SMALL, x=(3, 2)),
        case(f"np.linalg.qr({_TALL}, 'complete')[0]", _SMALL, x=(3, 2)),
        case(f"np.linalg.qr(({_TALL}).mT).R", _SMALL, x=(2, 3, 2)),
        case(f"np.linalg.qr(({_TALL}).mT).Q", _SMALL, x=(3, 2)),
        case(f"np.linalg.qr({_SQUARE}, mode='complete').R", _SMALL, x=(3, 3)),
        case(f"np.linalg.qr({_TALL}, mode='r')", _SMALL, x=(3, 2)),
    ],
    kink="nan for what depends on more of the columns of mode='complete' than the space they span",
)
def qr(a: Operand, mode: Literal["reduced", "complete", "r"] = "reduced") -> QRResult | Variable:
    """The QR decomposition a = Q R of a matrix or a stack of them: numpy.linalg.qr.

    Returns a named tuple of the Variables `Q` and `R`, or R alone for mode="r". Of the columns of Q
    that mode="complete" adds only the space that they span is unique: what depends on anything else
    of them has gradient nan. Raises ValueError for any other mode, and numpy.linalg.LinAlgError in
    the backward pass if the first columns of `a` are not independent.

    >>> a = Variable(np.array([[0.0, 2.0], [3.0, 0.0]]))
    >>> y = abs(qr(a).R)
    >>> y.backward()
    >>> y.round(9) + 0, a.grad.round(9) + 0
    (Variable([[3., 0.],
              [0., 2.]]), array([[0., 1.],
           [1., 0.]]))
    """
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"Unrecognized mode '{mode}': it is 'reduced', 'complete' or 'r'")
    if mode == "r":
        return QR("reduced")(a)[1]
    return QRResult(*QR(mode)(a))
