"""Other libraries that differentiate NumPy, all asked in the same way: HIPS autograd, MyGrad, JAX.

A question is the text of an expression in which `np` is the library's NumPy and `onp` is NumPy
itself, as those by which the functions of backprop.numpy are verified. The answer is the value and
the gradients of a weighted sum of it; or the library raises.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial, wraps
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import Any, Final

import numpy as np

from backprop import Array, Variable, numpy as differentiable
from backprop.ground.compat import override
from backprop.ground.domain import Domain, Interval
from backprop.testing.generators.expressions import cases_of
from backprop.testing.generators.strategies import ordinary, small_ways
from backprop.testing.numeric.differences import central_difference
from backprop.testing.rules import rule_of

Arrays = tuple[Array, ...]
Call = Callable[..., Any]
Answer = tuple[Array, ...]  # the value, and a gradient for each input

_STEP: Final = 2.0**-26  # how far inputs are moved, relatively, to see how the answer moves
_ROUNDINGS: Final = 64
_EPS: Final = float(np.finfo(np.float64).eps)

# What is not asked about, in words that a NumPy before 2 knows: methods, and names in tuples.
_SPELLINGS: Final = {
    ".mT": ".swapaxes(-1, -2)",
    "np.matrix_transpose(x)": "np.swapaxes(x, -1, -2)",
    ".eigenvalues": "[0]",
    ".logabsdet": "[1]",
    ".sign": "[0]",
    ".U": "[0]",
    ".S": "[1]",
    ".Q": "[0]",
    ".R": "[1]",
}
_MATRIX: Final = ("[5, 2, -1], [1, 14, 4], [-3, 4, 30]", "[5, 1, -3], [1, 14, 4], [-3, 4, 30]")
_SYMMETRIC: Final = ("linalg.cholesky", "linalg.eigh", "linalg.eigvalsh", "hermitian=True")


class Outcome(Enum):
    """What became of a question."""

    RIGHT = "right"
    WRONG = "wrong"
    RAISES = "raises"


@dataclass(frozen=True)
class Verdict:
    """The outcome, and in words by how much it was wrong or what was raised."""

    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True)
class Truth:
    """The right answer to a question, and how far another may be from it and be right."""

    xs: Arrays
    gy: Array
    answer: Answer
    allowed: tuple[float, ...]


@dataclass(frozen=True)
class Question:
    """An expression, and for which inputs it is asked."""

    code: str
    shapes: dict[str, tuple[int, ...]]
    domains: tuple[Interval, ...]
    truth_of: Callable[[Question, int], Truth]

    @override
    def __str__(self) -> str:
        return f"{self.code} for {', '.join(f'{n} of {s}' for n, s in self.shapes.items())}"

    def point(self, seed: int) -> Arrays:
        """Generic inputs, the same in every run: none is at a kink."""
        rng = np.random.default_rng(seed)
        shapes = self.shapes.values()
        return tuple(ordinary(d, shape, "float64", rng) for d, shape in zip(self.domains, shapes))

    def truth(self, seed: int) -> Truth:
        """The right answer at a point."""
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return self.truth_of(self, seed)

    def function(self, namespace: object, code: str = "") -> Call:
        """The expression, or another way to write it, with this module as `np`."""
        text = f"lambda {', '.join(self.shapes)}: {code or self.code}"
        if self.symmetric:
            text = f"lambda x: ({text.replace(*_MATRIX)})((x + np.swapaxes(x, -1, -2)) / 2)"
        function: Call = eval(text, {"np": namespace, "onp": np})
        return function

    @property
    def symmetric(self) -> bool:
        """Whether it is about a symmetric matrix.

        NumPy, and we, read one triangle of it; HIPS autograd gives the gradient to both, and JAX
        computes with the mean of both. So what is asked about is such a mean.
        """
        square = all(len(s) > 1 and s[-1] == s[-2] for s in self.shapes.values())
        return square and any(word in self.code for word in _SYMMETRIC)

    @property
    def spellings(self) -> tuple[str, ...]:
        """The expression as it is, and as an older NumPy would have it if that is another."""
        old = self.code
        for new, words in _SPELLINGS.items():
            old = old.replace(new, words)
        return tuple(dict.fromkeys((self.code, old)))


def questions(name: str, function: Call) -> list[Question]:
    """Every case of a function of backprop.numpy; of a ufunc, every shape it is verified for."""
    cases = cases_of(function)
    if isinstance(cases, type):
        rule = rule_of(cases)
        names = ("x",) if rule.arity == 1 else ("a", "b")
        code = f"np.{name}({', '.join(names)})"
        ways = [dict(zip(names, way)) for way in small_ways(rule)]
        return [Question(code, shapes, rule.domains, ours) for shapes in ways]
    return [
        Question(c.code, c.shapes, each_domain(c.domain, c.shapes), ours)
        for c in cases
        if "'g'" not in c.code  # longdouble, which JAX and MyGrad are not made for
    ]


def each_domain(domain: Domain, shapes: dict[str, tuple[int, ...]]) -> tuple[Interval, ...]:
    """One interval for each input."""
    return domain if isinstance(domain, tuple) else (domain,) * len(shapes)


@dataclass(frozen=True)
class Peer:
    """A library: its name, its distribution, its NumPy, and how it is asked."""

    name: str
    package: str
    modules: tuple[str, ...]  # what a name is not found in the first of these it may be in the next
    pull: Callable[[Call, Arrays, Array], Answer]

    @property
    def version(self) -> str:
        """Of the distribution that is installed; empty if none is."""
        try:
            return version(self.package)
        except PackageNotFoundError:
            return ""

    def asked(self, question: Question, seed: int = 0) -> Verdict:
        """Whether it answers as it should, at some point."""
        truth = question.truth(seed)
        verdicts = [self._asked(question, code, truth) for code in question.spellings]
        answered = [v for v in verdicts if v.outcome is not Outcome.RAISES]
        return (answered or verdicts)[0 if answered else -1]

    def _asked(self, question: Question, code: str, truth: Truth) -> Verdict:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            theirs = question.function(Namespace(tuple(map(import_module, self.modules))), code)
            try:
                answer = self.pull(theirs, tuple(x.copy() for x in truth.xs), truth.gy.copy())
            except Exception as error:  # whatever it is: there is no gradient
                return Verdict(Outcome.RAISES, f"{type(error).__name__}: {error}")
        if any(a.dtype != np.float64 for a in answer):
            return Verdict(Outcome.RAISES, f"gives {', '.join(str(a.dtype) for a in answer)}")
        return compared(answer, truth)


def _cotangent(shape: tuple[int, ...], seed: int) -> Array:
    """Random weights for the elements of a value."""
    return np.random.default_rng((seed, 1)).uniform(-2.0, 2.0, shape)


def ours(question: Question, seed: int) -> Truth:
    """What we answer, and what some roundings of all inputs do to that."""
    f, xs = question.function(differentiable), question.point(seed)
    y: Variable = f(*map(Variable, xs))
    gy = _cotangent(y.shape, seed)
    here = _ours(f, xs, gy)
    moves = [0.0] * len(here)
    for trial in range(2):
        rng = np.random.default_rng(trial)
        there = _ours(f, tuple(_moved(x, rng) for x in xs), _moved(gy, rng))
        moves = [max(m, _largest(a - b)) for m, a, b in zip(moves, here, there)]
    # A gradient that is all but zero has been computed from terms as large as those of x dy/dx = y.
    product = _largest(gy) * _largest(y.data)
    terms = [0.0, *(product / (_largest(x) or 1.0) for x in xs)]
    sizes = [m / _STEP + _largest(a) + term for m, a, term in zip(moves, here, terms)]
    return Truth(xs, gy, here, tuple(_ROUNDINGS * _EPS * size for size in sizes))


def numeric(question: Question, seed: int) -> Truth:
    """What NumPy's own function answers, and central differences of it, with their error."""
    f, xs = question.function(np), question.point(seed)
    value = np.asarray(f(*xs))
    gy = _cotangent(value.shape, seed)
    gxs, allowed = [], [_ROUNDINGS * _EPS * _largest(value)]
    for i, x in enumerate(xs):

        def along(moved: Array, i: int = i) -> Array:
            return np.asarray(f(*xs[:i], moved, *xs[i + 1 :]))

        slope = central_difference(along, x, domain=question.domains[i])
        gxs.append(np.tensordot(gy, slope.value, gy.ndim))
        allowed.append(4 * _largest(np.tensordot(abs(gy), slope.error, gy.ndim)) + allowed[0])
    return Truth(xs, gy, (value, *gxs), tuple(allowed))


def _moved(x: Array, rng: np.random.Generator) -> Array:
    return x * (1.0 + _STEP * rng.uniform(-1.0, 1.0, x.shape))


def _largest(x: Array) -> float:
    return float(np.abs(x[np.isfinite(x)]).max(initial=0.0))


def compared(answer: Answer, truth: Truth) -> Verdict:
    """Whether the values are the same and the gradients agree, in shape and in every element."""
    for i, (a, b, tolerance) in enumerate(zip(answer, truth.answer, truth.allowed, strict=True)):
        what = f"gradient {i - 1}" if i else "value"
        if a.shape != b.shape:
            return Verdict(Outcome.WRONG, f"{what} has shape {a.shape}, not {b.shape}")
        if not np.allclose(a, b, rtol=0.0, atol=tolerance, equal_nan=True):
            return Verdict(Outcome.WRONG, f"{what} is {a}, not {b} within {tolerance:.1e}")
    return Verdict(Outcome.RIGHT)


class Namespace:
    """The NumPy of a library, with arrays where it wants arrays and an expression has lists."""

    def __init__(self, modules: tuple[Any, ...]) -> None:
        self._modules = modules

    def __getattr__(self, name: str) -> Any:
        found = [getattr(module, name) for module in self._modules if hasattr(module, name)]
        if not found:
            raise AttributeError(f"{self._modules[0].__name__} has no {name}")
        if isinstance(found[0], ModuleType):
            return Namespace(tuple(found))
        return wraps(found[0])(partial(_called, found[0])) if _is_function(found[0]) else found[0]


def _is_function(found: object) -> bool:
    return callable(found) and not isinstance(found, type)


def _called(function: Call, *args: Any, **kwargs: Any) -> Any:
    try:
        return function(*args, **kwargs)
    except (TypeError, AttributeError):
        return function(*map(_array, args), **{key: _array(v) for key, v in kwargs.items()})


def _array(argument: Any) -> Any:
    """An array of what is a list of numbers."""
    if not isinstance(argument, list):
        return argument
    array = np.array(argument) if all(map(_plain, argument)) else None
    return argument if array is None else array


def _plain(item: object) -> bool:
    return all(map(_plain, item)) if isinstance(item, list) else isinstance(item, (int, float))


def _ours(f: Call, xs: Arrays, gy: Array) -> Answer:
    inputs = tuple(map(Variable, xs))
    y = f(*inputs)
    if not isinstance(y, Variable):
        raise TypeError(f"the result is no Variable but of {type(y)}")
    y.grad = gy
    y.backward()
    return y.data, *(np.zeros_like(x.data) if x.grad is None else x.grad for x in inputs)


def _hips(f: Call, xs: Arrays, gy: Array) -> Answer:
    make_vjp, total = import_module("autograd").make_vjp, import_module("autograd.numpy").sum
    # Of a sum, for what it gives may be an array of objects.
    vjp, _ = make_vjp(lambda *xs: total(f(*xs) * gy), argnum=tuple(range(len(xs))))(*xs)
    return np.asarray(f(*xs)), *map(np.asarray, vjp(1.0))


def _mygrad(f: Call, xs: Arrays, gy: Array) -> Answer:
    tensor = import_module("mygrad").tensor
    inputs = tuple(map(tensor, xs))
    y = f(*inputs)
    if not hasattr(y, "backward"):
        raise TypeError(f"the result is no Tensor but of {type(y)}")
    y.backward(gy)
    # A constant is what it holds to be one; whether that is right, the gradient of zeros tells.
    gxs = (np.zeros_like(x.data) if x.grad is None else x.grad for x in inputs)
    return np.asarray(y.data), *gxs


def _jax(f: Call, xs: Arrays, gy: Array) -> Answer:
    jax = import_module("jax")
    jax.config.update("jax_enable_x64", True)
    asarray = import_module("jax.numpy").asarray
    value, vjp = jax.vjp(f, *map(asarray, xs))
    return np.asarray(value), *map(np.asarray, vjp(asarray(gy)))


OURS: Final = Peer("backprop", "backprop-kernel", ("backprop.numpy", "numpy"), _ours)
PEERS: Final = (
    Peer("HIPS autograd", "autograd", ("autograd.numpy",), _hips),
    Peer("MyGrad", "mygrad", ("mygrad", "numpy"), _mygrad),
    Peer("JAX", "jax", ("jax.numpy",), _jax),
)
