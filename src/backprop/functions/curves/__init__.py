"""Rules of sampled functions: grids, interpolation, polynomials, convolution."""
