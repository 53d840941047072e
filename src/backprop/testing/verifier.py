"""verify, verify_rule and verify_jacobian: a rule held against everything that is known of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from backprop.ground.arrays import Array
from backprop.ground.domain import REALS
from backprop.kernel.variable import Node
from backprop.pytree import Tree
from backprop.testing import entries
from backprop.testing.bound import each_bound
from backprop.testing.claims import Claims
from backprop.testing.domains.confined import Where
from backprop.testing.entries import Ways
from backprop.testing.frameworks.pairs import pair_in
from backprop.testing.front_door import rules_for
from backprop.testing.jacobians import jacobian_rules
from backprop.testing.quiet import quiet as quiet
from backprop.testing.report import Report as Report
from backprop.testing.rules import Anything
from backprop.testing.run import Effort, run


def verify(
    function: type[Node] | Node | Anything,
    *,
    domain: Where | None = None,
    shapes: Ways | None = None,
    dtypes: Sequence[str] | None = None,
    examples: int | None = None,
    seed: int | None = None,
    order: int = 1,
    framework: str | None = None,
    keywords: Mapping[str, object] | None = None,
    constants: Mapping[int, object] | None = None,
    params: Tree = None,
    precision: float | None = None,
    reference: Callable[..., Any] | None = None,
    composed: bool | None = None,
    span: float | None = None,
    budget: float | None = None,
    all: bool = False,  # noqa: A002 (what else would it be called)
) -> Report:
    """Hold the derivative of `function` against central differences on inputs Hypothesis invents.

    Parameters
    ----------
    function : type, Function or callable
        A Function class, an instance of one, or a callable on Variables; a function of NumPy, of
        which our rule is verified; a torch.autograd.Function class, a module, a jax.custom_vjp or
        custom_jvp function, a primitive of HIPS autograd, or any callable on the tensors of
        PyTorch, JAX, HIPS autograd or MyGrad: it is verified with its own framework's rule.
    domain : Interval, a structured domain, a strategy, or a tuple of these, optional
        Where it is differentiable: one for all inputs, or one for each. Sorted, Simplex,
        PositiveDefinite and their like are sets of arrays; a Hypothesis strategy draws arrays. A
        Function has its own.
    shapes : sequence, optional
        The shapes of its input, or a tuple of shapes for each way to call it; else every shape.
    dtypes : sequence of str, optional
        Of the inputs; float64 and float32 if it is left out.
    examples : int, optional
        How many inputs are tried.
    seed : int, optional
        Repeats a run: the report and the counterexample name the seed that was taken.
    order : int, default 1
        With 2 the derivative of the derivative is verified too, as it always is for the functions
        of backprop.numpy.
    framework : str, optional
        "torch", "jax", "autograd" or "mygrad", where the function does not show it: else it is told
        from its module and class, or by calling it.
    keywords : dict, optional
        The settings of every call, such as {"axis": 0}.
    constants : dict, optional
        Inputs that are not differentiated, by their positions: {1: labels}. A strategy among these
        or the settings is drawn from.
    params : pytree, optional
        An example of the first argument of a function that takes a tuple, list, dict or dataclass
        of arrays there: shapes and dtypes are taken from it, each array is an input, and `shapes`
        and a tuple of domains are those of the others. A module of PyTorch has its own.
    precision : float, optional
        How exact the values are, relative to the largest, where they are less exact than their
        dtype: of a solver that stops early, or a table.
    reference : callable, optional
        The same function computed better, by mpmath or in longdouble: it judges in the place of the
        values, in the tails too. It takes arrays and returns numbers of any kind.
    composed : bool, optional
        Whether it is several rules in a row, whose roundings may add up to anything; else that is
        told from what it is.
    span : float, optional
        From which part of the dtype's range of magnitudes inputs are drawn, from 0 (ordinary
        numbers only) to 1.
    budget : float, optional
        Seconds, after which no new example is begun.
    all : bool, default False
        Whether to go on after the first finding, for one of each law.

    Returns
    -------
    Report
        What was tried, and how small an error it would have seen.

    Raises
    ------
    GradientMismatch
        If the derivative is wrong: with the smallest counterexample found and a script for it.
    Findings
        With `all=True` if it is: a group of one GradientMismatch for each law that is broken.
    CannotCall
        If the function does not take the inputs that it is called with.
    NothingToJudge
        If the function had no finite value anywhere.

    Examples
    --------
    >>> from backprop import Square
    >>> report = verify(Square, seed=1)
    >>> report.rejected == report.planted, report.smallest < 1e-9
    (True, True)
    """
    __tracebackhide__ = True  # to pytest
    entries.order(order)
    claims = Claims(domain, precision, reference, composed, span)
    bounds = each_bound(function, framework, keywords, constants, params, claims.settings)
    with quiet():
        confined, intervals, ways = claims.taken(shapes, function)
        asked = intervals, ways, order, framework
        rules = tuple(r for bound in bounds for r in rules_for(function, *asked, bound))
        effort = Effort(dtypes, examples, seed, budget, all)
        return run(claims.of(rules, confined, function), effort)


def verify_rule(
    forward: Callable[..., Any],
    vjp: Callable[..., Any],
    jvp: Callable[..., Any] | None = None,
    *,
    framework: str | None = None,
    domain: Where = REALS,
    shapes: Ways | None = None,
    dtypes: Sequence[str] | None = None,
    examples: int | None = None,
    seed: int | None = None,
    precision: float | None = None,
    reference: Callable[..., Any] | None = None,
    composed: bool | None = None,
    span: float | None = None,
    budget: float | None = None,
    all: bool = False,  # noqa: A002 (what else would it be called)
) -> Report:
    """Hold plain functions on arrays, a value and its vjp, against central differences.

    So a rule written by hand, for whatever framework, is verified without this kernel.

    Parameters
    ----------
    forward : callable
        y = forward(x), of one array or of several.
    vjp : callable
        gx = vjp(x, gy), of the shape and dtype of x; of several inputs a tuple, vjp(a, b, gy).
    jvp : callable, optional
        ty = jvp(x, tx), the rule's forward mode; of several inputs jvp(a, b, ta, tb).
    framework : str, optional
        Whose tensors these functions take, such as "torch"; NumPy's arrays if it is left out.
    domain : Interval, a structured domain, a strategy, or a tuple of these, default REALS
        Where `forward` is differentiable: one for all inputs, or one for each.
    shapes : sequence, optional
        The shapes of x, or a tuple of shapes for each way to call it; else every shape.
    dtypes : sequence of str, optional
        Of the inputs; float64 and float32 if it is left out.
    examples : int, optional
        How many inputs are tried.
    seed : int, optional
        Repeats a run.
    precision : float, optional
        How exact the values are, relative to the largest; as in `verify`.
    reference : callable, optional
        The same function computed better; as in `verify`.
    composed : bool, optional
        Whether it is several rules in a row, whose roundings may add up to anything.
    span : float, optional
        From which part of the dtype's range of magnitudes inputs are drawn.
    budget : float, optional
        Seconds, after which no new example is begun.
    all : bool, default False
        Whether to go on after the first finding, for one of each law.

    Returns
    -------
    Report
        What was tried, and how small an error it would have seen.

    Raises
    ------
    GradientMismatch
        If the rule is wrong: with the smallest counterexample found.
    Findings
        With `all=True` if it is: a group of one GradientMismatch for each law that is broken.
    CannotCall
        If `forward` does not take the inputs that it is called with.
    NothingToJudge
        If `forward` had no finite value anywhere.

    Examples
    --------
    >>> import numpy as np
    >>> report = verify_rule(np.sin, lambda x, gy: gy * np.cos(x), seed=1)
    >>> report.rejected == report.planted
    True
    """
    __tracebackhide__ = True  # to pytest
    claims = Claims(domain, precision, reference, composed, span)
    with quiet():
        confined, intervals, ways = claims.taken(shapes, forward)
        rule = pair_in(framework, (forward, vjp, jvp), intervals, ways, claims.settings)
        given = claims.of((rule,), confined, forward, vjp, jvp)
        return run(given, Effort(dtypes, examples, seed, budget, all))


def verify_jacobian(
    fun: Callable[[Array], Any],
    jac: Callable[[Array], Any] | bool,
    *,
    hess: Callable[[Array], Any] | None = None,
    hessp: Callable[[Array, Array], Any] | None = None,
    domain: Where = REALS,
    shapes: Ways | None = None,
    dtypes: Sequence[str] = ("float64",),
    examples: int | None = None,
    seed: int | None = None,
    precision: float | None = None,
    budget: float | None = None,
    all: bool = False,  # noqa: A002 (what else would it be called)
) -> Report:
    """Hold derivatives as SciPy takes them against central differences: jac, hess and hessp.

    Parameters
    ----------
    fun : callable
        A number or a vector, fun(x), of a vector x: what scipy.optimize minimizes or fits.
    jac : callable or True
        Its gradient, of the shape of x, or its Jacobian matrix, a row for each value; dense or
        sparse. True if fun returns its value and its gradient.
    hess : callable, optional
        The Hessian matrix, hess(x).
    hessp : callable, optional
        Its product with a vector, hessp(x, p).
    domain : Interval, a structured domain or a strategy, default REALS
        Where the elements of x are.
    shapes : sequence of tuple, optional
        The shapes of x; vectors of 1, 2, 3 and 5 elements if it is left out.
    dtypes : sequence of str, default ("float64",)
        Of x.
    examples : int, optional
        How many inputs are tried.
    seed : int, optional
        Repeats a run.
    precision : float, optional
        How exact the values are, relative to the largest; as in `verify`.
    budget : float, optional
        Seconds, after which no new example is begun.
    all : bool, default False
        Whether to go on after the first finding, for one of each law.

    Returns
    -------
    Report
        What was tried, and how small an error of `jac` it would have seen.

    Raises
    ------
    GradientMismatch
        If one of them is wrong: with the smallest counterexample found.
    Findings
        With `all=True` if it is: a group of one GradientMismatch for each law that is broken.
    CannotCall
        If `fun` does not take the vectors that it is called with.

    Examples
    --------
    >>> from scipy.optimize import rosen, rosen_der, rosen_hess
    >>> report = verify_jacobian(rosen, rosen_der, hess=rosen_hess, shapes=[(2,), (3,)], seed=1)
    >>> report.smallest < 1e-6
    True
    """
    __tracebackhide__ = True  # to pytest
    claims = Claims(domain, precision)
    with quiet():
        confined, intervals, ways = claims.taken(shapes, fun)
        rules = jacobian_rules(fun, jac, hess, hessp, intervals, ways, claims.settings)
        given = claims.of(rules, confined, fun, jac, hess, hessp)
        return run(given, Effort(dtypes, examples, seed, budget, all))
