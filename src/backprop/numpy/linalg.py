"""numpy.linalg on Variables, typed."""

from backprop.functions.decompositions import *
from backprop.functions.determinants import *
from backprop.functions.least_squares import *
from backprop.functions.linalg import *
from backprop.functions.linalg_products import *
from backprop.functions.norms import *
from backprop.functions.singular import *
