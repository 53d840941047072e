"""Small changes of a source file, one at a time: what `make mutate` expects the tests to notice.

Read from the syntax tree, written as an exchange of a few characters, so that a mutant is the file
as it is but for one place. Left out is what no test can tell: annotations, texts, overloads, what
only spares a copy (`copy=`, `fresh=`), `strict=` of a zip of one length, `None` where False was,
the body of an abstract method; and the tables of input shapes, which are examples themselves.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SWAPS: Final[dict[type[ast.AST], tuple[str, str]]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "/"),
    ast.Mod: ("%", "+"),
    ast.Pow: ("**", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
    ast.And: ("and", "or"),
    ast.Or: ("or", "and"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
_NOTHING: Final = ("annotation", "returns", "decorator_list", "bases", "type_comment")
_SPARING: Final = ("copy", "fresh", "strict")  # keywords that change the time, or what cannot be


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: of `path`, from byte `start` to `end`, to `text`; `old` and `new` are its lines.

    `nth` counts the changes of a file that read the same, so that none depends on line numbers.
    """

    path: str
    line: int
    start: int
    end: int
    text: str
    old: str
    new: str
    nth: int

    @property
    def key(self) -> str:
        """What it is known by, wherever its line moves to."""
        return f"{self.path}\n- {self.old}\n+ {self.new}\n{self.nth}"

    def of(self, source: bytes) -> bytes:
        """The file with this change."""
        return source[: self.start] + self.text.encode() + source[self.end :]


def mutants_of(root: Path, path: str) -> list[Mutant]:
    """All changes of one file below `root`, in the order of their places."""
    source = (root / path).read_bytes()
    seen = Counter[tuple[str, str]]()
    found: list[Mutant] = []
    for start, end, text in sorted(set(_Reader(source).changes(ast.parse(source)))):
        changed = source[:start] + text.encode() + source[end:]
        if not _compiles(changed):
            continue
        first, last = source.rfind(b"\n", 0, start) + 1, source.find(b"\n", end)
        old = _squeezed(source[first:last])
        new = _squeezed(changed[first : last + len(text.encode()) - (end - start)])
        line = source.count(b"\n", 0, start) + 1
        found.append(Mutant(path, line, start, end, text, old, new, seen[old, new]))
        seen[old, new] += 1
    return found


def _squeezed(lines: bytes) -> str:
    return " ".join(lines.decode().split())


def _compiles(source: bytes) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


class _Reader:
    """Places in one source, by the nodes of its tree."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.starts = [0]
        for line in source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def start(self, node: ast.expr | ast.stmt) -> int:
        return self.starts[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.starts[node.end_lineno - 1] + node.end_col_offset

    def changes(self, node: ast.AST) -> Iterator[tuple[int, int, str]]:
        """All exchanges in `node` and below: from where to where, and the text that goes there."""
        if _is_left_out(node):
            return
        yield from self.own(node)
        for name, value in ast.iter_fields(node):
            if name in _NOTHING:
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from self.changes(child)

    def own(self, node: ast.AST) -> Iterator[tuple[int, int, str]]:
        """Those of the node itself."""
        if isinstance(node, ast.BinOp):
            yield from self.swap(node.op, node.left, node.right)
        elif isinstance(node, ast.BoolOp):
            for left, right in zip(node.values, node.values[1:]):
                yield from self.swap(node.op, left, right)
        elif isinstance(node, ast.Compare):
            for op, left, right in zip(
                node.ops, [node.left, *node.comparators], node.comparators, strict=False
            ):
                yield from self.swap(op, left, right)
        elif isinstance(node, ast.AugAssign):
            yield from self.swap(node.op, node.target, node.value)
        elif isinstance(node, ast.UnaryOp):
            yield self.start(node), self.start(node.operand), ""
        elif isinstance(node, ast.Constant):
            yield from self.constant(node)
        elif isinstance(node, (ast.If, ast.IfExp, ast.While)):
            yield from self.negated(node.test)
        elif isinstance(node, ast.comprehension):
            for test in node.ifs:
                yield from self.negated(test)
        elif isinstance(node, ast.Return) and node.value is not None and not _is_no(node.value):
            yield self.start(node.value), self.end(node.value), "None"
        elif isinstance(node, ast.Continue):
            yield self.start(node), self.end(node), "break"
        elif isinstance(node, (ast.Break, ast.Delete, ast.Raise)) or _is_deed(node):
            assert isinstance(node, ast.stmt)
            yield self.start(node), self.end(node), "pass"

    def swap(self, op: ast.AST, left: ast.expr, right: ast.expr) -> Iterator[tuple[int, int, str]]:
        old, new = _SWAPS.get(type(op), ("", ""))
        start, end = self.end(left), self.start(right)
        at = self.source.find(old.encode(), start, end)
        if old and at >= 0:
            yield at, at + len(old), new

    def constant(self, node: ast.Constant) -> Iterator[tuple[int, int, str]]:
        place = self.start(node), self.end(node)
        if isinstance(node.value, bool):
            yield (*place, str(not node.value))
        elif isinstance(node.value, (int, float)):
            yield (*place, repr(node.value + 1))

    def negated(self, test: ast.expr) -> Iterator[tuple[int, int, str]]:
        start, end = self.start(test), self.end(test)
        if not isinstance(test, (ast.Compare, ast.UnaryOp)):  # these are changed as such
            yield start, end, f"not ({self.source[start:end].decode()})"


def _is_no(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is None or node.value is False)


def _is_deed(node: ast.AST) -> bool:
    """A statement that does something besides making a local name."""
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, (ast.Constant, ast.Yield, ast.YieldFrom))
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(target, (ast.Attribute, ast.Subscript)) for target in targets)


def _is_left_out(node: ast.AST) -> bool:
    if isinstance(node, (ast.JoinedStr, ast.Import, ast.ImportFrom)):
        return True
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    if isinstance(node, ast.keyword):
        return node.arg in _SPARING
    if isinstance(node, ast.Raise):
        return isinstance(node.exc, ast.Name) and node.exc.id == "NotImplementedError"
    if isinstance(node, ast.AnnAssign):
        alias = isinstance(node.annotation, ast.Name) and node.annotation.id == "TypeAlias"
        table = isinstance(node.target, ast.Name) and node.target.id == "shapes"
        return alias or table or node.value is None
    if isinstance(node, ast.FunctionDef):
        return any(isinstance(d, ast.Name) and d.id == "overload" for d in node.decorator_list)
    return False
