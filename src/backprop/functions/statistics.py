"""Quantiles, variances, covariances."""

from __future__ import annotations

__all__: list[str] = []
