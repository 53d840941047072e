"""numpy.linalg on Variables, typed."""

from backprop.functions.linalg import *
