"""The command line: `python -m backprop verify`, for the rules of this package or a user's own.

The exit status is 0 if every rule is right, 1 if one is wrong (or the verifier missed a fault that
it planted itself), 2 if there was nothing to verify: no such target, or one that does not import.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from ast import literal_eval
from contextlib import redirect_stdout
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from io import TextIOWrapper
from math import isfinite
from secrets import randbelow
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, TypeVar

from backprop.cli.targets import Named, TargetError, find, skipped
from backprop.ground.domain import Interval
from backprop.ground.narrowing import is_dict, is_sequence
from backprop.testing import entries

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from backprop.cli.outcomes import Outcome

_T = TypeVar("_T")

_NAME: Final = "backprop-kernel"
_SEEDS: Final = 2**32


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` spells (None: the program's own arguments); the exit status."""
    options = _parser().parse_args(argv)
    out: object = sys.stdout
    if isinstance(out, TextIOWrapper):  # a console of Windows may not know every letter
        out.reconfigure(errors="backslashreplace")
    try:
        return _verify(options)
    except TargetError as error:
        return _refuse(str(error))
    except ModuleNotFoundError as error:
        if error.name not in ("hypothesis", "rich"):
            raise
        return _refuse(f"{error.name} is missing: install the extra 'testing' of {_NAME}")
    except KeyboardInterrupt:
        return _refuse("interrupted", status=130)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="backprop", description="An autograd kernel to trust.")
    parser.add_argument("--version", action="version", version=f"{_NAME} {_version()}")
    commands = parser.add_subparsers(required=True, metavar="command")
    verify = commands.add_parser(
        "verify",
        help="hold derivative rules against central differences",
        description="Hold derivative rules against central differences, on inputs that Hypothesis "
        "invents. Exit status 0: all right; 1: a rule is wrong; 2: nothing to verify.",
    )
    verify.add_argument(
        "targets",
        nargs="*",
        metavar="target",
        help="my_ops.py, my_package.ops or my_package.ops:Cube (default: every built-in rule)",
    )
    verify.add_argument("--json", action="store_true", help="write the results as JSON")
    verify.add_argument("--markdown", action="store_true", help="write the table as Markdown")
    verify.add_argument("--seed", type=_seed, help="repeat the run that said so")
    verify.add_argument("--examples", type=_positive, help="how many examples to try for each rule")
    verify.add_argument(
        "--shapes", type=_shapes, metavar="SHAPES", help="of the input: '(3,), (2, 3)'"
    )
    verify.add_argument(
        "--dtypes", type=_dtypes, metavar="DTYPES", help="of the inputs: float64,float32"
    )
    verify.add_argument(
        "--domain", type=_domain, metavar="LOW,HIGH", help="where rules are differentiable: 0,inf"
    )
    verify.add_argument(
        "--budget", type=_seconds, metavar="SECONDS", help="for each rule; one that hangs is killed"
    )
    verify.add_argument(
        "--workers",
        type=_count,
        metavar="N",
        help="how many processes; 0: verify a target in this one (default: 1, or all processors "
        "for the built-in rules)",
    )
    return parser


def _version() -> str:
    try:
        return version(_NAME)
    except PackageNotFoundError:  # run from a source tree on the path
        return "(not installed)"


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= _SEEDS:
        raise ArgumentTypeError(f"a whole number from 0 to {_SEEDS - 1} is needed, got {text!r}")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"a whole number from 1 on is needed, got {text!r}")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ArgumentTypeError(f"a whole number is needed, got {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    return _read(text, lambda: entries.seconds(float(text)) or 0.0)


def _shapes(text: str) -> tuple[tuple[int, ...], ...]:
    return _read(text, lambda: tuple(map(entries.shape, _several(literal_eval(text)))))


def _several(shapes: Any) -> Any:
    """One shape, as it is written, as a list of one."""
    return [shapes] if not shapes or isinstance(shapes[0], int) else shapes


def _dtypes(text: str) -> tuple[str, ...]:
    return _read(text, lambda: entries.dtypes(text.split(",")))


def _domain(text: str) -> Interval:
    low, _, high = text.partition(",")
    return _read(text, lambda: Interval(float(low), float(high)))


def _read(text: str, parse: Callable[[], _T]) -> _T:
    try:
        return parse()
    except (ValueError, TypeError, SyntaxError) as error:
        raise ArgumentTypeError(f"cannot be meant: {text!r} ({error})") from None


def _verify(options: Namespace) -> int:
    from backprop.cli import terminal
    from backprop.cli.markdown import markdown
    from backprop.cli.outcomes import built_in, named, outcome
    from backprop.cli.workers import isolated

    seed = randbelow(_SEEDS) if options.seed is None else options.seed
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
            outcomes.extend(terminal.tracked(found, len(rules)))  # as far as they come
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


def _rules(targets: Sequence[str]) -> list[Named]:
    """The rules of all targets; what cannot be verified as it stands is named."""
    found = [rule for target in targets for rule in find(target)]
    for text in dict.fromkeys(text for target in targets for text in skipped(target)):
        print(f"backprop: skipped {text}", file=sys.stderr)  # noqa: T201
    return found


def _plain(outcomes: Sequence[Outcome], seed: int) -> dict[str, Any]:
    """The results as JSON values: `functions` has one entry for each rule."""
    return {
        "version": _version(),
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
