"""Linear algebra: solve, inverse, determinant, decompositions, norms."""

from __future__ import annotations

__all__: list[str] = []
