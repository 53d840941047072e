"""verify, verify_rule and check_gradient: a rule held against everything that is known of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

import hypothesis
import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, settings, strategies as st

from backprop.errors import ArgumentValueError
from backprop.ground.arrays import Array, Shape, brief
from backprop.ground.domain import REALS, Domain
from backprop.kernel.variable import Node
from backprop.pytree import Tree
from backprop.testing import entries
from backprop.testing.bound import Bound
from backprop.testing.entries import Ways
from backprop.testing.examples import Example, examine, judged, one
from backprop.testing.frameworks.pairs import pair_in
from backprop.testing.front_door import rules_for
from backprop.testing.generators.strategies import DTYPES, inputs, ordinary, small_ways, ways
from backprop.testing.jacobians import jacobian_rules
from backprop.testing.judging.measuring import Measurement, compare
from backprop.testing.judging.mismatch import CannotCall, GradientMismatch, NothingToJudge
from backprop.testing.laws.laws import advice
from backprop.testing.proof import smallest_seen, verdicts
from backprop.testing.quiet import quiet as quiet
from backprop.testing.rules import Anything, Arrays, Rule, as_callable
from backprop.testing.screening.opinion import heard
from backprop.testing.screening.screen import screened

_EXAMPLES: Final = 36
_EXAMPLES_OF_TWO_ORDERS: Final = 16
_SEARCHED: Final = 4


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification did, and how small an error it would have seen."""

    function: str
    domain: str
    dtypes: tuple[str, ...]
    shapes: tuple[Shape, ...]  # of the inputs that were tried
    examples: int
    worst: float  # the worst error met, as a part of its tolerance
    excused: int  # gradients beyond it that were rounding, a kink or an ill-conditioned point
    smallest: float  # the smallest relative error of the gradient that this run rejects
    planted: int  # faults planted in the rule,
    rejected: int  # and how many of these the same examples rejected
    accepted: tuple[str, ...]  # the names of the others
    opinions: tuple[str, ...]  # who was asked: central differences, and who suspected for them
    advice: tuple[str, ...]  # what is no mistake, and better otherwise
    seconds: float
    seed: int  # repeats the run


def verify(
    function: type[Node] | Node | Anything,
    *,
    domain: Domain | None = None,
    shapes: Ways | None = None,
    dtypes: Sequence[str] | None = None,
    examples: int | None = None,
    seed: int | None = None,
    order: int = 1,
    framework: str | None = None,
    keywords: Mapping[str, object] | None = None,
    constants: Mapping[int, object] | None = None,
    params: Tree = None,
) -> Report:
    """Hold the derivative of `function` against central differences on inputs Hypothesis invents.

    Parameters
    ----------
    function : type, Function or callable
        A Function class, an instance of one, or a callable on Variables; a function of NumPy, of
        which our rule is verified; a torch.autograd.Function class, a module, a jax.custom_vjp or
        custom_jvp function, a primitive of HIPS autograd, or any callable on the tensors of
        PyTorch, JAX, HIPS autograd or MyGrad: it is verified with its own framework's rule.
    domain : Interval or tuple of Interval, optional
        Where it is differentiable: one Interval, or one for each input. A Function has its own.
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
        Inputs that are not differentiated, by their positions: {1: labels}.
    params : pytree, optional
        An example of the first argument of a function that takes a tuple, list, dict or dataclass
        of arrays there: shapes and dtypes are taken from it, each array is an input, and `shapes`
        and a tuple of domains are those of the others. A module of PyTorch has its own.

    Returns
    -------
    Report
        What was tried, and how small an error it would have seen.

    Raises
    ------
    GradientMismatch
        If the derivative is wrong: with the smallest counterexample found and a script for it.
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
    _check_order(order)
    bound = Bound(function, framework, keywords, constants, params)
    with quiet():
        rules = rules_for(function, domain, shapes, order, framework, bound)
        return _verify(rules, dtypes, examples, seed)


def verify_rule(
    forward: Callable[..., Any],
    vjp: Callable[..., Any],
    jvp: Callable[..., Any] | None = None,
    *,
    framework: str | None = None,
    domain: Domain = REALS,
    shapes: Ways | None = None,
    dtypes: Sequence[str] | None = None,
    examples: int | None = None,
    seed: int | None = None,
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
    domain : Interval or tuple of Interval, default REALS
        Where `forward` is differentiable: one Interval, or one for each input.
    shapes : sequence, optional
        The shapes of x, or a tuple of shapes for each way to call it; else every shape.
    dtypes : sequence of str, optional
        Of the inputs; float64 and float32 if it is left out.
    examples : int, optional
        How many inputs are tried.
    seed : int, optional
        Repeats a run.

    Returns
    -------
    Report
        What was tried, and how small an error it would have seen.

    Raises
    ------
    GradientMismatch
        If the rule is wrong: with the smallest counterexample found.
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
    with quiet():
        rule = pair_in(framework, (forward, vjp, jvp), domain, shapes)
        return _verify((rule,), dtypes, examples, seed)


def verify_jacobian(
    fun: Callable[[Array], Any],
    jac: Callable[[Array], Any] | bool,
    *,
    hess: Callable[[Array], Any] | None = None,
    hessp: Callable[[Array, Array], Any] | None = None,
    domain: Domain = REALS,
    shapes: Ways | None = None,
    dtypes: Sequence[str] = ("float64",),
    examples: int | None = None,
    seed: int | None = None,
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
    domain : Interval, default REALS
        Where the elements of x are.
    shapes : sequence of tuple, optional
        The shapes of x; vectors of 1, 2, 3 and 5 elements if it is left out.
    dtypes : sequence of str, default ("float64",)
        Of x.
    examples : int, optional
        How many inputs are tried.
    seed : int, optional
        Repeats a run.

    Returns
    -------
    Report
        What was tried, and how small an error of `jac` it would have seen.

    Raises
    ------
    GradientMismatch
        If one of them is wrong: with the smallest counterexample found.
    CannotCall
        If `fun` does not take the vectors that it is called with.

    Examples
    --------
    >>> from scipy.optimize import rosen, rosen_der, rosen_hess
    >>> report = verify_jacobian(rosen, rosen_der, hess=rosen_hess, shapes=[(2,), (3,)], seed=1)
    >>> report.smallest < 1e-6
    True
    """
    with quiet():
        rules = jacobian_rules(fun, jac, hess, hessp, domain, shapes)
        return _verify(rules, dtypes, examples, seed)


def check_gradient(
    function: type[Node] | Node | Anything,
    *xs: Array,
    gy: Array | None = None,
    vjp: Callable[..., Any] | None = None,
    domain: Domain | None = None,
    framework: str | None = None,
    keywords: Mapping[str, object] | None = None,
    constants: Mapping[int, object] | None = None,
    params: Tree = None,
    order: int = 1,
) -> tuple[Measurement, ...]:
    """Check the derivative of `function` at one point, and say what was measured there.

    Parameters
    ----------
    function : type, Function or callable
        As in `verify`; with `vjp` a plain function of arrays, as in `verify_rule`.
    *xs : array
        The point, an array for each input.
    gy : array, optional
        The cotangent, of the shape of the value; several are tried if it is left out.
    vjp : callable, optional
        The gradient of a plain function: gx = vjp(x, gy), or a tuple of several.
    domain : Interval or tuple of Interval, optional
        Where the function is differentiable; the steps of the differences stay inside.
    framework : str, optional
        As in `verify`.
    keywords : dict, optional
        The settings of every call.
    constants : dict, optional
        Inputs that are not differentiated, by their positions.
    params : pytree, optional
        As in `verify`; the arrays in it are the first of `xs`.
    order : int, default 1
        With 2 the derivative of the gradient, which has a last input more, the cotangent of the
        function.

    Returns
    -------
    tuple of Measurement
        One for each input.

    Raises
    ------
    GradientMismatch
        If the derivative is wrong there.

    Examples
    --------
    >>> import numpy as np
    >>> from backprop import Square
    >>> (measured,) = check_gradient(Square, np.array([1.0, 2.0]))
    >>> measured.analytic.astype(float).tolist()
    [2.0, 4.0]
    """
    _check_order(order)
    arrays = tuple(entries.data(x, f"input {i}") for i, x in enumerate(xs))
    if not arrays:
        raise ArgumentValueError("check_gradient needs a point: write check_gradient(Square, x)")
    if vjp is not None:
        where, way = REALS if domain is None else domain, (tuple(x.shape for x in arrays),)
        rule = pair_in(framework, (as_callable(function), vjp, None), where, way)
    else:
        bound = Bound(function, framework, keywords, constants, params)
        with quiet():
            point = arrays[:-1] if order == 2 else arrays
            way = (tuple(x.shape for x in point),)
            rule = rules_for(function, domain, way, order, framework, bound, point)[-1]
    with quiet():
        gys = None if gy is None else (_cotangent(gy, rule, arrays),)
        example = examine(rule, arrays, np.random.default_rng(0), gys, sample=False)
        first = example.gys[0]
        return tuple(compare(example.point, first, rule.vjp(arrays, first)))


def _check_order(order: int) -> None:
    if entries.whole(order, "order", 1) > 2:
        raise ArgumentValueError(f"write order=1 or order=2, got {brief(order)}")


def _cotangent(gy: Array, rule: Rule, xs: Arrays) -> Array:
    """The cotangent `gy` as an array of the dtype of the value at `xs`; raise for another shape."""
    gy = entries.data(gy, "gy")
    try:
        y = np.asarray(rule.forward(*xs))
    except Exception:  # examine says what is wrong there
        return gy
    if gy.shape != y.shape:
        raise ArgumentValueError(f"gy has shape {gy.shape}, the value there has {y.shape}")
    return gy.astype(y.dtype)


def _verify(
    rules: tuple[Rule, ...], dtypes: Sequence[str] | None, examples: int | None, seed: int | None
) -> Report:
    start = perf_counter()
    seed = secrets.randbits(32) if seed is None else entries.whole(seed, "seed", 0)
    dtypes = rules[0].dtypes or DTYPES if dtypes is None else entries.dtypes(dtypes)
    count = _number(rules) if examples is None else entries.whole(examples, "examples", 1)
    found = _examples(rules, dtypes, count, seed)
    failure = screened(rules, dtypes, seed, min(count / _number(rules), 1.0))
    if failure is not None:
        raise failure
    first, domains = rules[0], _domains(rules)
    if any(map(judged, found)) and not any(example.point.known for example in found):
        raise NothingToJudge(
            f"{first.name} had no finite value at any of {len(found)} inputs from its domain "
            f"{domains}: state where it is differentiable, e.g. domain=Interval(0, inf)"
        )
    found.sort(key=lambda example: example.detectable)
    seen = verdicts(rules, found)
    return Report(
        function=first.name,
        domain=domains,
        dtypes=dtypes,
        shapes=tuple(sorted({x.shape for e in found for x in e.point.xs})),
        examples=len(found),
        worst=max(example.worst for example in found),
        excused=sum(example.excused for example in found),
        smallest=smallest_seen(found),
        planted=len(seen),
        rejected=sum(seen.values()),
        accepted=tuple(name for name, rejected in seen.items() if not rejected),
        opinions=_opinions(rules),
        advice=_advice(found),
        seconds=perf_counter() - start,
        seed=seed,
    )


def _opinions(rules: tuple[Rule, ...]) -> tuple[str, ...]:
    second = ("the forward on Variables",) if any(map(heard, rules[:1])) else ()
    return ("central differences", *second)


def _advice(found: list[Example]) -> tuple[str, ...]:
    texts = (advice(e.point.rule, e.point.xs, one(e)) for e in found)
    return tuple(dict.fromkeys(text for text in texts if text is not None))


def _number(rules: tuple[Rule, ...]) -> int:
    """How many examples are enough: those of a second order cost as much as many.

    But every case has one, and some are left to the search.
    """
    least = _EXAMPLES if rules[-1].order == 1 else _EXAMPLES_OF_TWO_ORDERS
    return max(least, len(rules) + _SEARCHED)


def _examples(
    rules: tuple[Rule, ...], dtypes: tuple[str, ...], count: int, seed: int
) -> list[Example]:
    """Invented inputs, and then ordinary ones in every small shape, the dtypes in turn.

    A search may meet no empty array, or none whose gradient is well known: a power overflows, or is
    flat, at most.
    """
    rng = np.random.default_rng(seed)
    calls = [(rule, way) for rule in rules for way in small_ways(rule)]
    turns = range(min(max(len(calls), 2 * len(dtypes)), count - 1)) if calls else ()
    found = _search(rules, dtypes, count - len(turns), seed)
    for i in turns:
        k = i % len(calls)
        rule, way = calls[k]
        dtype = dtypes[(k + i // len(calls)) % len(dtypes)]
        xs = tuple(ordinary(d, s, dtype, rng) for d, s in zip(rule.domains, way))
        found.append(examine(rule, xs, rng))
    return found


def _search(
    rules: tuple[Rule, ...], dtypes: tuple[str, ...], examples: int, seed: int
) -> list[Example]:
    """Examine the rules at so many inputs; the first that fails is shrunk and raised."""
    found: list[Example] = []
    failures: list[GradientMismatch | CannotCall] = []

    @hypothesis.seed(seed)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
            HealthCheck.nested_given,
        ],
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
    )
    @given(_inputs_of(rules, dtypes), st.integers(0, 2**32 - 1))
    def attempt(call: tuple[Rule, Arrays], number: int) -> None:
        try:
            found.append(examine(*call, np.random.default_rng(number)))
        except (GradientMismatch, CannotCall) as failure:
            failures.append(failure)
            raise

    try:
        attempt()
    except Exception:
        if not failures:
            raise
        raise failures[-1].with_traceback(None) from None
    return found


@st.composite
def _inputs_of(
    draw: st.DrawFn, rules: tuple[Rule, ...], dtypes: tuple[str, ...]
) -> tuple[Rule, Arrays]:
    rule = draw(st.sampled_from(rules))
    dtype = draw(st.sampled_from(dtypes))
    way = draw(st.sampled_from(ways(rule)))
    return rule, tuple(draw(inputs(d, (s,), dtype, rule.span)) for d, s in zip(rule.domains, way))


def _domains(rules: tuple[Rule, ...]) -> str:
    return ", ".join(dict.fromkeys(repr(d) for rule in rules for d in rule.domains))
