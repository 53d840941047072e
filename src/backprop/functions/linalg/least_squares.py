"""Pseudoinverse, least squares and rank of a matrix: pinv, lstsq, matrix_rank."""

from __future__ import annotations

from types import EllipsisType
from typing import TYPE_CHECKING, Any

import numpy as np

from backprop.functions.bases import as_variable
from backprop.functions.cases import case
from backprop.functions.linalg.singular import svdvals
from backprop.functions.registry import implements
from backprop.functions.shaping.matrices import mirrored, plain
from backprop.ground.arrays import Array, Operand
from backprop.ground.compat import override
from backprop.ground.domain import Interval
from backprop.kernel.function import Function
from backprop.kernel.operands import call
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["lstsq", "matrix_rank", "pinv"]

_SMALL = Interval(-1.0, 1.0)


class PInv(Function, fresh=True):
    """y = x⁺, the pseudoinverse, among matrices x of constant rank.

    dy = -y dx y + y yᵀ dxᵀ (1 - x y) + (1 - y x) dxᵀ yᵀ y.
    """

    __slots__ = ("settings",)

    def __init__(self, **settings: Any) -> None:
        self.settings: dict[str, Any] = settings

    @override
    def forward(self, x: Array) -> Array:
        y: Array = np.linalg.pinv(x, **self.settings)
        return y

    @override
    def backward(self, gy: Array) -> Array:
        x, y = self.x, self.y
        beside, within = gy.mT @ y, y @ gy.mT
        rows, columns = beside @ y.mT, y.mT @ within
        return (rows - x @ (y @ rows)) + (columns - (columns @ y) @ x) - y.mT @ gy @ y.mT


@implements(
    np.linalg.pinv,
    cases=lambda: [
        case("np.linalg.pinv(x + 3 * onp.eye(3, 2, dtype=x.dtype))", _SMALL, x=(3, 2)),
        case("np.linalg.pinv(x + 3 * onp.eye(2, 3, dtype=x.dtype))", _SMALL, x=(2, 2, 3)),
        case(
            "np.linalg.pinv((3 + a)[:, None] * (3 + b), rcond=1e-6, hermitian=False)",
            _SMALL,
            a=(3,),
            b=(2,),
        ),
        case("np.linalg.pinv(x + 3 * onp.eye(2, dtype=x.dtype), rtol=1e-8)", _SMALL, x=(2, 2)),
        case("np.linalg.pinv(x + 4 * onp.eye(3, dtype=x.dtype), hermitian=True)", _SMALL, x=(3, 3)),
        case("np.linalg.pinv(x)", x=(0, 3)),
    ],
    kink="the rank is taken to be constant",
)
def pinv(
    a: Operand,
    rcond: ArrayLike | None = None,
    hermitian: bool = False,
    *,
    rtol: ArrayLike | EllipsisType | None = ...,
) -> Variable:
    """The pseudoinverse of each matrix: numpy.linalg.pinv.

    Its gradient is that among the matrices of the same rank. If `hermitian`, only the lower
    triangle of `a` counts.

    Parameters
    ----------
    a : Variable or array
        A matrix or a stack of matrices.
    rcond : array_like, optional
        Singular values below this part of the largest count as 0.
    hermitian : bool, default False
        Whether the matrices are symmetric: then only their lower triangle counts.
    rtol : float or array_like, optional
        Another name of `rcond`, as the Array API has it.

    Returns
    -------
    Variable

    Examples
    --------
    >>> pinv(Variable(np.array([[2.0]])))
    Variable([[0.5]])
    """
    x = mirrored(as_variable(a)) if hermitian else a
    given = {} if rtol is ... else {"rtol": rtol}
    return PInv(rcond=rcond, hermitian=hermitian, **given)(x)


_TALL = "a + onp.array([[3, 0], [0, 8], [0, 0]], a.dtype)"


@implements(
    np.linalg.lstsq,
    cases=lambda: [
        *(
            case(f"np.linalg.lstsq({_TALL}, b)[{i}]", _SMALL, a=(3, 2), b=b)
            for i, b in ((0, (3,)), (1, (3, 2)), (3, (3,)))
        ),
        case(
            "np.linalg.lstsq((3 + a)[:, None] * onp.array([1, 2], a.dtype), b, rcond=1e-6)[0]",
            _SMALL,
            a=(3,),
            b=(3, 2),
        ),
    ],
    kink="the rank is taken to be constant",
)
def lstsq(
    a: Operand, b: Operand, rcond: float | None = None
) -> tuple[Variable, Variable, int, Variable]:
    """The x of least `|b - a x|`, the squares left over, the rank and the singular values of a.

    As numpy.linalg.lstsq; a may have any rank, which is taken to be constant.

    Parameters
    ----------
    a : Variable or array
        A matrix.
    b : Variable or array
        A vector, or a matrix of columns.
    rcond : float, optional
        Singular values below this part of the largest count as 0.

    Returns
    -------
    (Variable, Variable, int, Variable)
        x, the squares left over, the rank, the singular values.

    Examples
    --------
    >>> lstsq(Variable(np.array([[1.0], [1.0]])), np.array([1.0, 3.0]))[2]
    1
    """
    a, b = as_variable(a), as_variable(b)
    least = plain(a), plain(b)
    *_, rank, _ = np.linalg.lstsq(*least, rcond)  # raises NumPy's own errors
    m, n = a.shape
    eps = float(np.finfo(np.float64).eps)
    cutoff = eps * max(m, n) if rcond is None else rcond if 0 <= rcond < 1 else eps
    x = pinv(a, rcond=cutoff) @ b
    left = b - a @ x
    squares = call(np.sum, left * left, axis=0, keepdims=b.ndim == 1)
    residuals = squares if rank == n < m else squares[:0]
    return x, residuals, int(rank), svdvals(a)


@implements(np.linalg.matrix_rank, cases=list)
def matrix_rank(
    A: Operand,  # noqa: N803 (NumPy's name)
    tol: float | NDArray[np.floating] | None = None,
    hermitian: bool = False,
    *,
    rtol: float | NDArray[np.floating] | None = None,
) -> NDArray[np.intp] | int:
    """The rank of each matrix, a plain int or array of ints: numpy.linalg.matrix_rank.

    Parameters
    ----------
    A : Variable or array
        A matrix or a stack of matrices.
    tol : float, optional
        Singular values below it count as 0.
    hermitian : bool, default False
        Whether the matrices are symmetric: then only their lower triangle counts.
    rtol : float or array_like, optional
        The same, as a part of the largest.

    Returns
    -------
    int or array of int
        The rank.

    Examples
    --------
    >>> matrix_rank(Variable(np.eye(2)))
    np.int64(2)
    """
    rank: NDArray[np.intp] | int = np.linalg.matrix_rank(plain(A), tol, hermitian, rtol=rtol)
    return rank
