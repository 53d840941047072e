"""Products that sum over axes: dot, einsum, kron and the like."""

from __future__ import annotations

__all__: list[str] = []
