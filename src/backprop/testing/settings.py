"""How Hypothesis is asked: nothing stored, no deadline, no complaint of what is drawn."""

from __future__ import annotations

from collections.abc import Collection

from hypothesis import HealthCheck, Phase, Verbosity, settings


def silent(examples: int, phases: Collection[Phase]) -> settings:
    """The settings of a run that is judged by what it finds alone."""
    return settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=phases,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
            HealthCheck.filter_too_much,
            HealthCheck.nested_given,
        ],
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
    )
