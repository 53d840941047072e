"""Derivative rules of NumPy's reductions (sum, max, var, ...) and scans (cumsum, cumprod, ...)."""
