"""A graph as a picture: what is drawn, whatever the graph is like."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from backprop import (
    Constant,
    Exp,
    Function,
    NaryFunction,
    Sin,
    Square,
    Subtract,
    Variable,
    draw,
)
from backprop.drawing import Drawing
from backprop.drawing.graph import Graph, graph_of
from backprop.drawing.layers import layout
from backprop.errors import ArgumentTypeError, ArgumentValueError

SVG = "{http://www.w3.org/2000/svg}"


class Three(NaryFunction):
    def forward(self, *xs: Any) -> tuple[Any, ...]:
        return np.sin(xs[0]), np.cos(xs[0]), np.tan(xs[0])

    def backward(self, *gys: Any) -> tuple[Any, ...]:
        return (gys[0],)


class Told(Function):
    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"Told({self.text})"

    def forward(self, x: Any) -> Any:
        return x + 1.0


def _leaf(value: float = 0.5, name: str | None = "x") -> Variable:
    return Variable(np.array(value), name)


def _notes() -> Variable:
    y = Square()(Exp()(Square()(_leaf())))
    y.name = "y"
    y.backward()
    return y


def _words(drawing: Drawing) -> list[str]:
    """The lines of the text, with single blanks."""
    return [" ".join(line.split()) for line in str(drawing).splitlines()]


def _chain(length: int) -> Variable:
    y = _leaf()
    for _ in range(length):
        y = Sin()(y)
    return y


# What is drawn.


def test_a_line_says_what_each_value_is() -> None:
    """Its name, the call that gave it, shape and dtype, the number, the gradient after a sweep."""
    assert _words(draw(_notes())) == [
        "x () float64 0.5 grad 3.2974",
        "v1 = Square(x) () float64 0.25 grad 3.2974",
        "v2 = Exp(v1) () float64 1.284 grad 2.5681",
        "y = Square(v2) () float64 1.6487 grad 1",
    ]


def test_columns_are_aligned_though_letters_are_wide() -> None:
    """A letter of Korean takes the place of two."""
    first, second = str(draw(Square()(_leaf(2.0, "속도")))).splitlines()
    assert first == "속도                  () float64  2"
    assert second == "v1    = Square(속도)  () float64  4"


def test_a_value_that_is_used_twice_has_one_box_and_two_arrows() -> None:
    """x + x."""
    x = _leaf()
    graph = graph_of([x + x], 30)
    assert [box.kind for box in graph.boxes] == ["variable", "call", "variable"]
    assert graph.arrows == ((0, 1), (0, 1), (1, 2))


def test_arrows_to_a_call_are_in_the_order_of_its_inputs() -> None:
    """The first input is the first argument, whichever was made first."""
    a, b = _leaf(1.0, "a"), _leaf(2.0, "b")
    assert "= Subtract(b, a)" in str(draw(Subtract()(b, a)))


def test_constants_are_drawn_as_what_they_are() -> None:
    """A number by its value, a large array by its shape; a named one by its name."""
    named = Constant(np.array(3.0), "three")
    y = (_leaf() * 2.0 + np.ones(10)) * named
    text = str(draw(y))
    assert "Multiply(x, 2)" in text
    assert "Add(v1, (10,) float64)" in text
    kinds = [box.kind for box in graph_of([y], 30).boxes]
    assert kinds.count("constant") == 3
    assert "Multiply(x, [1, 2])" in str(draw(_leaf() * np.array([1, 2])))
    assert str(draw(named)) == ""


def test_outputs_that_were_dropped_are_drawn_and_those_that_are_kept() -> None:
    """Of a call of three outputs one is used, one kept, one gone."""
    used, kept, gone = Three()(_leaf())
    del gone
    graph = graph_of([Square()(used)], 30)
    assert [box.kind for box in graph.boxes].count("dropped") == 1
    assert _words(draw(kept))[1:4] == [
        "v1 = Three(x) () float64 0.47943",
        "v2 = Three(x) () float64 0.87758",
        "_ = Three(x) () float64",
    ]


def test_several_outputs_may_be_asked_for_and_one_more_than_once() -> None:
    """All of them are marked; what they share is drawn once."""
    x = _leaf()
    a, b = Square()(x), Exp()(x)
    graph = graph_of([a, b, a], 30)
    assert [box.asked for box in graph.boxes if box.kind == "variable"] == [False, True, True]
    assert graph.calls == 2


def test_two_values_of_one_name_are_told_apart() -> None:
    """The second has a number besides, one that nobody has."""
    a, b, c = _leaf(1.0, "w"), _leaf(2.0, "w"), _leaf(3.0, "v1")
    assert [line.split(" ()")[0] for line in _words(draw(a * b * c))] == [
        "w", "w (v2)", "v3 = Multiply(w, w (v2))", "v1", "v4 = Multiply(v3, v1)",
    ]  # fmt: skip


def test_a_rule_that_says_its_settings_is_drawn_with_them() -> None:
    """In a short line."""
    assert "= Told(deep)(x)" in str(draw(Told("deep")(_leaf())))
    long = next(line for line in str(draw(Told("deep" * 30)(_leaf()))).splitlines() if "=" in line)
    assert re.search(r"= Told\((deep)+d?e?e?p?…\(x\)", long)


def test_of_large_arrays_the_shape_is_drawn_and_how_large_the_gradient_is() -> None:
    """No numbers; nor of small arrays that take a long line."""
    x = Variable(np.arange(100.0), "x")
    (x * x).backward()
    assert _words(draw(x)) == ["x (100,) float64 grad up to 198"]
    wide = Variable(np.array([-1.2345e-100] * 6), "w")
    assert _words(draw(wide)) == ["w (6,) float64"]


def test_arrays_of_another_library_are_not_asked_for_their_values() -> None:
    """That may take long: a dask array is drawn by its shape."""
    dask: Any = pytest.importorskip("dask.array")
    x = Variable(dask.ones(3))
    (x * 2.0).backward()
    assert _words(draw(x)) == ["v1 (3,) float64 grad there"]


def test_a_cycle_is_drawn() -> None:
    """`set_creator` can make one, which no sweep can pass; the arrow that closes it is another."""
    x, f, g = _leaf(), Square(), Exp()
    y = g(f(x))
    x.set_creator(g)
    assert _words(draw(y))[0] == "x = Exp(v1) () float64 0.5"
    assert draw(y).svg().count('class="back"') == 1
    assert draw(_notes()).svg().count('class="back"') == 0


def test_a_creator_that_was_never_called_has_no_inputs() -> None:
    """As a reader of the book may set one by hand."""
    y, f = _leaf(), Square()
    y.set_creator(f)
    assert _words(draw(y)) == ["x = Square() () float64 0.5"]


def test_a_large_graph_is_folded_in_the_middle() -> None:
    """It says how many calls are not there, and of which kinds; both ends are."""
    y = _chain(20)
    for rule in (Exp(), Square(), Told("t"), Exp(), Sin()):
        y = rule(y)
    words = _words(draw(y, limit=2))
    assert words == [
        "x () float64 0.5",
        "v1 = Sin(x) () float64 0.47943",
        "… 23 calls folded: Sin × 19, Exp × 2, Square × 1, 1 other kind",
        "v2 (folded) () float64 " + f"{y.creator.inputs[0].item():.5g}" if y.creator else "",
        "v3 = Sin(v2) () float64 " + f"{y.item():.5g}",
    ]
    assert repr(draw(y, limit=2)).startswith("<Drawing of 25 calls, 23 of them folded;")
    assert repr(draw(y)).startswith("<Drawing of 25 calls;")


def test_what_the_folded_part_shares_with_the_rest_is_drawn_once() -> None:
    """A weight that is used at every step has one arrow to the box of those folded."""
    w = y = _leaf(0.9, "w")
    for _ in range(10):
        y = y * w
    graph = graph_of([y], 4)
    (place,) = (i for i, box in enumerate(graph.boxes) if box.kind == "folded")
    assert sum(a == 0 and b == place for a, b in graph.arrows) == 1
    assert sum(a == place for a, b in graph.arrows) == 1
    assert graph.boxes[place].lines == ("Multiply × 6",)


@pytest.mark.no_cover  # it takes long under coverage
def test_a_chain_of_100_000_calls_is_drawn() -> None:
    """Without recursion, in a picture of a few boxes."""
    drawing = draw(_chain(100_000))
    assert "99,970 calls folded" in str(drawing)
    assert drawing.svg().count("<rect") < 70


def test_a_drawing_keeps_nothing_of_the_graph_alive() -> None:
    """It is what the graph was like when it was drawn."""
    y = _notes()
    before = str(drawing := draw(y))
    y.cleargrad()
    assert str(drawing) == before
    assert str(draw(y)) != before


# The forms.


def test_the_svg_is_xml_with_an_alternative_text() -> None:
    """Names that mean something to XML, or nothing at all, included."""
    y = Square()(_leaf(name='<b> & "\x00'))
    root = ElementTree.fromstring(draw(y).svg())
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "A graph of 1 call"
    described = root.findtext(f"{SVG}desc") or ""
    assert described.startswith('<b> & "\ufffd')
    assert "= Square(" in described
    assert '<b> & "\ufffd' in [t.text for t in root.iter(f"{SVG}text")]
    assert draw(y)._repr_svg_() == draw(y).svg()


def test_the_svg_is_for_light_and_dark_and_styles_nothing_else_on_the_page() -> None:
    """Every line of its style begins with its own class."""
    style = ElementTree.fromstring(draw(_notes()).svg()).findtext(f"{SVG}style") or ""
    assert "@media (prefers-color-scheme: dark)" in style
    rules = [line for line in style.splitlines() if "{" in line and "@media" not in line]
    assert rules
    assert all(line.startswith(".backprop-graph") for line in rules)


def test_the_language_of_graphviz_is_escaped() -> None:
    """Quotes, backslashes and newlines in a name end no label."""
    text = draw(Square()(_leaf(name='a"\\b\n'))).dot()
    assert r'label="a\"\\b\n\n() float64\n0.5"' in text
    assert text.splitlines()[-2:] == ["    n1 -> n2", "}"]
    assert "penwidth=3" in text


def test_the_language_of_mermaid_is_escaped() -> None:
    """No sign of a name means anything there."""
    text = draw(Square()(_leaf(name='"]--><x>`#'))).mermaid()
    assert 'n0(["#34;]--#62;#60;x#62;#96;#35;<br>() float64<br>0.5"]):::variable' in text
    assert "    n0 --> n1" in text
    assert "    style n2 stroke-width:3px" in text


# The layout.


def test_boxes_do_not_overlap_and_arrows_run_downward() -> None:
    """Of a graph with arrows that pass many layers."""
    x = y = _leaf()
    for k in range(6):
        y = Square()(y) * x + y if k % 2 else y - x * 2.0
    graph = graph_of([y], 99)
    sizes = [(60.0 + 7 * (i % 5), 20.0 + 3 * (i % 3)) for i in range(len(graph.boxes))]
    found = layout(sizes, graph.arrows)
    for i, ((x1, y1), (w1, h1)) in enumerate(zip(found.centres, sizes)):
        for (x2, y2), (w2, h2) in list(zip(found.centres, sizes))[:i]:
            assert abs(x1 - x2) >= (w1 + w2) / 2 or abs(y1 - y2) >= (h1 + h2) / 2
        assert w1 / 2 - 1e-9 <= x1 <= found.width - w1 / 2 + 1e-9
        assert h1 / 2 - 1e-9 <= y1 <= found.height - h1 / 2 + 1e-9
    for route in found.routes:
        assert all(above <= below for (_, above), (_, below) in pairwise(route))
    assert found.backward == frozenset()


def test_inputs_come_in_their_order_where_nothing_else_decides() -> None:
    """The left arrow is that of the first input, though the second was made first."""
    found = layout([(40.0, 20.0)] * 3, [(1, 2), (0, 2)])
    assert found.centres[1][0] < found.centres[0][0]
    assert found.routes[0][-1][0] < found.routes[1][-1][0]


def test_a_crossing_that_can_be_avoided_is() -> None:
    """Two pairs that were made crosswise."""
    found = layout([(40.0, 20.0)] * 4, [(0, 3), (1, 2)])
    (a, b, c, d) = (x for x, _ in found.centres)
    assert (a < b) == (d < c)


def test_an_unused_output_hangs_below_its_call() -> None:
    """Not at the foot of the picture."""
    found = layout([(40.0, 20.0)] * 6, [(0, 1), (0, 2), (2, 3), (3, 4), (4, 5)])
    assert found.centres[1][1] == found.centres[2][1]


def test_a_graph_without_arrows_is_one_box() -> None:
    """A leaf alone."""
    assert layout([(40.0, 20.0)], []).centres == ((20.0, 10.0),)
    assert isinstance(graph_of([_leaf()], 1), Graph)


# Errors, and what is not imported.


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((), "draw needs a Variable: write draw(y)"),
        ((2.0,), "draw takes Variables, got 2.0"),
        (((1, 2),), "draw takes Variables one by one: write draw(*ys), got (1, 2)"),
    ],
)
def test_what_is_no_variable_is_refused(given: tuple[Any, ...], message: str) -> None:
    """With the value, and what to write."""
    with pytest.raises(ArgumentTypeError, match=f"^{re.escape(message)}$"):
        draw(*given)


def test_the_limit_is_a_whole_number() -> None:
    """From 1 on."""
    wrong: Any = 1.5
    with pytest.raises(ArgumentTypeError, match=r"^limit is a whole number, got 1\.5$"):
        draw(_leaf(), limit=wrong)
    with pytest.raises(ArgumentValueError, match=r"^limit is a whole number from 1 on, got 0$"):
        draw(_leaf(), limit=0)


def test_a_graph_is_drawn_without_the_verifier() -> None:
    """Nor does importing the package load any of drawing."""
    code = (
        "import sys, backprop\n"
        "assert 'backprop.drawing' not in sys.modules\n"
        "x = backprop.Variable([1.0])\n"
        "backprop.draw(x).svg()\n"
        "print([n for n in sys.modules if n in ('backprop.testing', 'matplotlib', 'rich')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_door_shows_what_is_public() -> None:
    """Not the rooms behind it."""
    import backprop.drawing

    shown = {name for name in dir(backprop.drawing) if name[0] != "_"}
    assert shown == set(backprop.drawing.__all__)
