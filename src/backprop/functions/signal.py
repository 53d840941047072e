"""Sums of products over windows and samples: convolution, interpolation, polynomials."""

from __future__ import annotations

__all__: list[str] = []
