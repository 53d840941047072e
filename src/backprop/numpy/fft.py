"""numpy.fft on Variables: what of it is real. The transforms are complex, and refused by name."""

from backprop.functions.fft import *
