"""What comes of verifying rules: one by one, or all of backprop.numpy on all processors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context
from traceback import format_exception
from typing import Any

from backprop.cli.targets import Named
from backprop.errors import BackpropError
from backprop.testing import GradientMismatch, Report, verify
from backprop.testing.generators.expressions import numpy_functions


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of verifying one rule: a report, or the explanation of what is wrong."""

    named: Named
    report: Report | None
    explanation: str = ""
    script: str = ""

    @property
    def name(self) -> str:
        """The name that the user has given to the rule."""
        return self.named.name

    @property
    def missed(self) -> tuple[str, ...]:
        """The faults planted in this rule that were not rejected."""
        return self.report.accepted if self.report else ()

    @property
    def passed(self) -> bool:
        """Whether the rule is right and the verifier has shown that it would have seen a fault."""
        return self.report is not None and self.report.passed


def outcome(rule: Named, settings: dict[str, Any]) -> Outcome:
    """Verify one rule with the keywords of `verify`; whatever goes wrong is part of the outcome."""
    try:
        return Outcome(rule, verify(rule.rule, **settings))
    except GradientMismatch as error:
        return Outcome(rule, None, str(error), error.script)
    except BackpropError as error:
        return Outcome(rule, None, str(error))
    except (Exception, SystemExit) as error:  # whatever a user's rule raises
        return Outcome(rule, None, "".join(format_exception(error, limit=-2)).rstrip())


def named() -> list[Named]:
    """Every function of backprop.numpy."""
    return [Named(name, *found) for name, found in numpy_functions().items()]


def built_in(
    rules: Sequence[Named], settings: dict[str, Any], workers: int | None = None
) -> Iterator[Outcome]:
    """The outcomes of functions of backprop.numpy, computed on so many or all processors."""
    names = [rule.name for rule in rules]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        results = pool.map(_by_name, names, repeat(settings), chunksize=4)
        for rule, result in zip(rules, results, strict=True):
            yield Outcome(rule, *result)


def _by_name(name: str, settings: dict[str, Any]) -> tuple[Report | None, str, str]:
    found = outcome(Named(name, *numpy_functions()[name]), settings)
    return found.report, found.explanation, found.script
