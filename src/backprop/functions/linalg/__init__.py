"""Derivative rules of numpy.linalg and of NumPy's products: einsum, solve, svd, norm and others."""
