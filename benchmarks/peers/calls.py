"""What is called: an expression, where its inputs lie, and their shapes, as the tables say it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from math import inf
from pathlib import Path
from typing import Any, Final

import numpy as np

from backprop import Interval, testing
from backprop.ground.domain import POSITIVE, REALS
from backprop.testing.generators.expressions import numpy_functions
from benchmarks.judges import Namespace, Question, questions

TABLES: Final = Path(__file__).parent / "tables"
_DOTTED: Final = re.compile(r"(?!onp)[a-z]{2,}\w*(\.\w+)+")
ORDERS: Final = ((1, "float64"), (1, "float32"), (2, "float64"))

# The names that the expressions of a library are written in, and the modules that they stand for.
MODULES: Final[dict[str, dict[str, str]]] = {
    "jax": {
        "jax": "jax",
        "np": "jax.numpy",
        "lax": "jax.lax",
        "nn": "jax.nn",
        "special": "jax.scipy.special",
        "stats": "jax.scipy.stats",
        "linalg": "jax.scipy.linalg",
        "signal": "jax.scipy.signal",
    },
    "autograd": {
        "np": "autograd.numpy",
        "special": "autograd.scipy.special",
        "stats": "autograd.scipy.stats",
        "linalg": "autograd.scipy.linalg",
        "signal": "autograd.scipy.signal",
        "integrate": "autograd.scipy.integrate",
    },
    "mygrad": {
        "np": "mygrad",
        "mygrad": "mygrad",
        "activations": "mygrad.nnet.activations",
        "losses": "mygrad.nnet.losses",
        "layers": "mygrad.nnet.layers",
    },
}
FILES: Final = {"jax": ("scipy", "jax"), "autograd": ("scipy", "autograd"), "mygrad": ("mygrad",)}

_ONE_WAY: Final = ((8,),)  # JAX compiles for every shape
_SETS: Final = {
    "inf": inf,
    "POSITIVE": POSITIVE,
    "REALS": REALS,
    "Interval": Interval,
    **{name: getattr(testing, name) for name in testing.__all__},
}


@dataclass(frozen=True)
class Call:
    """An expression of some inputs, in the words of a library."""

    library: str
    function: str  # the full name of what it is about
    code: str
    domain: str  # Python for a set of numbers or arrays, or for a tuple with one for each input
    shapes: tuple[
        tuple[tuple[int, ...], ...], ...
    ] = ()  # a tuple of shapes for each way to call it

    @property
    def domains(self) -> Any:
        """What `verify` takes for the domain."""
        return read(self.domain)

    def target(self) -> Any:
        """What `verify` takes: the function itself where the expression is only that."""
        found = self._names()
        names = inputs(self.code)
        head, _, tail = self.code.partition("(")
        if tail == f"{', '.join(names)})" and len(names) < 3:
            return eval(head, found)
        made = eval(f"lambda {', '.join(names)}: {self.code}", found)
        made.__name__ = self.function
        return made

    def _names(self) -> dict[str, Any]:
        modules = MODULES[self.library].items()
        found: dict[str, Any] = {name: import_module(where) for name, where in modules}
        return {**found, "np": Namespace((found["np"],)), "onp": np}


def read(domain: str) -> Any:
    """The sets that a text names."""
    return eval(domain, dict(_SETS))


def inputs(code: str) -> tuple[str, ...]:
    """The names of one letter that an expression is a function of, in the order of the text."""
    tree = ast.parse(code, mode="eval")
    bound = {a.arg for node in ast.walk(tree) if isinstance(node, ast.arguments) for a in node.args}
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    names.sort(key=lambda node: (node.lineno, node.col_offset))
    found = dict.fromkeys(node.id for node in names)
    return tuple(name for name in found if len(name) == 1 and name not in bound)


def named(code: str) -> str:
    """The dotted name of the outermost function of a library that an expression calls, if any."""
    tree = ast.parse(code, mode="eval")
    texts = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return next(filter(_DOTTED.fullmatch, texts), "")


def line(library: str, text: str) -> Call:
    """A line of a table: the call, where its inputs lie, and their shapes."""
    code, domain, *rest = (part.strip() for part in text.split(" | "))
    ways = tuple(eval(f"({way},)") for way in rest[0].split(";")) if rest else ()
    alias, _, name = named(code).partition(".")
    where = MODULES[library].get(alias, alias)
    if library == "jax" and not ways and _of_numbers(domain):
        ways = (_ONE_WAY * len(inputs(code)),)
    return Call(library, f"{where}.{name}", code, domain, ways)


def _of_numbers(domain: str) -> bool:
    """Whether inputs lie in intervals, not in sets of arrays, which have shapes of their own."""
    found = read(domain)
    return all(
        isinstance(part, Interval) for part in (found if isinstance(found, tuple) else (found,))
    )


def lines(table: str) -> list[str]:
    """The lines of a table, less the comments."""
    text = (TABLES / f"{table}.txt").read_text()
    return [each for each in text.splitlines() if each and not each.startswith("#")]


def of_tables(library: str) -> list[Call]:
    """The calls that the tables have, of functions that the library has."""
    texts = [text for table in FILES[library] for text in lines(table)]
    known = [t for t in texts if named(t.split(" | ")[0]).split(".")[0] in MODULES[library]]
    return [call for call in (line(library, text) for text in known) if there(call)]


def there(call: Call) -> bool:
    """Whether the library has such a function."""
    head = named(call.code)
    try:
        eval(head or "[].none", call._names())
    except AttributeError:
        return False
    return True


def of_numpy(library: str) -> list[Call]:
    """The cases by which our functions of NumPy are verified, asked of a library."""
    found = numpy_functions().items()
    asked = [(name, q) for name, pair in found for q in questions(name, _function(pair))]
    calls = [_question(library, name, question) for name, question in asked]
    return [call for call in calls if call is not None and there(call)]


def _function(pair: Any) -> Any:
    return pair[0] if isinstance(pair, tuple) else pair


def _question(library: str, name: str, asked: Question) -> Call | None:
    where = MODULES[library]["np"]
    domain = ", ".join(map(_text, asked.domains))
    if set(inputs(asked.code)) != set(asked.shapes) or not asked.code.startswith("np."):
        return None
    ordered = tuple(asked.shapes[key] for key in inputs(asked.code))
    if asked.symmetric:
        return None
    return Call(library, f"{where}.{name}", asked.code, f"({domain},)", (ordered,))


def _text(domain: Interval) -> str:
    holes = f".without({', '.join(map(repr, domain.excluded))})" if domain.excluded else ""
    return f"Interval({domain.low!r}, {domain.high!r}){holes}"


def calls(library: str, rounds: int | None = None) -> list[Any]:
    """All calls of a library, or so many of each function; each has one before any has two."""
    if library == "torch":
        from benchmarks.peers.operators import operators

        found: list[Any] = operators()
    else:
        found = list({c.code: c for c in (*of_tables(library), *of_numpy(library))}.values())
    ordered = sorted(_rounds(found), key=lambda pair: pair[0])
    return [call for number, call in ordered if rounds is None or number < rounds]


def called(said: dict[str, Any]) -> Any:
    """A call, from its fields as JSON has them."""
    shapes = tuple(tuple(map(tuple, way)) for way in said["shapes"])
    if said["library"] == "torch":
        from benchmarks.peers.operators import Sample

        return Sample(**{**said, "shapes": shapes})
    return Call(**{**said, "shapes": shapes})


def _rounds(found: list[Any]) -> Iterator[tuple[int, Any]]:
    count: dict[str, int] = {}
    for call in found:
        count[call.function] = count.get(call.function, -1) + 1
        yield count[call.function], call
