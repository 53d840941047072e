"""Torch's own table of operators, with the sample inputs that its tests are made of."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from math import inf
from typing import Any, Final

import numpy as np

from benchmarks.peers.calls import lines, read

SAMPLES: Final = 3  # of each operator, that differ
LOOKED: Final = 10  # samples among which these are sought
LARGEST: Final = 40  # numbers in all inputs together


@dataclass(frozen=True)
class Sample:
    """One of the samples of an operator."""

    function: str
    code: str
    domain: str
    shapes: tuple[tuple[tuple[int, ...], ...], ...]
    operator: str
    variant: str
    index: int
    library: str = "torch"

    @property
    def domains(self) -> Any:
        """What `verify` takes for the domain."""
        return read(self.domain)

    def target(self) -> Any:
        """What `verify` takes: the operator itself where there is nothing to set."""
        found = next(op for op in _table() if (op.name, op.variant_test_name) == self._key)
        if self.code == f"{self.function}(x)":
            return found.op
        return _called(found, _sample(found, self.index), self.function)

    @property
    def _key(self) -> tuple[str, str]:
        return self.operator, self.variant


def operators() -> list[Sample]:
    """Some samples of every operator that is differentiated."""
    said = {text.split(" | ")[0]: text.split(" | ")[1:] for text in lines("torch")}
    torch = import_module("torch")
    kept = [op for op in _table() if op.supports_autograd and said.get(op.name) != []]
    kept = [op for op in kept if torch.float64 in op.supported_dtypes("cpu")]
    return [sample for op in kept for sample in _samples(op, said)]


def _table() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        where = "torch.testing._internal.common_methods_invocations"
        return import_module(where).op_db


def _samples(op: Any, said: dict[str, list[str]]) -> Iterator[Sample]:
    made: dict[str, Sample] = {}
    for index, sample in enumerate(_drawn(op)):
        xs = _inputs(sample)
        if not xs or not 0 < sum(x.numel() for x in xs) <= LARGEST or not _dense(sample):
            continue
        code = f"{_name(op)}({_arguments(sample)})"
        domain = (said.get(op.name) or [_domain(op, xs)])[0]
        if _flat(domain, xs):
            continue
        shapes = (tuple(tuple(x.shape) for x in xs),)
        key = code if len(xs) > 1 or code != f"{_name(op)}(x)" else "x"
        made.setdefault(
            key, Sample(_name(op), code, domain, shapes, op.name, op.variant_test_name, index)
        )
    yield from islice(made.values(), SAMPLES)


def _flat(domain: str, xs: list[Any]) -> bool:
    """Whether a set of matrices is asked for, and these are none, or not as many sets."""
    sets = read(domain)
    parts = sets if isinstance(sets, tuple) else (sets,) * len(xs)
    if len(parts) != len(xs):
        return True
    matrices = [x for part, x in zip(parts, xs) if "draw" in dir(part) and part.count == 1]
    square = any(word in domain for word in ("ible", "inite", "Symm", "Tri"))
    return square and any(x.ndim != 2 or x.shape[0] != x.shape[1] for x in matrices)


def _drawn(op: Any) -> Iterator[Any]:
    torch = import_module("torch")
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = op.sample_inputs("cpu", torch.float64, requires_grad=True)
        yield from islice(found, LOOKED)


def _sample(op: Any, index: int) -> Any:
    return next(islice(_drawn(op), index, None))


def _leaves(sample: Any) -> tuple[list[Any], Any]:
    found: tuple[list[Any], Any] = import_module("torch.utils._pytree").tree_flatten(
        (sample.input, sample.args, sample.kwargs)
    )
    return found


def _inputs(sample: Any) -> list[Any]:
    return [leaf for leaf in _leaves(sample)[0] if _differentiated(leaf)]


def _differentiated(leaf: Any) -> bool:
    return bool(getattr(leaf, "requires_grad", False))


def _dense(sample: Any) -> bool:
    tensors = [leaf for leaf in _leaves(sample)[0] if hasattr(leaf, "layout")]
    return all(str(t.layout) == "torch.strided" and not t.is_complex() for t in tensors)


def _called(op: Any, sample: Any, name: str) -> Callable[..., Any]:
    """The operator as a function of the tensors by which the sample is differentiated."""
    leaves, spec = _leaves(sample)
    unflatten = import_module("torch.utils._pytree").tree_unflatten
    wrapped = op.gradcheck_wrapper or (lambda f, *args, **kwargs: f(*args, **kwargs))

    def function(*xs: Any) -> Any:
        left = iter(xs)
        taken = [next(left) if _differentiated(a) else _cast(a, xs[0]) for a in leaves]
        first, args, kwargs = unflatten(taken, spec)
        return sample.output_process_fn_grad(wrapped(op.op, first, *args, **kwargs))

    function.__name__ = name
    return function


def _cast(leaf: Any, like: Any) -> Any:
    """A tensor of floats that is not differentiated, in the dtype of those that are."""
    floats = hasattr(leaf, "is_floating_point") and leaf.is_floating_point()
    return leaf.detach().to(like.dtype) if floats else leaf


def _name(op: Any) -> str:
    return f"torch.{op.name}"


def _arguments(sample: Any) -> str:
    letters = iter("xyzwvuabcdefgh")
    given = [sample.input, *sample.args]
    parts = [_word(value, letters) for value in given]
    parts += [f"{key}={_word(value, letters)}" for key, value in sample.kwargs.items()]
    return ", ".join(parts)


def _word(value: Any, letters: Iterator[str]) -> str:
    if _differentiated(value):
        return next(letters)
    if hasattr(value, "layout"):
        return f"<{str(value.dtype).removeprefix('torch.')} of {tuple(value.shape)}>"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(_word(part, letters) for part in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner},)"
    return value.__name__ if callable(value) and hasattr(value, "__name__") else repr(value)


def _domain(op: Any, xs: list[Any]) -> str:
    """What the table says; else positive numbers where all of a sample are so."""
    low, high = getattr(op, "domain", None) or (None, None)
    if low is not None or high is not None:
        return f"Interval({_end(low, -inf)}, {_end(high, inf)})"
    values = np.concatenate([_array(x).reshape(-1) for x in xs])
    least, most = values.min(), values.max()
    if least >= 0:
        return "Interval(0, 1)" if most <= 1 and sum(x.numel() for x in xs) > 4 else "POSITIVE"
    return "REALS" if len(xs) == 1 or most > 1 else "Interval(-1, 1)"


def _end(value: float | None, default: float) -> str:
    return repr(float(default if value is None else value))


def _array(x: Any) -> Any:
    return np.asarray(x.detach())
