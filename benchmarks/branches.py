"""Which branches of the rules no case enters: `python -m benchmarks.branches`.

A line that the whole suite runs may still be one that no verification of its function ever sees: a
wrong derivative there would pass. So each file of backprop.functions is measured under the cases of
its own functions alone: values, gradients, tangents and second order. Functions that those do not
enter serve other files, and are measured under the cases of all. What only raises is left out, and
what a comment excuses: `# no case: why`.
"""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import coverage
import numpy as np

from backprop import functions
from backprop.errors import NoGraphError
from backprop.functions.registry import CASES
from backprop.ground.arrays import Shape
from backprop.kernel.sweep import pull
from backprop.kernel.variable import Variable
from backprop.testing.generators.expressions import cases_of, rules_of  # backprop.numpy too
from backprop.testing.generators.strategies import DTYPES, ordinary, small_ways
from backprop.testing.rules import Rule
from backprop.testing.verifier import quiet

Files: TypeAlias = dict[Path, Any]
_Node = TypeVar("_Node", bound=ast.stmt)

FOLDER: Final = Path(functions.__file__).parent
EXCLUDED: Final = ("@overload", "raise NotImplementedError$", "if TYPE_CHECKING:", "[#] no case: .")


def main() -> int:
    """Print each branch that no case enters; 1 if there is any."""
    if sys.argv[1:] == ["all"]:
        run(list(CASES))
        return 0
    everywhere = _under_all()
    found = [line for path, own in _own().items() for line in unentered(path, own, everywhere)]
    print("\n".join(found) or "every branch of every rule is entered by a case of its function")
    return bool(found)


def _own() -> dict[Path, list[Callable[..., Any]]]:
    """The functions with cases, by the file that they stand in."""
    found: dict[Path, list[Callable[..., Any]]] = {
        p: []
        for p in sorted(FOLDER.glob("*/*.py"))  # above them stands what makes functions
    }
    for function in CASES:
        path = Path(str(sys.modules[function.__module__].__file__))
        if path not in found:  # its module was named after NumPy's
            path = Path(inspect.unwrap(function).__code__.co_filename)
        if path in found:
            found[path].append(function)
    return found


def _under_all() -> Files:
    """What is run under the cases of all functions, and when they are defined: so in a child."""
    with tempfile.TemporaryDirectory() as folder:
        data, report = f"--data-file={folder}/data", Path(folder, "report.json")
        setup = Path(folder, "setup")
        setup.write_text("[report]\nexclude_also =\n    " + "\n    ".join(EXCLUDED), "utf-8")
        start = [sys.executable, "-m", "coverage"]
        given = ["--branch", f"--include={FOLDER}/*", f"--rcfile={setup}", data]
        subprocess.run([*start, "run", *given, "-m", "benchmarks.branches", "all"], check=True)
        made = ["json", "-q", f"--rcfile={setup}", data, "-o", str(report)]
        subprocess.run([*start, *made], check=True)
        return _read(report)


def _read(report: Path) -> Files:
    files = json.loads(report.read_text("utf-8"))["files"]
    return {Path(name).resolve(): found for name, found in files.items()}


def unentered(path: Path, own: list[Callable[..., Any]], everywhere: Files) -> Iterator[str]:
    """The branches and lines in the functions of a file that none of its own cases enters."""
    tree = ast.parse(path.read_text("utf-8"))
    bodies = [*_bodies(tree)]
    mine = _measured(path, own) if bodies and any(map(cases_of, own)) else None
    raising = {line for node in _nodes(tree, ast.Raise) for line in _span(node)}
    for first, body, shared in bodies:
        entered = mine is not None and first in mine["executed_lines"] and not shared
        report = mine if mine is not None and entered else everywhere[path]
        for line in sorted(body.intersection(report["missing_lines"]) - raising):
            yield f"{path.name}:{line}: never run"
        for start, end in report["missing_branches"]:
            if start in body and end not in raising and start in report["executed_lines"]:
                yield f"{path.name}:{start}: never goes on to {_place(end)}"


def _place(line: int) -> str:
    return f"line {line}" if line > 0 else "the end of the function"


def _bodies(tree: ast.Module) -> Iterator[tuple[int, set[int], bool]]:
    """The first line and all lines of functions and methods, but those that give no Variables.

    And whether it is a helper that other files use too: it has no underscore, and no cases.
    """
    idle = {f.__name__ for f in CASES if not cases_of(f)}
    named = {f.__name__ for f in CASES}
    helpers = {n.name for n in tree.body if isinstance(n, ast.FunctionDef)} - named
    for node in _nodes(tree, ast.FunctionDef):
        inner = {n for other in _nodes(node, ast.FunctionDef) for n in _span(other)}
        if node.name not in idle:
            first = node.body[bool(ast.get_docstring(node)) and len(node.body) > 1].lineno
            body = set(range(first, (node.end_lineno or first) + 1)) - inner
            yield first, body, node.name in helpers and node.name[0] != "_"


def _nodes(tree: ast.AST, kind: type[_Node]) -> list[_Node]:
    """The statements of a kind in `tree`, but not itself."""
    return [node for node in ast.walk(tree) if isinstance(node, kind) and node is not tree]


def _span(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _measured(path: Path, own: list[Callable[..., Any]]) -> Any:
    """What coverage.py says of a file when the cases of `own` have run."""
    cover = coverage.Coverage(branch=True, include=[str(path)], data_file=None, config_file=False)
    for line in EXCLUDED:
        cover.exclude(line)
    with tempfile.TemporaryDirectory() as folder:
        with cover.collect():
            run(own)
        cover.json_report(outfile=f"{folder}/report.json")
        return _read(Path(folder, "report.json"))[path]


def run(own: list[Callable[..., Any]]) -> None:
    """Value, gradient and tangent of each case, in both orders, on ordinary inputs."""
    with quiet():
        for rule in (rule for function in own if cases_of(function) for rule in rules_of(function)):
            for way, dtype in product(small_ways(rule), DTYPES):
                _once(rule, way, dtype)


def _once(rule: Rule, way: tuple[Shape, ...], dtype: str) -> None:
    rng = np.random.default_rng(0)
    xs, txs = (
        tuple(ordinary(d, s, dtype, rng) for d, s in zip(rule.domains, way)) for _ in range(2)
    )
    with suppress(NoGraphError):  # where all is constant, no rule runs
        rule.vjp(xs, np.ones_like(rule.forward(*xs)))
    if rule.call is not None:  # with a cotangent that is the sweep's own: `consume`
        y = rule.call(*map(Variable, xs))
        deque(pull(y, np.ones_like(y.data), owned=True) if y.creator else (), maxlen=0)
    if rule.jvp is not None:
        rule.jvp(xs, txs)


if __name__ == "__main__":
    sys.exit(main())
