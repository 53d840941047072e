"""The table of `make bench`: every gradient is compared before it is timed."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from math import prod
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.speed import libraries, page
from benchmarks.speed.programs import PROGRAMS, SECOND
from benchmarks.speed.timing import measure
from benchmarks.speed.works import WORKS, Work

ROOT: Final = Path(__file__).parents[1]
BASELINE: Final = ROOT / "baseline.json"
Row = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, compare with the baseline."""
    asked = _arguments(arguments)
    libraries.one_thread()
    libraries.warm_allocator()
    rows: dict[str, Row] = {}
    print(_line("", ["ours", *_NAMES], "ours / floor or peer", "target"))
    for work in (*WORKS, *PROGRAMS, *SECOND):
        if asked.only in work.name:
            rows[work.name] = row = measured(work, asked.seconds)
            print(shown(work, row), flush=True)
    whole = [rows[p.name]["ratio"][0] for p in PROGRAMS if rows.get(p.name, {}).get("ratio")]
    if whole:
        print(f"programs: {prod(whole) ** (1 / len(whole)):.2f} x HIPS in the geometric mean")
    if asked.save:
        kept = _baseline() | rows
        BASELINE.write_text(json.dumps(kept, indent=1) + "\n")
        page.write(kept)
    slower: list[str] = [] if asked.save else compared(rows, _baseline())
    print("\n".join(slower) or "nothing is slower than the baseline by more than the noise")
    return bool(slower)


def measured(work: Work, seconds: float) -> Row:
    """The microseconds of each library, and our ratio to what the target is about."""
    calls = _calls(work)
    _agree(work, calls)
    times = measure(calls, seconds)
    row: Row = {name: 1e6 * t.best for name, t in times.items()}
    against = times.get(work.beside)
    row["ratio"] = _rounded(times["ours"].over(against)) if against else None
    return row


def _calls(work: Work) -> dict[str, Callable[[], list[Any]]]:
    by_grad = work not in WORKS
    calls = {"ours": libraries.ours_by_grad(work) if by_grad else libraries.ours(work)}
    if not by_grad:
        calls["grad"] = libraries.ours_by_grad(work)
    if work.floor is not None:
        calls["NumPy"] = libraries.by_hand(work)
    for name, ask in libraries.installed().items():
        if name == "jax.jit" and not work.compiled:
            continue
        try:
            call = ask(work)
            call()
        except Exception as error:  # what a library cannot do is no row of its own
            print(f"  {work.name}: {name} cannot: {type(error).__name__}", file=sys.stderr)
        else:
            calls[name] = call
    return calls


def _agree(work: Work, calls: dict[str, Callable[[], list[Any]]]) -> None:
    """Raise AssertionError if a library gives another gradient: then there is nothing to time."""
    due = calls["NumPy" if "NumPy" in calls else "ours"]()
    for name, call in calls.items():
        for a, b in zip(call(), due, strict=True):
            scale = np.abs(b).max()
            assert np.allclose(a, b, rtol=1e-6, atol=1e-8 * scale), f"{work.name}: {name} differs"


def compared(rows: dict[str, Row], baseline: dict[str, Row]) -> list[str]:
    """What is slower than it was: the least ratio now above the greatest one then."""
    return [
        f"slower: {name}, {row['ratio'][0]:.2f} for {baseline[name]['ratio'][0]:.2f}"
        for name, row in rows.items()
        if row["ratio"] and name in baseline and baseline[name]["ratio"]
        and row["ratio"][1] > 1.05 * baseline[name]["ratio"][2]
    ]  # fmt: skip


def shown(work: Work, row: Row) -> str:
    """One line of the table: ours in microseconds, and all others as a multiple of that."""
    ours = row["ours"]
    cells = [_number(ours / work.operations)]
    cells += [f"{row[name] / ours:.2f}" if name in row else "" for name in _NAMES]
    if not row["ratio"]:
        return _line(work.name, cells, "", "")
    ratio = row["ratio"][0]
    verdict = "" if ratio <= work.target else "  missed"
    return _line(work.name, cells, f"{ratio:.2f} x {work.beside}", f"{work.target}{verdict}")


_NAMES: Final = ("grad", "NumPy", *libraries.LIBRARIES)


def _line(name: str, cells: list[str], ratio: str, target: str) -> str:
    return f"{name:34}" + "".join(f"{c:>10}" for c in cells) + f"{ratio:>22}{target:>14}"


def _number(microseconds: float) -> str:
    return f"{microseconds:.2f}" if microseconds < 100 else f"{microseconds:.0f}"


def _rounded(ratio: tuple[float, float, float]) -> list[float]:
    return [round(r, 3) for r in ratio]


def _baseline() -> dict[str, Row]:
    found: dict[str, Row] = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    return found


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default="", help="rows whose name holds this text")
    parser.add_argument("--seconds", type=float, default=1.5, help="for each library and row (1.5)")
    parser.add_argument("--save", action="store_true", help="as baseline and README's table")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
