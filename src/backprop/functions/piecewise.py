"""Absolute values, extremes of two, rounding: rules with kinks and jumps."""

from __future__ import annotations

__all__: list[str] = []
