"""NumPy's functions on Variables, typed: `import backprop.numpy as np`.

Every function takes Variables, arrays and numbers, and gives a Variable. NumPy's own functions do
the same when they meet a Variable (`numpy.exp(x)`); but NumPy's stubs type their result as Any, and
these as Variable.

>>> import backprop.numpy as np
>>> from backprop import Variable
>>> np.sum(np.exp(Variable([0.0, 0.0])))
Variable(2.)
"""

from backprop.functions.arithmetic import *
from backprop.functions.exponential import *
from backprop.functions.joining import *
from backprop.functions.piecewise import *
from backprop.functions.powers import *
from backprop.functions.products import *
from backprop.functions.reductions import *
from backprop.functions.scans import *
from backprop.functions.selection import *
from backprop.functions.shapes import *
from backprop.functions.signal import *
from backprop.functions.sorting import *
from backprop.functions.statistics import *
from backprop.functions.trigonometric import *
from backprop.numpy import linalg as linalg
