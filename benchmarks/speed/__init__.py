"""How fast the kernel is, beside NumPy written by hand and the other libraries: `make bench`."""
