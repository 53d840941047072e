"""NumPy's functions on Variables, typed: `import backprop.numpy as np`.

Every function takes Variables, arrays and numbers, and gives a Variable. NumPy's own functions do
the same when they meet a Variable (`numpy.exp(x)`); but NumPy's stubs type their result as Any, and
these as Variable.

>>> import backprop.numpy as np
>>> from backprop import Variable
>>> np.sum(np.exp(Variable([0.0, 0.0])))
Variable(2.)
"""

from backprop.functions.accumulating import *
from backprop.functions.arithmetic import *
from backprop.functions.averages import *
from backprop.functions.axes import *
from backprop.functions.blocks import *
from backprop.functions.covariances import *
from backprop.functions.creation import *
from backprop.functions.diagonals import *
from backprop.functions.einsum import *
from backprop.functions.exponential import *
from backprop.functions.extremes import *
from backprop.functions.factors import *
from backprop.functions.grids import *
from backprop.functions.hyperbolic import *
from backprop.functions.interpolation import *
from backprop.functions.joining import *
from backprop.functions.padding import *
from backprop.functions.parts import *
from backprop.functions.picking import *
from backprop.functions.piecewise import *
from backprop.functions.powers import *
from backprop.functions.products import *
from backprop.functions.quantiles import *
from backprop.functions.reductions import *
from backprop.functions.rounding import *
from backprop.functions.scans import *
from backprop.functions.selection import *
from backprop.functions.shapes import *
from backprop.functions.signal import *
from backprop.functions.sorting import *
from backprop.functions.special import *
from backprop.functions.splitting import *
from backprop.functions.statistics import *
from backprop.functions.tiling import *
from backprop.functions.trigonometric import *
from backprop.functions.vectors import *
from backprop.numpy import linalg as linalg
