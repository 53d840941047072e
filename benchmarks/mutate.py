"""`make mutate`: the package is changed, one small thing at a time, and a test must fail each time.

The kernel wholly; of the rules and of the verifier a seeded sample. Each of two workers has a copy
of the tree and has imported all but the package itself: it forks for every mutant, and the fork
runs the tests that are meant to notice. Of a rule these are the verification and the values of the
functions of its file alone, and what is said of wrong arguments. What survives stands in
survivors.txt with the reason why the change changes nothing, or is a fault of the tests. What was
tried is in build/mutants, by the state of the sources: a run that was cut off goes on where it was.
"""

from __future__ import annotations

import argparse
import compileall
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import current_process, get_context
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Final

from benchmarks.mutants import Mutant, mutants_of

ROOT: Final = Path(__file__).parent.parent
BUILD: Final = ROOT / "build" / "mutants"
KNOWN: Final = Path(__file__).with_name("survivors.txt")
_HEAVY: Final = (
    "mpmath",
    "numpy",
    "scipy.special",
    "scipy.optimize",
    "pandas",
    "xarray",
    "dask.array",
)
_TOOLS: Final = ("pytest", "_pytest.assertion.rewrite", "hypothesis.stateful", "rich.console")
_OPTIONS: Final = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:cov", "-p", "no:xdist")
_PLAIN: Final = ("--assert=plain", "--hypothesis-seed=1", "--tb=line", "-W", "ignore")
_LIMIT: Final = 4.0  # times what the tests take of the unchanged tree, and some seconds
_MODULES: Final = (
    "kernel/*",
    "ground/arrays",
    "ground/atomic",
    "ground/frames",
    "ground/misuse",
    "functions/arguments",
    "functions/registry",
    "numpy/_dispatch",
    "transforms/gradients",
    "transforms/forward_mode",
)
_KERNEL_TESTS: Final = (
    "methods notes promises graph settings gradients memory failures modes errors operators peers "
    "function_errors kinks keywords numpy_protocols transforms variable lending checking "
    "everyday containers stateful"
)
_RULE_TESTS: Final = (
    "tests/functions/test_function_errors.py",
    "tests/functions/test_keywords.py",
    "tests/functions/test_corners.py",
    "tests/functions/test_kinks.py",
    "tests/numpy/test_containers.py",
    "tests/numpy/test_numpy_protocols.py",
    "tests/functions/test_values.py",
    "--deselect=tests/functions/test_values.py::test_values_shapes_and_memory_are_those_of_numpy",
)
_VERIFIER_TESTS: Final = (
    "domain planted_faults measuring judge ties tangents laws rules differences proof entries "
    "strategies screening together opinion jacobians front_door domains run"
)
_LAST: Final = (  # of the verifier's: what it takes and refuses, but for its long runs
    "tests/testing/test_zoo.py::test_a_rarely_wrong_rule_is_rejected_where_it_is_wrong",
    "tests/testing/test_verify.py",
    "--deselect=tests/testing/test_verify.py::test_every_function_agrees_with_central_differences",
    "--deselect=tests/testing/test_verify.py::test_what_a_user_writes_is_verified",
    "--deselect=tests/testing/test_verify.py::test_every_case_of_a_function_has_an_example",
    "--deselect=tests/testing/test_verify.py::test_every_fault_planted_in_a_function_is_rejected",
    "--deselect=tests/testing/test_verify.py::test_every_rule_in_the_package_is_verified",
)


@dataclass(frozen=True, slots=True)
class Group:
    """Files that are changed, and the tests that must notice, the quick ones first."""

    name: str
    files: tuple[str, ...]
    tests: tuple[str, ...]
    sample: int | None


def groups() -> tuple[Group, ...]:
    """The kernel, the rules, the verifier."""
    kernel = [p for name in _MODULES for p in (ROOT / "src/backprop").glob(f"{name}.py")]
    rules = (p for p in (ROOT / "src/backprop/functions").rglob("*.py") if p not in kernel)
    every = (ROOT / "src/backprop/testing").rglob("*.py")
    testing = (p for p in every if p.parent.name != "frameworks")  # whose tests are elsewhere
    return (
        Group("kernel", _paths(kernel), _tests(_KERNEL_TESTS), None),
        Group("rules", _paths(rules), (), 300),
        Group("verifier", _paths([*testing, ROOT / "src/backprop/ground/domain.py"]),
              (*_tests(_VERIFIER_TESTS), *_LAST), 300),
    )  # fmt: skip


def _paths(files: object) -> tuple[str, ...]:
    assert isinstance(files, (list, Iterator))
    return tuple(sorted(str(file.relative_to(ROOT)) for file in files))


def _tests(names: str) -> tuple[str, ...]:
    rooms = {file.stem: file for file in (ROOT / "tests").rglob("test_*.py")}
    return tuple(str(rooms[f"test_{name}"].relative_to(ROOT)) for name in names.split())


# -- In a worker -----------------------------------------------------------------------------------


def prepare(build: str) -> None:
    """Copy the tree for this worker, and import what the tests import besides the package."""
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "HYPOTHESIS_NO_PLUGINS": "1"}
    tree = _tree(build)
    shutil.rmtree(tree, ignore_errors=True)
    for part in ("src", "tests"):
        shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / file, tree)
    for part in ("docs", "examples", "benchmarks"):
        (tree / part).symlink_to(ROOT / part)
    checked = PycInvalidationMode.CHECKED_HASH  # a changed file is compiled anew, a restored is not
    compileall.compile_dir(tree, quiet=1, invalidation_mode=checked)
    for name in (*_HEAVY, *_TOOLS):
        with suppress(ImportError):
            import_module(name)
    assert not any(name.partition(".")[0] == "backprop" for name in sys.modules)


def _tree(build: str) -> Path:
    return Path(build) / current_process().name


def attempt(
    build: str, mutant: Mutant | None, path: str, tests: tuple[str, ...], limit: float
) -> Outcome:
    """Run the tests of the file at `path` on the tree with this change, in a fork."""
    tree, start = _tree(build), time.monotonic()
    file = tree / path
    source = file.read_bytes()
    if mutant:
        file.write_bytes(mutant.of(source))
    try:
        pid = os.fork()
        if not pid:
            _run(tree, path, tests)
        code = _waited(pid, start + limit)
    finally:
        file.write_bytes(source)
    shown = (tree / "output").read_text(errors="replace")[-4000:]
    return Outcome(code, time.monotonic() - start, shown)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the tests ended: 0 if all passed, None if they took too long."""

    code: int | None
    seconds: float
    shown: str


def _waited(pid: int, until: float) -> int | None:
    while time.monotonic() < until:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def _run(tree: Path, path: str, tests: tuple[str, ...]) -> None:
    """The fork: it never returns."""
    code = 99
    try:
        os.setpgid(0, 0)
        output = os.open(tree / "output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(tree)
        sys.path[:] = [str(tree / "src"), str(tree), *(p for p in sys.path if p != str(ROOT))]
        os.environ |= {"PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        sys.dont_write_bytecode = True
        for name in [name for name in sys.modules if name.partition(".")[0] == "benchmarks"]:
            del sys.modules[name]
        import pytest

        import_module(
            "backprop.testing.registration"
        ).register()  # as Hypothesis does with its plugins
        asked = filter(None, (tests,) if tests else (_values(path), _RULE_TESTS))  # all, if none
        code = int(not tests and not _is_verified(path)) or next(
            (code for t in asked if (code := int(pytest.main([*_OPTIONS, *_PLAIN, *t])))), 0
        )
    except BaseException as error:
        print(repr(error), flush=True)
    finally:
        sys.stdout.flush()
        os._exit(code)


def _is_verified(path: str) -> bool:
    """Whether the verification has nothing to say of the functions of one file of rules."""
    outcomes = import_module("backprop.cli.outcomes")
    names = _names(path)
    return all(outcomes.outcome(f, {"seed": 1}).passed for f in outcomes.named() if f.name in names)


def _values(path: str) -> tuple[str, ...]:
    test = "test_values_shapes_and_memory_are_those_of_numpy"
    return tuple(f"tests/functions/test_values.py::{test}[{name}]" for name in _names(path))


def _names(path: str) -> list[str]:
    """The functions of one file of rules, and a dozen of those that use what it defines."""
    expressions = import_module("backprop.testing.generators.expressions")
    module = path.removeprefix("src/").removesuffix(".py").replace("/", ".")
    names = {name: f.__module__ for name, (f, _) in expressions.numpy_functions().items()}
    own = [name for name, m in names.items() if m == module]
    users = [name for name, m in names.items() if m != module and _uses(m, module)]
    return own + random.Random(1).sample(users, min(len(users), 12))


def _uses(user: str, module: str) -> bool:
    values = vars(sys.modules[user]).values()
    return any(getattr(value, "__module__", None) == module for value in values)


# -- The run ---------------------------------------------------------------------------------------


def main(argv: list[str] | None = None) -> int:
    """Try the mutants and print who survived; 1 if one of them is in no list."""
    options = _options(argv)
    build = BUILD / _digest()
    build.mkdir(parents=True, exist_ok=True)
    every = {g.name: [m for f in g.files for m in mutants_of(ROOT, f)] for g in groups()}
    known = _known()
    stale = known.keys() - {_change(m) for found in every.values() for m in found}
    bad = bool(stale)
    with _workers(options.workers, build) as pool:
        for group in (g for g in groups() if getattr(options, g.name) != 0):
            found = _sampled(every[group.name], getattr(options, group.name), options.seed)
            done = _tried(pool, build, group, found)
            alive = [m for m in found if not done[m.key]]
            bad |= _report(group.name, len(every[group.name]), found, alive, known)
    for path, old, new in sorted(stale):
        print(f"survivors.txt: no such change any more: {path}\n  - {old}\n  + {new}")
    return int(bad)


def _workers(number: int, build: Path) -> ProcessPoolExecutor:
    spawn = get_context("spawn")
    return ProcessPoolExecutor(number, spawn, initializer=prepare, initargs=(str(build),))


def _tried(
    pool: ProcessPoolExecutor, build: Path, group: Group, found: list[Mutant]
) -> dict[str, bool]:
    """Which were killed, by their keys; what an earlier run has tried is not tried again."""
    done = _done(build / "results.jsonl")
    todo = [m for m in found if m.key not in done]
    limits = _limits(pool, str(build), group, todo)
    calls = {
        pool.submit(attempt, str(build), m, m.path, group.tests, limits[m.path]): m for m in todo
    }
    with (build / "results.jsonl").open("a") as log:
        for n, call in enumerate(as_completed(calls), 1):
            mutant, outcome = calls[call], call.result()
            done[mutant.key] = outcome.code != 0
            entry = {"key": mutant.key, "killed": outcome.code != 0, "code": outcome.code,
                     "seconds": round(outcome.seconds, 2)}  # fmt: skip
            print(json.dumps(entry), file=log, flush=True)
            if not n % 25:
                print(f"  {group.name}: {n} of {len(todo)}", file=sys.stderr, flush=True)
    return done


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutate", description="Do the tests notice changes?")
    for group in groups():
        many = "all" if group.sample is None else group.sample
        parser.add_argument(f"--{group.name}", type=int, default=group.sample,
                            help=f"how many mutants of the {group.name} ({many})")  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, help="of the samples (1)")
    parser.add_argument("--workers", type=int, default=2, help="processes (2)")
    return parser.parse_args(argv)


def _digest() -> str:
    """Of all that can change what the tests say."""
    files = [p for part in ("src", "tests") for p in (ROOT / part).rglob("*.py")]
    whole = hashlib.sha256(b"".join(p.read_bytes() for p in sorted(files)))
    return whole.hexdigest()[:12]


def _sampled(found: list[Mutant], many: int | None, seed: int) -> list[Mutant]:
    if many is None or many >= len(found):
        return found
    return random.Random(seed).sample(found, many)


def _limits(
    pool: ProcessPoolExecutor, build: str, group: Group, todo: list[Mutant]
) -> dict[str, float]:
    """For how long the tests of a file's mutants may run; they must pass on the unchanged tree."""
    files = sorted({m.path for m in todo})
    asked = files if not group.tests else files[:1]
    calls = [(p, pool.submit(attempt, build, None, p, group.tests, 900.0)) for p in asked]
    limits: dict[str, float] = {}
    for path, call in calls:
        outcome = call.result()
        if outcome.code != 0:
            raise SystemExit(f"{group.name}: the unchanged tree fails ({path}):\n{outcome.shown}")
        limits[path] = _LIMIT * outcome.seconds + 10.0
    print(f"{group.name}: the tests take {max(limits.values(), default=0) / _LIMIT:.0f} s at most")
    return {path: limits[path if path in limits else asked[0]] for path in files}


def _done(log: Path) -> dict[str, bool]:
    lines = log.read_text().splitlines() if log.exists() else []
    return {entry["key"]: entry["killed"] for entry in map(json.loads, lines)}


def _change(mutant: Mutant) -> tuple[str, str, str]:
    return mutant.path, mutant.old, mutant.new


def _known() -> dict[tuple[str, str, str], str]:
    """The survivors that change nothing, and why: blocks of path, old line, new line, reason."""
    blocks = KNOWN.read_text().split("\n\n") if KNOWN.exists() else []
    found: dict[tuple[str, str, str], str] = {}
    for block in blocks:
        lines = [line for line in block.strip().split("\n") if not line.startswith("#")]
        if len(lines) > 3:
            path, old, new, *why = lines
            found[path, old.removeprefix("- "), new.removeprefix("+ ")] = " ".join(why)
    return found


def _report(
    name: str,
    of: int,
    found: list[Mutant],
    alive: list[Mutant],
    known: dict[tuple[str, str, str], str],
) -> bool:
    """Print the figures of a group; whether a survivor is unknown."""
    unknown = [m for m in alive if _change(m) not in known]
    same = len(alive) - len(unknown)
    print(f"{name}: killed {len(found) - len(alive)} of {len(found)} tried, of {of} mutants")
    print(f"    {same} live and change nothing, {len(unknown)} are missed")
    for m in unknown:
        print(f"{m.path}:{m.line}\n- {m.old}\n+ {m.new}\n", flush=True)
    return bool(unknown)


if __name__ == "__main__":
    raise SystemExit(main())
