"""NumPy's functions on Variables, typed: `import backprop.numpy as np`.

Every function takes Variables, arrays and numbers, and gives a Variable. NumPy's own functions do
the same when they meet a Variable (`numpy.exp(x)`); but NumPy's stubs type their result as Any, and
these as Variable.

What makes arrays of no Variable (zeros, eye, arange, ...) and what gives no floats (argmax,
isfinite, ...) is NumPy's own.

>>> import backprop.numpy as np
>>> from backprop import Variable
>>> np.sum(np.exp(Variable([0.0, 0.0])))
Variable(2.)
"""

from numpy import (
    all as all,
)
from numpy import (
    allclose as allclose,
)
from numpy import (
    any as any,
)
from numpy import (
    arange as arange,
)
from numpy import (
    argmax as argmax,
)
from numpy import (
    argmin as argmin,
)
from numpy import (
    argsort as argsort,
)
from numpy import (
    argwhere as argwhere,
)
from numpy import (
    array_equal as array_equal,
)
from numpy import (
    bool_ as bool_,
)
from numpy import (
    count_nonzero as count_nonzero,
)
from numpy import (
    e as e,
)
from numpy import (
    empty as empty,
)
from numpy import (
    empty_like as empty_like,
)
from numpy import (
    equal as equal,
)
from numpy import (
    errstate as errstate,
)
from numpy import (
    euler_gamma as euler_gamma,
)
from numpy import (
    eye as eye,
)
from numpy import (
    finfo as finfo,
)
from numpy import (
    flatnonzero as flatnonzero,
)
from numpy import (
    float16 as float16,
)
from numpy import (
    float32 as float32,
)
from numpy import (
    float64 as float64,
)
from numpy import (
    greater as greater,
)
from numpy import (
    greater_equal as greater_equal,
)
from numpy import (
    identity as identity,
)
from numpy import (
    inf as inf,
)
from numpy import (
    int64 as int64,
)
from numpy import (
    intp as intp,
)
from numpy import (
    isclose as isclose,
)
from numpy import (
    isfinite as isfinite,
)
from numpy import (
    isinf as isinf,
)
from numpy import (
    isnan as isnan,
)
from numpy import (
    less as less,
)
from numpy import (
    less_equal as less_equal,
)
from numpy import (
    logical_and as logical_and,
)
from numpy import (
    logical_not as logical_not,
)
from numpy import (
    logical_or as logical_or,
)
from numpy import (
    logical_xor as logical_xor,
)
from numpy import (
    longdouble as longdouble,
)
from numpy import (
    nan as nan,
)
from numpy import (
    ndim as ndim,
)
from numpy import (
    newaxis as newaxis,
)
from numpy import (
    nonzero as nonzero,
)
from numpy import (
    not_equal as not_equal,
)
from numpy import (
    ones as ones,
)
from numpy import (
    ones_like as ones_like,
)
from numpy import (
    pi as pi,
)
from numpy import (
    searchsorted as searchsorted,
)
from numpy import (
    shape as shape,
)
from numpy import (
    size as size,
)
from numpy import (
    tri as tri,
)
from numpy import (
    zeros as zeros,
)
from numpy import (
    zeros_like as zeros_like,
)

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
from backprop.numpy import fft as fft
from backprop.numpy import linalg as linalg
