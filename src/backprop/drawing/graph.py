"""What is drawn of a graph: a box for each value and each call, and arrows between them.

The calls are found without recursion, each once, so neither depth nor a cycle (which `set_creator`
can make) is in the way. Of a large graph those in the middle become one box.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias
from unicodedata import east_asian_width

import numpy as np
from numpy import ndarray

from backprop.kernel.function import NaryFunction

if TYPE_CHECKING:
    from backprop.ground.arrays import Array
    from backprop.kernel.variable import Node, Variable

Kind: TypeAlias = Literal["variable", "constant", "dropped", "call", "folded"]

_FEW: Final = 6  # elements whose values are shown,
_LINE: Final = 40  # in so many characters
_KINDS: Final = 3  # of calls that are named where they are folded


@dataclass(frozen=True, slots=True)
class Box:
    """A value or a call as it is drawn: a name, and lines of text below it."""

    kind: Kind
    name: str
    lines: tuple[str, ...] = ()  # of a value: shape and dtype, numbers, gradient; "" if unknown
    asked: bool = False  # whether it is what was to be drawn

    @property
    def text(self) -> list[str]:
        """All its lines, of which a box has one at least."""
        return [line for line in (self.name, *self.lines) if line]


@dataclass(frozen=True, slots=True)
class Graph:
    """Boxes in the order of computation; an arrow leads from an input to a call or to an output.

    The arrows to a call are in the order of its inputs.
    """

    boxes: tuple[Box, ...]
    arrows: tuple[tuple[int, int], ...]
    calls: int  # in all,
    folded: int  # and of these in the one box of the kind "folded"


def width(text: str) -> int:
    """How many letters wide a text is; those of East Asia are two wide."""
    return sum(1 + (east_asian_width(c) in "WF") for c in text)


def graph_of(roots: Sequence[Variable], limit: int) -> Graph:
    """The graph that `roots` were computed by, with no more than `limit` calls each in its box."""
    order = _calls(roots)
    front = back = len(order)
    if len(order) > limit:
        order.sort(key=lambda node: getattr(node, "generation", 0))
        front, back = limit // 2, len(order) - (limit - limit // 2)
    first, folded, last = order[:front], order[front:back], order[back:]
    drawn = _Drawn(roots, [*first, *last], _outputs(order, roots))
    for node in first:
        drawn.call(node)
    if folded:
        drawn.fold(folded)
    for node in last:
        drawn.call(node)
    for root in roots:
        drawn.value(root)
    return Graph(tuple(drawn.boxes), tuple(drawn.arrows), len(order), len(folded))


def _calls(roots: Sequence[Variable]) -> list[Node]:
    """The calls behind `roots`, those of the inputs before those of their consumers."""
    order: list[Node] = []
    seen: set[int] = set()
    open_ = [(node, False) for node in _creators(reversed(roots))]
    while open_:
        node, passed = open_.pop()
        if passed:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            open_.append((node, True))
            open_.extend((above, False) for above in _creators(reversed(_live(node))))
    return order


def _creators(values: Iterable[Variable | None]) -> Iterator[Node]:
    return (v._creator for v in values if v is not None and v._creator is not None)


def _live(node: Node) -> tuple[Variable | None, ...]:
    """The inputs of a call, None for a Constant; none of a Function made a creator uncalled."""
    try:
        return node.live
    except AttributeError:
        return ()


def _outputs(order: Sequence[Node], roots: Sequence[Variable]) -> dict[int, list[Variable | None]]:
    """For each call, by its id, what it gave; None for an output that nobody kept."""
    found: dict[int, list[Variable | None]] = {}
    for node in order:
        kept = getattr(node, "_outputs", ()) if isinstance(node, NaryFunction) else ()
        found[id(node)] = [output() for output in kept]
    for v in (*(v for node in order for v in _live(node)), *roots):
        if v is not None and v._creator is not None:
            outputs = found[id(v._creator)]
            if not any(v is output for output in outputs):
                outputs.append(v)
    return found


class _Drawn:
    """The boxes and arrows so far."""

    def __init__(
        self,
        roots: Sequence[Variable],
        shown: Sequence[Node],
        outputs: dict[int, list[Variable | None]],
    ) -> None:
        self.boxes: list[Box] = []
        self.arrows: list[tuple[int, int]] = []
        self._roots = {id(root) for root in roots}
        self._outputs = outputs
        around = (v for node in shown for v in (*_live(node), *outputs[id(node)]))
        self._shown = self._roots | {id(v) for v in around if v is not None}
        self._places: dict[int, int] = {}  # of values that have their box, by id

    def value(self, v: Variable) -> int:
        """The place of the box of a value."""
        if id(v) not in self._places:
            kind: Kind = "constant" if v.is_constant else "variable"
            lines = (_kind(v.data), _numbers(v.data), _gradient(v.grad))
            asked = id(v) in self._roots
            self._places[id(v)] = self._add(kind, v.name or "", lines, asked=asked)
        return self._places[id(v)]

    def call(self, node: Node) -> None:
        """Draw a call, between its inputs and its outputs."""
        inputs = [
            self._constant(node.primals[i]) if v is None else self.value(v)
            for i, v in enumerate(_live(node))
        ]
        place = self._add("call", _rule(node))
        self.arrows += [(source, place) for source in inputs]
        for i, v in enumerate(self._outputs[id(node)]):
            output = self._dropped(node.results[i]) if v is None else self.value(v)
            self.arrows.append((place, output))

    def fold(self, nodes: Sequence[Node]) -> None:
        """Draw many calls as one box, with an arrow to and from each value that has a box."""
        ins = [v for node in nodes for v in self._known(_live(node))]
        outs = [v for node in nodes for v in self._known(self._outputs[id(node)])]
        sources = dict.fromkeys(map(self.value, ins))  # each once
        kinds = Counter(type(node).__name__ for node in nodes).most_common()
        lines = [f"{name} × {count:,}" for name, count in kinds[:_KINDS]]
        more = len(kinds) - len(lines)
        lines += [f"{more} other kind{'s' * (more > 1)}"] * (more > 0)
        place = self._add("folded", f"{len(nodes):,} calls folded", tuple(lines))
        self.arrows += [(source, place) for source in sources]
        self.arrows += [(place, output) for output in dict.fromkeys(map(self.value, outs))]

    def _known(self, values: Iterable[Variable | None]) -> Iterator[Variable]:
        """Of these values those that have a box, or will have one."""
        return (v for v in values if v is not None and id(v) in self._shown)

    def _constant(self, data: Array) -> int:
        return self._add("constant", "", (_kind(data), _numbers(data)))

    def _dropped(self, data: Array) -> int:
        return self._add("dropped", "dropped", (_kind(data),))

    def _add(self, kind: Kind, name: str, lines: Sequence[str] = (), *, asked: bool = False) -> int:
        self.boxes.append(Box(kind, name, tuple(lines), asked))
        return len(self.boxes) - 1


def _rule(node: Node) -> str:
    """The name of a rule; with its settings, where it says them itself, as dataclasses do."""
    plain = type(node).__repr__ is object.__repr__
    text = type(node).__name__ if plain else " ".join(repr(node).split())
    return text if len(text) <= _LINE else f"{text[: _LINE - 1]}…"


def _kind(data: Array) -> str:
    return f"{data.shape} {data.dtype}"


def _numbers(data: Any) -> str:
    """The values of a small array in a short line; those of another library's are not asked."""
    if type(data) is not ndarray or data.size > _FEW:
        return ""
    text = np.array2string(data, separator=", ", threshold=_FEW, formatter={"float_kind": _number})
    text = " ".join(text.split())
    return text if len(text) <= _LINE else ""


def _number(x: np.floating[Any]) -> str:
    return f"{x:.5g}"


def _gradient(grad: Array | None) -> str:
    if grad is None:
        return ""
    text = _numbers(grad)
    if text or type(grad) is not ndarray:
        return f"grad {text or 'there'}"
    return f"grad up to {np.max(abs(grad)):.3g}"
