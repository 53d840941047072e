"""numpy.linalg on Variables, typed; eig and eigvals, whose results are complex, are NumPy's own."""

from numpy.linalg import LinAlgError as LinAlgError, eig as eig, eigvals as eigvals

from backprop.functions.linalg.decompositions import *
from backprop.functions.linalg.determinants import *
from backprop.functions.linalg.least_squares import *
from backprop.functions.linalg.linalg_products import *
from backprop.functions.linalg.norms import *
from backprop.functions.linalg.singular import *
from backprop.functions.linalg.solving import *
