"""The command line: `python -m backprop verify` and `plot`, for rules of this package or a user's.

The exit status is 0 if every rule is right, 1 if one is wrong (or the verifier missed a fault that
it planted itself), 2 if there was nothing to verify: no such target, or one that does not import.
"""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from contextlib import redirect_stdout
from dataclasses import asdict
from io import TextIOWrapper
from math import isfinite
from secrets import randbelow
from time import perf_counter
from typing import TYPE_CHECKING, Any

from backprop.cli.options import NAME, SEEDS, parser, version
from backprop.cli.targets import Named, TargetError, find, one, skipped
from backprop.errors import BackpropError, MissingExtraError
from backprop.ground.narrowing import is_dict, is_sequence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backprop.cli.outcomes import Outcome


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` spells (None: the program's own arguments); the exit status."""
    out: object = sys.stdout
    if isinstance(out, TextIOWrapper):  # a console of Windows may not know every letter
        out.reconfigure(errors="backslashreplace")
    try:
        options = parser().parse_args(argv)
        return _plot(options) if options.command == "plot" else _verify(options)
    except (TargetError, MissingExtraError) as error:
        return _refuse(str(error))
    except ModuleNotFoundError as error:
        if error.name not in ("hypothesis", "rich"):
            raise
        return _refuse(f"{error.name} is missing: install the extra 'testing' of {NAME}")
    except KeyboardInterrupt:
        return _refuse("interrupted", status=130)


def _verify(options: Namespace) -> int:
    from backprop.cli import progress, terminal
    from backprop.cli.markdown import markdown
    from backprop.cli.outcomes import built_in, named, outcome
    from backprop.cli.workers import isolated

    seed = randbelow(SEEDS) if options.seed is None else options.seed
    start = perf_counter()
    asked = ("examples", "shapes", "dtypes", "domain", "budget")
    settings = {"seed": seed} | {n: v for n in asked if (v := getattr(options, n)) is not None}
    outcomes: list[Outcome] = []
    with redirect_stdout(sys.stderr):  # what a user's module prints must not get into the results
        rules = _rules(options.targets) if options.targets else named()
        if not options.targets:
            found = built_in(rules, settings, options.workers or None)
        elif options.workers == 0:
            found = (outcome(rule, settings) for rule in rules)
        else:
            found = isolated(rules, options.targets, settings, options.workers or 1)
        try:
            outcomes.extend(progress.tracked(found, rules))  # as far as they come
        except KeyboardInterrupt:
            if not outcomes:
                raise
    interrupted = len(outcomes) < len(rules)
    order = {id(rule): place for place, rule in enumerate(rules)}
    outcomes.sort(key=lambda outcome: order[id(outcome.named)])  # some workers are done sooner
    if options.json:
        print(json.dumps(_plain(outcomes, seed), indent=2, allow_nan=False))  # noqa: T201
    elif options.markdown:
        print(markdown(outcomes), end="")  # noqa: T201
    else:
        terminal.show(outcomes, seed, perf_counter() - start)
    if interrupted:
        left = len(rules) - len(outcomes)
        return _refuse(f"interrupted; {left} rules were not verified", status=130)
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def _plot(options: Namespace) -> int:
    from backprop.cli.plots import write

    with redirect_stdout(sys.stderr):
        rule = one(options.target)
        try:
            path, text = write(rule, options)
        except BackpropError as error:
            return _refuse(str(error))
    print(f"{path}: {text}")  # noqa: T201
    return 0


def _rules(targets: Sequence[str]) -> list[Named]:
    """The rules of all targets; what cannot be verified as it stands is named."""
    found = [rule for target in targets for rule in find(target)]
    for text in dict.fromkeys(text for target in targets for text in skipped(target)):
        print(f"backprop: skipped {text}", file=sys.stderr)  # noqa: T201
    return found


def _plain(outcomes: Sequence[Outcome], seed: int) -> dict[str, Any]:
    """The results as JSON values: `functions` has one entry for each rule."""
    return {
        "version": version(),
        "seed": seed,
        "passed": all(outcome.passed for outcome in outcomes),
        "functions": [_entry(outcome) for outcome in outcomes],
    }


def _entry(outcome: Outcome) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": outcome.name, "passed": outcome.passed}
    if outcome.report is None:
        return entry | {"explanation": outcome.explanation, "script": outcome.script}
    return entry | {key: _finite(value) for key, value in asdict(outcome.report).items()}


def _finite(value: Any) -> object:
    """The value with None for numbers that JSON does not have."""
    if is_dict(value):
        return {key: _finite(part) for key, part in value.items()}
    if is_sequence(value):
        return list(map(_finite, value))
    return None if isinstance(value, float) and not isfinite(value) else value


def _refuse(reason: str, status: int = 2) -> int:
    print(f"backprop: {reason}", file=sys.stderr)  # noqa: T201
    return status
