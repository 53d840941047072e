"""Rules that take each element by itself: numpy.exp, multiply, maximum and their like."""
