"""Derivatives by numbers alone: they know nothing of the kernel, which they judge."""
