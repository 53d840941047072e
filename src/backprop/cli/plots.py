"""The pictures that `python -m backprop plot` writes."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from backprop.drawing import plot_report, plot_rule
from backprop.testing import verify

if TYPE_CHECKING:
    from backprop.cli.targets import Named
    from backprop.drawing import Plot


def write(rule: Named, options: Namespace) -> tuple[str, str]:
    """Write the picture that was asked for; the name of its file, and what it shows."""
    path: str = options.output or f"{rule.name}.svg"
    plot = _report(rule, options) if options.report else _derivative(rule, options)
    plot.save(path)
    return path, str(plot)


def _derivative(rule: Named, options: Namespace) -> Plot:
    return plot_rule(rule.rule, at=options.at, domain=options.domain, seed=options.seed)


def _report(rule: Named, options: Namespace) -> Plot:
    return plot_report(verify(rule.rule, domain=options.domain, seed=options.seed))
