"""verify, verify_rule and check_gradient: a rule held against everything that is known of it."""

from __future__ import annotations

import secrets
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Final

import hypothesis
import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, settings, strategies as st

from backprop.arrays import Array, Shape, Shapes
from backprop.core import Node, Variable
from backprop.domain import REALS, Domain, Interval
from backprop.testing.expressions import rules_of
from backprop.testing.faults import planted, scaled
from backprop.testing.forward import wrong_tangent
from backprop.testing.judge import Measurement, Point, compare, measure, mismatch
from backprop.testing.laws import broken_law
from backprop.testing.mismatch import (
    PERIOD,
    GradientMismatch,
    NothingToJudge,
    broken,
    raised,
    wrong,
)
from backprop.testing.rules import Anything, Arrays, OnVariables, Rule, as_callable, pair, rule_of
from backprop.testing.strategies import DTYPES, inputs, ordinary, small_ways, ways

_EXAMPLES: Final = 50
_EXAMPLES_OF_TWO_ORDERS: Final = 24
_TRIES: Final = 60


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
    seconds: float
    seed: int  # repeats the run


@dataclass(frozen=True, slots=True)
class Example:
    """Inputs of a rule, cotangents, and what was measured there."""

    point: Point
    gys: tuple[Array, ...]
    worst: float = 0.0
    excused: int = 0
    detectable: float = np.inf


def verify(
    function: type[Node] | Node | OnVariables,
    *,
    domain: Domain | None = None,
    shapes: Shapes | Sequence[Shape] | None = None,
    dtypes: Sequence[str] | None = None,
    examples: int | None = None,
    seed: int | None = None,
    order: int = 1,
) -> Report:
    """Hold the derivative of `function` against central differences on inputs Hypothesis invents.

    `function` is a Function class, an instance of one, or a callable on Variables. `domain` is
    where it is differentiable (of a Function: its own; one Interval or one for each input), and
    `shapes` are those of its input, or a tuple of shapes for each way to call it. With `order=2`
    the derivative of the derivative is verified too, as it always is for those of backprop.numpy.

    Raises GradientMismatch, with the smallest counterexample found and a script that repeats it.

    >>> from backprop import Square
    >>> report = verify(Square, seed=1)
    >>> report.rejected == report.planted, report.smallest < 1e-9
    (True, True)
    """
    with quiet():
        return _verify(rules_of(function, domain, shapes, order), dtypes, examples, seed)


def verify_rule(
    forward: Callable[[Array], Array],
    vjp: Callable[[Array, Array], Array],
    *,
    domain: Interval = REALS,
    shapes: Sequence[Shape] | None = None,
    dtypes: Sequence[str] | None = None,
    examples: int | None = None,
    seed: int | None = None,
) -> Report:
    """Do the same for a plain pair: `y = forward(x)` and `gx = vjp(x, gy)` on arrays.

    So a rule written for PyTorch, JAX, HIPS autograd or by hand is verified without this kernel.

    >>> import numpy as np
    >>> report = verify_rule(np.sin, lambda x, gy: gy * np.cos(x), seed=1)
    >>> report.rejected == report.planted
    True
    """
    with quiet():
        return _verify((pair(forward, vjp, domain, shapes),), dtypes, examples, seed)


def check_gradient(
    function: type[Node] | Node | Anything,
    *xs: Array,
    gy: Array | None = None,
    vjp: Callable[[Array, Array], Array] | None = None,
    domain: Domain | None = None,
) -> tuple[Measurement, ...]:
    """Check one point and return what was measured there, input by input.

    Without `gy` several cotangents are tried. With `vjp`, `function` is a plain function of one
    array, as in `verify_rule`. Raises GradientMismatch.

    >>> import numpy as np
    >>> from backprop import Square
    >>> (measured,) = check_gradient(Square, np.array([1.0, 2.0]))
    >>> measured.analytic.astype(float).tolist()
    [2.0, 4.0]
    """
    arrays = tuple(Variable(x).data for x in xs)
    if vjp is not None:
        one = domain if isinstance(domain, Interval) else REALS
        rule = pair(as_callable(function), vjp, one, None)
    else:
        rule = rule_of(function, domain, (tuple(x.shape for x in arrays),))
    gys = (gy,) if gy is not None else None
    with quiet():
        example = _examine(rule, arrays, np.random.default_rng(0), gys, sample=False)
        first = example.gys[0]
        return tuple(compare(example.point, first, rule.vjp(arrays, first)))


@contextmanager
def quiet() -> Generator[None]:
    """Without warnings: inputs are hard on purpose, and central differences step around them."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def _verify(
    rules: tuple[Rule, ...], dtypes: Sequence[str] | None, examples: int | None, seed: int | None
) -> Report:
    start = perf_counter()
    seed = secrets.randbits(32) if seed is None else seed
    dtypes = tuple(dtypes or DTYPES)
    found = _examples(rules, dtypes, examples or _number(rules), seed)
    first, domains = rules[0], _domains(rules)
    if any(map(_judged, found)) and not any(example.point.known for example in found):
        raise NothingToJudge(
            f"{first.name} had no finite value at any of {len(found)} inputs from its domain "
            f"{domains}: state where it is differentiable, e.g. domain=Interval(0, inf)"
        )
    found.sort(key=lambda example: example.detectable)
    verdicts = _verdicts(rules, found)
    return Report(
        function=first.name,
        domain=domains,
        dtypes=dtypes,
        shapes=tuple(sorted({x.shape for e in found for x in e.point.xs})),
        examples=len(found),
        worst=max(example.worst for example in found),
        excused=sum(example.excused for example in found),
        smallest=_smallest_seen(found),
        planted=len(verdicts),
        rejected=sum(verdicts.values()),
        accepted=tuple(name for name, seen in verdicts.items() if not seen),
        seconds=perf_counter() - start,
        seed=seed,
    )


def _verdicts(rules: tuple[Rule, ...], found: list[Example]) -> dict[str, bool]:
    """For each fault that shows at the examples of first order, whether one of them rejects it."""
    faulty = {id(rule): planted(rule) for rule in rules}
    first = [example for example in found if example.point.rule.order == 1]
    given = [_gradients(e.point.rule, e) for e in first]
    verdicts: dict[str, bool] = {}
    for name in faulty[id(rules[0])]:
        tried = [faulty[id(e.point.rule)][name] for e in first]
        if any(map(_differs, tried, first, given)):
            verdicts[name] = any(_finding(bad, e) is not None for bad, e in zip(tried, first))
            if not verdicts[name]:
                verdicts[name] = _seen_elsewhere(rules[0], faulty[id(rules[0])][name])
    return verdicts


def _seen_elsewhere(rule: Rule, bad: Rule) -> bool:
    """Whether ordinary inputs reject a fault that showed at kinks only, where much is right."""
    rng = np.random.default_rng(_TRIES)
    shapes = small_ways(rule)
    for k in range(_TRIES):
        each = zip(rule.domains, shapes[k % len(shapes)], strict=True)
        example = _examine(rule, tuple(ordinary(d, s, "float64", rng) for d, s in each), rng)
        if _finding(bad, example) is not None:
            return True
    return False


def _number(rules: tuple[Rule, ...]) -> int:
    """How many examples are enough: those of a second order cost as much as many."""
    return _EXAMPLES if rules[-1].order == 1 else _EXAMPLES_OF_TWO_ORDERS


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
        rule, way = calls[i % len(calls)]
        dtype = dtypes[(i + i // len(calls)) % len(dtypes)]
        xs = tuple(ordinary(d, s, dtype, rng) for d, s in zip(rule.domains, way))
        found.append(_examine(rule, xs, rng))
    return found


def _search(
    rules: tuple[Rule, ...], dtypes: tuple[str, ...], examples: int, seed: int
) -> list[Example]:
    """Examine the rules at so many inputs; the first that fails is shrunk and raised."""
    found: list[Example] = []
    failures: list[GradientMismatch] = []

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
    def examine(call: tuple[Rule, Arrays], number: int) -> None:
        try:
            found.append(_examine(*call, np.random.default_rng(number)))
        except GradientMismatch as failure:
            failures.append(failure)
            raise

    try:
        examine()
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


def _examine(
    rule: Rule,
    xs: Arrays,
    rng: np.random.Generator,
    gys: tuple[Array, ...] | None = None,
    sample: bool = True,
) -> Example:
    """Measure `rule` at `xs` and hold it against the laws and the numbers."""
    try:
        point = measure(rule, xs, rng if sample else None)
        gys = gys if gys is not None else tuple(_cotangents(point.y, rng))
        example = Example(point, gys)
        finding = _finding(rule, example)
        if finding is not None:
            raise finding
        seen = [m for gy in gys for m in compare(point, gy, rule.vjp(xs, gy))]
    except GradientMismatch:
        raise
    except Exception as error:
        raise raised(rule, xs, error) from error
    ratios = np.concatenate([m.ratio for m in seen]) if seen else np.zeros(0)
    return Example(
        point,
        gys,
        worst=float(ratios.max(initial=0, where=ratios <= 1)),
        excused=int((ratios > 1).sum()),
        detectable=min((m.detectable for m in seen), default=np.inf),
    )


def _cotangents(y: Array, rng: np.random.Generator) -> Iterator[Array]:
    """Ones, normal, graded over 40 powers of two, and one-hot: uniform ones alone hide bugs."""
    yield np.ones_like(y)
    few = min(y.size, PERIOD)
    normal = rng.standard_normal(few)
    yield _spread(normal, y)
    yield _spread(normal * 2.0 ** rng.integers(-20, 21, few), y)
    hot = np.zeros(y.size, y.dtype)
    hot[rng.integers(max(y.size, 1)) : 1 + rng.integers(max(y.size, 1))] = 1
    yield hot.reshape(y.shape)


def _spread(few: Array, y: Array) -> Array:
    return np.resize(few, y.shape).astype(y.dtype) if y.size else np.zeros_like(y)


def _finding(rule: Rule, example: Example) -> GradientMismatch | None:
    """What is wrong with `rule` at the example: a law it breaks, or a gradient that is off."""
    point, gys = example.point, example.gys
    law = broken_law(rule, point.xs, _one(example))
    if law is not None:
        return broken(rule, point.xs, _one(example), law)
    for gy in gys:
        for seen in compare(point, gy, rule.vjp(point.xs, gy)):
            k = mismatch(point, rule, gy, seen)
            if k is not None:
                return wrong(rule, point, gy, seen, k)
    law = wrong_tangent(point, rule, _one(example))
    return broken(rule, point.xs, _one(example), law) if law else None


def _judged(example: Example) -> bool:
    """Whether there is a derivative at all: there is none of or by an empty array."""
    return bool(example.point.y.size and any(x.size for x in example.point.xs))


def _differs(faulty: Rule, example: Example, gxs: list[Array]) -> bool:
    """Whether the fault shows at all: a sign is no fault where the gradient is zero."""
    xs, gy = example.point.xs, _one(example)
    mine, seed = tuple(x.copy() for x in xs), gy.copy()
    bad = [np.array(gx) for gx in faulty.vjp(mine, seed)]
    if not all(map(np.array_equal, (*xs, gy), (*mine, seed))) or len(bad) != len(gxs):
        return True
    return not all(map(_alike, gxs, bad))


def _gradients(rule: Rule, example: Example) -> list[Array]:
    return [np.array(gx) for gx in rule.vjp(example.point.xs, _one(example))]


def _one(example: Example) -> Array:
    """The cotangent, not of ones, at which a rule is looked at besides its values."""
    return example.gys[min(1, len(example.gys) - 1)]


def _alike(a: Array, b: Array) -> bool:
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    sure = np.isfinite(a)
    slack = 64 * np.finfo(a.dtype).eps * abs(a).max(initial=0, where=sure)
    return bool(np.all(abs(a - b)[sure] <= slack))


def _smallest_seen(found: list[Example]) -> float:
    """The smallest e such that backward times 1 + e is rejected by these very examples."""
    best = [example for example in found if example.point.rule.order == 1][:3]
    error = 2.0 * best[0].detectable if best else np.inf
    while error < 1.0:
        if any(_finding(scaled(e.point.rule, 1.0 + error), e) for e in best):
            return error
        error *= 2.0
    return np.inf


def _domains(rules: tuple[Rule, ...]) -> str:
    return ", ".join(dict.fromkeys(repr(d) for rule in rules for d in rule.domains))
