"""What the kernel costs, beside NumPy written by hand."""
