"""numpy.linalg on Variables, typed; eig and eigvals, whose results are complex, are NumPy's own."""

from numpy.linalg import LinAlgError as LinAlgError, eig as eig, eigvals as eigvals

from backprop.functions.decompositions import *
from backprop.functions.determinants import *
from backprop.functions.least_squares import *
from backprop.functions.linalg import *
from backprop.functions.linalg_products import *
from backprop.functions.norms import *
from backprop.functions.singular import *
