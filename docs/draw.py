"""The picture in architecture.md, drawn from the imports themselves: `make lint` holds it to them.

`python docs/draw.py` writes it anew; with `--check` it says whether the picture that stands there
is the same, and is 1 if not.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import grimp

PAGE: Final = Path(__file__).with_name("architecture.md")
BEGIN, END = "```mermaid\n", "```\n"
CHAPTERS: Final = ("elementwise", "shaping", "indexing", "reductions", "linalg", "curves")


def room(module: str) -> str | None:
    """The room of a module: a folder of the package, of functions a chapter; None at its door."""
    _, *parts = module.split(".")
    if not parts or parts[0] == "__main__":
        return None
    if parts[0] != "functions":
        return parts[0]
    if len(parts) == 1:
        return None
    return f"functions.{parts[1] if parts[1] in CHAPTERS else 'bases'}"


def edges() -> set[tuple[str, str]]:
    """Which room imports which, those for types included."""
    graph = grimp.build_graph("backprop")
    found = {
        (room(module), room(other))
        for module in graph.modules
        for other in graph.find_modules_directly_imported_by(module)
    }
    return {(a, b) for a, b in found if a is not None and b is not None and a != b}


def reduced(all_: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Without the arrows that others already lead to."""
    return {
        (a, b)
        for a, b in all_
        if not any((a, c) in all_ and _leads(c, b, all_) for c in {y for _, y in all_} - {b})
    }


def _leads(a: str, b: str, all_: set[tuple[str, str]]) -> bool:
    return (a, b) in all_ or any(_leads(c, b, all_) for x, c in all_ if x == a)


def picture() -> str:
    """The rooms and their imports, as Mermaid."""
    arrows = sorted(reduced(edges()))
    rooms = sorted({end for arrow in arrows for end in arrow})
    lines = ["graph TD", *(f'    {_id(r)}["{r.replace(".", "/")}"]' for r in rooms)]
    return "\n".join([*lines, *(f"    {_id(a)} --> {_id(b)}" for a, b in arrows)]) + "\n"


def _id(name: str) -> str:
    return name.replace(".", "_")


def main() -> int:
    """Write the picture, or with --check compare it."""
    text = PAGE.read_text(encoding="utf-8")
    start = text.index(BEGIN) + len(BEGIN)
    drawn = text[:start] + picture() + text[text.index(END, start) :]
    if sys.argv[1:] == ["--check"]:
        if drawn != text:
            print("docs/architecture.md shows other imports than there are: python docs/draw.py")
        return int(drawn != text)
    PAGE.write_text(drawn, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
