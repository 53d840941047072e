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
    arange as arange,
    bool_ as bool_,
    e as e,
    empty as empty,
    errstate as errstate,
    euler_gamma as euler_gamma,
    eye as eye,
    finfo as finfo,
    float16 as float16,
    float32 as float32,
    float64 as float64,
    identity as identity,
    inf as inf,
    int64 as int64,
    intp as intp,
    longdouble as longdouble,
    nan as nan,
    newaxis as newaxis,
    ones as ones,
    pi as pi,
    tri as tri,
    zeros as zeros,
)

from backprop.facts import (
    all as all,
    allclose as allclose,
    any as any,
    argmax as argmax,
    argmin as argmin,
    argsort as argsort,
    argwhere as argwhere,
    array_equal as array_equal,
    count_nonzero as count_nonzero,
    empty_like as empty_like,
    equal as equal,
    flatnonzero as flatnonzero,
    greater as greater,
    greater_equal as greater_equal,
    isclose as isclose,
    isfinite as isfinite,
    isinf as isinf,
    isnan as isnan,
    less as less,
    less_equal as less_equal,
    logical_and as logical_and,
    logical_not as logical_not,
    logical_or as logical_or,
    logical_xor as logical_xor,
    ndim as ndim,
    nonzero as nonzero,
    not_equal as not_equal,
    ones_like as ones_like,
    searchsorted as searchsorted,
    shape as shape,
    size as size,
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
from backprop.functions.histograms import *
from backprop.functions.hyperbolic import *
from backprop.functions.interpolation import *
from backprop.functions.joining import *
from backprop.functions.mapping import *
from backprop.functions.padding import *
from backprop.functions.parts import *
from backprop.functions.picking import *
from backprop.functions.piecewise import *
from backprop.functions.polynomials import *
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
from backprop.numpy import fft as fft, linalg as linalg
