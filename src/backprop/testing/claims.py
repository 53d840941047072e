"""What a user says of a function besides its rule: where it is meant, and how exact it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from backprop.ground.domain import REALS, Domain
from backprop.testing import entries
from backprop.testing.domains.confined import Confined, Where
from backprop.testing.entries import Ways
from backprop.testing.landmarks import landmarks
from backprop.testing.rules import Rule


@dataclass(frozen=True, slots=True)
class Claims:
    """A domain, the precision of the forward, a better forward, and what rounding may cost."""

    domain: Where | None = None
    precision: float | None = None
    reference: Callable[..., Any] | None = None
    composed: bool | None = None
    span: float | None = None

    def __post_init__(self) -> None:
        if self.precision is not None:
            entries.part(self.precision, "precision")
        if self.span is not None:
            entries.part(self.span, "span")
        if self.reference is not None:
            entries.function(self.reference, "reference")

    @property
    def settings(self) -> dict[str, object]:
        """What a script passes to repeat them."""
        named = ("domain", "precision", "reference", "composed", "span")
        said: dict[str, object] = {name: getattr(self, name) for name in named}
        return said | {"domain": None if self.domain == REALS else self.domain}

    def taken(
        self, shapes: Ways | None, target: Any
    ) -> tuple[Confined, Domain | None, Ways | None]:
        """The domain taken apart, its intervals, and the shapes to call `target` with."""
        confined = Confined(self.domain)
        return confined, confined.intervals, confined.ways(shapes, target)

    def of(self, rules: tuple[Rule, ...], confined: Confined, *code: object) -> tuple[Rule, ...]:
        """The rules, of which all this is so, and the numbers that stand in their code."""
        marks = landmarks(*code)
        said = (replace(self._said(rule), landmarks=marks) for rule in rules)
        return tuple(map(confined.of, said))

    def _said(self, rule: Rule) -> Rule:
        return replace(
            rule,
            precision=float(self.precision or 0.0),
            reference=self.reference if rule.order == 1 else None,
            composed=rule.composed if self.composed is None else bool(self.composed),
            span=rule.span if self.span is None else float(self.span),
        )
