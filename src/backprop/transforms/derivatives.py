"""Functions of functions: grad, value_and_grad, vjp, jvp, jacobian, hessian, hvp, elementwise_grad.

Each takes a function of Variables and gives a function of what you have. Called with arrays or
numbers it gives arrays; called with Variables, or if the function depends on others that it finds
around it, it gives Variables, whose graph goes on: so transforms nest, and nothing is cut. An
argument may be a tuple, a list, a dict or a dataclass of these; None and strings in it stay. What a
transform gives can be pickled, if the function can.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Literal,
    ParamSpec,
    Protocol,
    TypeAlias,
    TypeVar,
    overload,
)

import numpy as np

from backprop.errors import TransformError
from backprop.ground.arrays import brief
from backprop.ground.narrowing import is_sequence
from backprop.kernel.variable import Variable
from backprop.pytree import mapped
from backprop.transforms.arguments import called, jacobians, opened, pulled, pushed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    # What a function gives, as people annotate it: for Variables, or for the arrays they think of.
    _Value: TypeAlias = Variable | NDArray[np.floating[Any]] | np.floating[Any] | float

P = ParamSpec("P")
X = TypeVar("X")
S = TypeVar("S", bound=np.floating[Any])
ArgNums: TypeAlias = int | tuple[int, ...]


# Each transform has an overload that says `[...]`: in a place for any callable, such as the f of
# jvp, mypy cannot bind P to what a lambda takes.


class Derivative(Protocol[P]):
    """A function whose result is like its first argument."""

    def __call__(self, x: X, /, *args: P.args, **kwargs: P.kwargs) -> X: ...


class Product(Protocol[P]):
    """A function of an argument and a vector like it, whose result is like both."""

    def __call__(self, x: X, v: Any, /, *args: P.args, **kwargs: P.kwargs) -> X: ...


class ValueAndDerivative(Protocol[P]):
    """A function that gives a value, and something like its first argument."""

    @overload
    def __call__(  # type: ignore[overload-overlap]  # of a Variable the value is one too
        self, x: Variable, /, *args: P.args, **kwargs: P.kwargs
    ) -> tuple[Variable, Variable]: ...
    @overload
    def __call__(
        self, x: X, /, *args: P.args, **kwargs: P.kwargs
    ) -> tuple[np.floating[Any], X]: ...


class Jacobian(Protocol[P]):
    """A function whose result has more axes than its first argument: how many, types cannot say."""

    @overload
    def __call__(self, x: Variable, /, *args: P.args, **kwargs: P.kwargs) -> Variable: ...
    @overload
    def __call__(self, x: NDArray[S], /, *args: P.args, **kwargs: P.kwargs) -> NDArray[S]: ...
    @overload
    def __call__(self, x: Any, /, *args: P.args, **kwargs: P.kwargs) -> Any: ...


class Hessian(Protocol[P]):
    """A function whose result has the axes of its first argument twice; of a number, a number."""

    @overload
    def __call__(self, x: Variable, /, *args: P.args, **kwargs: P.kwargs) -> Variable: ...
    @overload
    def __call__(self, x: float, /, *args: P.args, **kwargs: P.kwargs) -> float: ...
    @overload
    def __call__(self, x: NDArray[S], /, *args: P.args, **kwargs: P.kwargs) -> NDArray[S]: ...
    @overload
    def __call__(self, x: Any, /, *args: P.args, **kwargs: P.kwargs) -> Any: ...


@overload
def grad(
    f: Callable[Concatenate[Any, P], _Value],
    argnums: Literal[0] = 0,
    *,
    has_aux: Literal[False] = False,
) -> Derivative[P]: ...
@overload
def grad(
    f: Callable[..., _Value], argnums: tuple[int, ...], *, has_aux: Literal[False] = False
) -> Callable[..., tuple[Any, ...]]: ...
@overload
def grad(
    f: Callable[..., tuple[_Value, Any]], argnums: ArgNums = 0, *, has_aux: Literal[True]
) -> Callable[..., tuple[Any, Any]]: ...
@overload
def grad(f: Callable[..., Any]) -> Derivative[...]: ...
@overload
def grad(f: Callable[..., _Value], argnums: int) -> Callable[..., Any]: ...
def grad(
    f: Callable[..., Any], argnums: ArgNums = 0, *, has_aux: bool = False
) -> Callable[..., Any]:
    """The gradient of a function that gives one number: x -> df/dx, by reverse mode.

    A function that gives a plain number at the point has a gradient of zeros there, and a
    ConstantWarning says so.

    Parameters
    ----------
    f : callable
        A function of Variables that gives a Variable of one element.
    argnums : int or tuple of int, default 0
        By which arguments the gradient is taken; a tuple asks for a tuple of gradients.
    has_aux : bool, default False
        Whether `f` gives a pair (value, anything); the result is then (gradient, anything).

    Returns
    -------
    callable
        A function of the arguments of `f`. Its result has the structure, the shapes and the dtypes
        of the argument: arrays for arrays, a number for a number, Variables for Variables.

    Raises
    ------
    TransformError
        If `f` is no function, or gives no number or more than one.

    Examples
    --------
    >>> import numpy as np
    >>> def f(x: Variable) -> Variable:
    ...     return (x * x * x).sum()
    >>> grad(f)(np.array([1.0, 2.0]))
    array([ 3., 12.])
    >>> grad(grad(f))(2.0)
    12.0
    """
    return partial(_gradient, called(f), argnums, has_aux)


def _gradient(
    f: Callable[..., Any], argnums: ArgNums, has_aux: bool, /, *args: Any, **kwargs: Any
) -> Any:
    value, gradients = _both(f, argnums, has_aux, *args, **kwargs)
    return (gradients, value[1]) if has_aux else gradients


@overload
def value_and_grad(
    f: Callable[Concatenate[Any, P], _Value],
    argnums: Literal[0] = 0,
    *,
    has_aux: Literal[False] = False,
) -> ValueAndDerivative[P]: ...
@overload
def value_and_grad(
    f: Callable[..., _Value], argnums: tuple[int, ...], *, has_aux: Literal[False] = False
) -> Callable[..., tuple[Any, tuple[Any, ...]]]: ...
@overload
def value_and_grad(
    f: Callable[..., Any], argnums: ArgNums = 0, *, has_aux: bool
) -> Callable[..., tuple[Any, Any]]: ...
@overload
def value_and_grad(f: Callable[..., Any]) -> ValueAndDerivative[...]: ...
@overload
def value_and_grad(f: Callable[..., _Value], argnums: int) -> Callable[..., tuple[Any, Any]]: ...
def value_and_grad(
    f: Callable[..., Any], argnums: ArgNums = 0, *, has_aux: bool = False
) -> Callable[..., Any]:
    """The value of a function and its gradient at once: x -> (f(x), df/dx).

    That is what scipy.optimize.minimize(..., jac=True) takes.

    Parameters
    ----------
    f : callable
        A function of Variables that gives a Variable of one element.
    argnums : int or tuple of int, default 0
        By which arguments the gradient is taken; a tuple asks for a tuple of gradients.
    has_aux : bool, default False
        Whether `f` gives a pair (value, anything): the result is ((value, anything), gradient).

    Returns
    -------
    callable
        A function of the arguments of `f` that gives the value and the gradient as `grad` does.

    Raises
    ------
    TransformError
        If `f` is no function, or gives no number or more than one.

    Examples
    --------
    >>> import numpy as np
    >>> value_and_grad(lambda x: (x * x).sum())(np.array([3.0, 4.0]))
    (np.float64(25.0), array([6., 8.]))
    """
    return partial(_both, called(f), argnums, has_aux)


def _both(
    f: Callable[..., Any], argnums: ArgNums, has_aux: bool, /, *args: Any, **kwargs: Any
) -> Any:
    to = opened(args, argnums)
    y, aux = to.value(f, kwargs, has_aux)
    if y.size != 1:
        raise TransformError(
            f"grad is of a function that gives one number, not shape {y.shape}: sum it, or "
            "take jacobian or elementwise_grad"
        )
    gradients = to.result(pulled(y, None, to))
    value = y if to.nested else y.data.reshape(())[()]
    return ((value, mapped(to.outcome, aux)) if has_aux else value), gradients


@overload
def elementwise_grad(
    f: Callable[Concatenate[Any, P], _Value], argnums: Literal[0] = 0
) -> Derivative[P]: ...
@overload
def elementwise_grad(
    f: Callable[..., _Value], argnums: tuple[int, ...]
) -> Callable[..., tuple[Any, ...]]: ...
@overload
def elementwise_grad(f: Callable[..., Any]) -> Derivative[...]: ...
@overload
def elementwise_grad(f: Callable[..., _Value], argnums: int) -> Callable[..., Any]: ...
def elementwise_grad(f: Callable[..., Any], argnums: ArgNums = 0) -> Callable[..., Any]:
    """The derivative f'(x) of a function that takes each element by itself, of any shape.

    It is the gradient of the sum of all outputs: for an elementwise function that is f'(x), for
    another it is the sum over the rows of its Jacobian. `argnums` says by which arguments, as for
    `grad`. Raises TransformError if `f` gives no numbers.

    >>> import numpy as np
    >>> elementwise_grad(lambda x: x * x)(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    return partial(_slopes, called(f), argnums)


def _slopes(f: Callable[..., Any], argnums: ArgNums, /, *args: Any, **kwargs: Any) -> Any:
    to = opened(args, argnums)
    return to.result(pulled(to.value(f, kwargs)[0], None, to))


def vjp(f: Callable[..., Any], *args: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """The value of f at `args`, and its vjp there: a function gy -> (a gradient for each argument).

    The gradients are those of (gy * y).sum(): the product of the cotangent `gy`, which has the
    shape and dtype of y, and the Jacobian. `f` may give a pytree of Variables; then gy is such a
    pytree of cotangents. Raises TransformError if `f` or a cotangent cannot be meant.

    >>> import numpy as np
    >>> y, pullback = vjp(lambda a, b: a * b, np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    >>> pullback(np.array([1.0, 0.0]))
    (array([3., 0.]), array([1., 0.]))
    """
    to = opened(args, tuple(range(len(args))))
    y = to.values(called(f), {})

    def pullback(gy: Any) -> tuple[Any, ...]:
        gradients: tuple[Any, ...] = to.result(pulled(y, gy, to))
        return gradients

    return mapped(to.outcome, y), pullback


def jvp(f: Callable[..., Any], primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> Any:
    """The value of f at `primals` and its jvp there: (y, J t), by forward mode.

    Parameters
    ----------
    f : callable
        A function of Variables that gives a Variable, or a pytree of them.
    primals : tuple
        The arguments of `f`.
    tangents : tuple
        How each argument moves: of the structure, shapes and dtypes of `primals`.

    Returns
    -------
    tuple
        The value, and how it moves: of the structure, shape and dtype of the value.

    Raises
    ------
    TransformError
        If one of the two is no tuple, or they are built in different ways.

    Examples
    --------
    >>> import numpy as np
    >>> jvp(lambda x: x * x, (np.array(3.0),), (np.array(1.0),))
    (array(9.), array(6.))
    """
    xs, ts = _as_arguments(primals, "primals"), _as_arguments(tangents, "tangents")
    to = opened(xs, tuple(range(len(xs))), ts)
    y = to.values(called(f), {})
    moves = pushed(y, ts, to)
    return mapped(to.outcome, y), moves


@overload
def jacobian(f: Callable[Concatenate[Any, P], _Value], argnums: Literal[0] = 0) -> Jacobian[P]: ...
@overload
def jacobian(
    f: Callable[..., _Value], argnums: tuple[int, ...]
) -> Callable[..., tuple[Any, ...]]: ...
@overload
def jacobian(f: Callable[..., Any], argnums: ArgNums = 0) -> Callable[..., Any]: ...
def jacobian(f: Callable[..., Any], argnums: ArgNums = 0) -> Callable[..., Any]:
    """The Jacobian of a function: x -> J, the derivatives of all outputs by all inputs.

    J has the shape y.shape + x.shape. It is computed row by row in reverse mode, or column by
    column in forward mode where that is fewer. `argnums` says by which arguments, as for `grad`.
    Raises TransformError if `f` gives no numbers.

    >>> import numpy as np
    >>> jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    return partial(_jacobian, called(f), argnums)


def _jacobian(f: Callable[..., Any], argnums: ArgNums, /, *args: Any, **kwargs: Any) -> Any:
    to = opened(args, argnums)
    ys = to.values(f, kwargs)
    return mapped(lambda y: to.result(iter(jacobians(y, to))), ys)


@overload
def hessian(f: Callable[Concatenate[Any, P], _Value], argnums: Literal[0] = 0) -> Hessian[P]: ...
@overload
def hessian(
    f: Callable[..., _Value], argnums: tuple[int, ...]
) -> Callable[..., tuple[Any, ...]]: ...
@overload
def hessian(f: Callable[..., Any]) -> Hessian[...]: ...
@overload
def hessian(f: Callable[..., _Value], argnums: int) -> Callable[..., Any]: ...
def hessian(f: Callable[..., Any], argnums: ArgNums = 0) -> Callable[..., Any]:
    """The Hessian of a function that gives one number: x -> its second derivatives.

    It has the shape x.shape + x.shape. `argnums` says by which arguments, as for `grad`. Raises
    TransformError if `f` gives no number or more than one.

    >>> import numpy as np
    >>> hessian(lambda x: (x * x * x).sum())(np.array([1.0, 2.0]))
    array([[ 6.,  0.],
           [ 0., 12.]])
    """
    return jacobian(grad(f, argnums), argnums)


def hvp(f: Callable[Concatenate[Any, P], _Value]) -> Product[P]:
    """The product of the Hessian of f and a vector: (x, v, ...) -> H v, without building H.

    H is that by the first argument of `f`, which gives one number; `v` has the structure and the
    shapes of x. Raises TransformError if `f` gives no number or more than one.

    >>> import numpy as np
    >>> hvp(lambda x: (x * x * x).sum())(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([ 6., 12.])
    """
    return partial(_product, called(f))


def _product(f: Callable[..., Any], x: Any, v: Any, /, *args: Any, **kwargs: Any) -> Any:
    to = opened((x, *args), 0, v)
    gx = to.values(grad(f), kwargs)
    return to.result(pulled(gx, v, to))


def _as_arguments(given: object, what: str) -> tuple[Any, ...]:
    if not is_sequence(given):
        raise TransformError(
            f"jvp takes its {what} as a tuple, one for each argument of the function: write "
            f"jvp(f, (x,), (t,)), got {type(given).__name__}: {brief(given)}"
        )
    return tuple(given)
