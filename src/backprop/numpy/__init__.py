"""NumPy's functions on Variables, typed: `import backprop.numpy as np`.

Every function takes Variables, arrays and numbers, and gives a Variable. NumPy's own functions do
the same when they meet a Variable (`numpy.exp(x)`); but NumPy's stubs type their result as Any, and
these as Variable.

All other names of NumPy are here too, and are NumPy's own: what makes arrays of no Variable (zeros,
eye, random), what gives no floats (argmax, isfinite, isin), types, settings and files. Those that
would have to be differentiated and have no rule here (roots, fft.fft) work on arrays, and refuse a
Variable by name.

>>> import backprop.numpy as np
>>> from backprop import Variable
>>> np.sum(np.exp(Variable([0.0, 0.0])))
Variable(2.)
>>> np.roots(Variable([1.0, 0.0]))
Traceback (most recent call last):
backprop.errors.UnsupportedError: numpy.roots has no derivative rule here: ...
"""

import typing as _typing

import numpy as _numpy

from backprop.functions.curves.grids import *
from backprop.functions.curves.interpolation import *
from backprop.functions.curves.polynomials import *
from backprop.functions.curves.signal import *
from backprop.functions.elementwise.arithmetic import *
from backprop.functions.elementwise.exponential import *
from backprop.functions.elementwise.hyperbolic import *
from backprop.functions.elementwise.parts import *
from backprop.functions.elementwise.piecewise import *
from backprop.functions.elementwise.powers import *
from backprop.functions.elementwise.rounding import *
from backprop.functions.elementwise.special import *
from backprop.functions.elementwise.trigonometric import *
from backprop.functions.indexing.diagonals import *
from backprop.functions.indexing.mapping import *
from backprop.functions.indexing.padding import *
from backprop.functions.indexing.picking import *
from backprop.functions.indexing.selection import *
from backprop.functions.indexing.sets import *
from backprop.functions.indexing.sorting import *
from backprop.functions.indexing.tiling import *
from backprop.functions.linalg.einsum import *
from backprop.functions.linalg.vectors import *
from backprop.functions.queries import (
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
from backprop.functions.reductions.accumulating import *
from backprop.functions.reductions.averages import *
from backprop.functions.reductions.covariances import *
from backprop.functions.reductions.extremes import *
from backprop.functions.reductions.factors import *
from backprop.functions.reductions.histograms import *
from backprop.functions.reductions.log_sums import *
from backprop.functions.reductions.products import *
from backprop.functions.reductions.quantiles import *
from backprop.functions.reductions.reductions import *
from backprop.functions.reductions.scans import *
from backprop.functions.reductions.statistics import *
from backprop.functions.refusals import *
from backprop.functions.shaping.axes import *
from backprop.functions.shaping.blocks import *
from backprop.functions.shaping.creation import *
from backprop.functions.shaping.joining import *
from backprop.functions.shaping.shapes import *
from backprop.functions.shaping.splitting import *
from backprop.numpy import fft as fft, linalg as linalg

if _typing.TYPE_CHECKING:  # when the program runs, NumPy says itself which of these it has
    # They are in groups, and stay so:
    # isort: off

    # constants
    from numpy import (
        False_ as False_,
        True_ as True_,
        e as e,
        euler_gamma as euler_gamma,
        inf as inf,
        little_endian as little_endian,
        nan as nan,
        newaxis as newaxis,
        pi as pi,
    )

    # types of numbers
    from numpy import (
        ScalarType as ScalarType,
        bool as bool,
        bool_ as bool_,
        byte as byte,
        bytes_ as bytes_,
        cdouble as cdouble,
        character as character,
        clongdouble as clongdouble,
        complex128 as complex128,
        complex64 as complex64,
        complexfloating as complexfloating,
        csingle as csingle,
        datetime64 as datetime64,
        double as double,
        flexible as flexible,
        float16 as float16,
        float32 as float32,
        float64 as float64,
        floating as floating,
        generic as generic,
        half as half,
        inexact as inexact,
        int16 as int16,
        int32 as int32,
        int64 as int64,
        int8 as int8,
        int_ as int_,
        intc as intc,
        integer as integer,
        intp as intp,
        long as long,
        longdouble as longdouble,
        longlong as longlong,
        number as number,
        object_ as object_,
        sctypeDict as sctypeDict,
        short as short,
        signedinteger as signedinteger,
        single as single,
        str_ as str_,
        timedelta64 as timedelta64,
        typecodes as typecodes,
        ubyte as ubyte,
        uint as uint,
        uint16 as uint16,
        uint32 as uint32,
        uint64 as uint64,
        uint8 as uint8,
        uintc as uintc,
        uintp as uintp,
        ulong as ulong,
        ulonglong as ulonglong,
        unsignedinteger as unsignedinteger,
        ushort as ushort,
        void as void,
    )

    # what is known of types
    from numpy import (
        can_cast as can_cast,
        common_type as common_type,
        dtype as dtype,
        finfo as finfo,
        iinfo as iinfo,
        isdtype as isdtype,
        issubdtype as issubdtype,
        min_scalar_type as min_scalar_type,
        mintypecode as mintypecode,
        promote_types as promote_types,
        result_type as result_type,
        typename as typename,
    )

    # arrays, and what walks through them
    from numpy import (
        broadcast as broadcast,
        flatiter as flatiter,
        matrix as matrix,
        memmap as memmap,
        ndarray as ndarray,
        ndenumerate as ndenumerate,
        ndindex as ndindex,
        nditer as nditer,
        nested_iters as nested_iters,
        poly1d as poly1d,
        recarray as recarray,
        record as record,
        ufunc as ufunc,
    )

    # arrays of no Variable
    from numpy import (
        arange as arange,
        asanyarray as asanyarray,
        asarray_chkfinite as asarray_chkfinite,
        ascontiguousarray as ascontiguousarray,
        asfortranarray as asfortranarray,
        asmatrix as asmatrix,
        bartlett as bartlett,
        blackman as blackman,
        bmat as bmat,
        empty as empty,
        eye as eye,
        from_dlpack as from_dlpack,
        frombuffer as frombuffer,
        fromfunction as fromfunction,
        fromiter as fromiter,
        frompyfunc as frompyfunc,
        hamming as hamming,
        hanning as hanning,
        identity as identity,
        kaiser as kaiser,
        ones as ones,
        require as require,
        tri as tri,
        zeros as zeros,
    )

    # places and indices
    from numpy import (
        argpartition as argpartition,
        broadcast_shapes as broadcast_shapes,
        diag_indices as diag_indices,
        diag_indices_from as diag_indices_from,
        digitize as digitize,
        einsum_path as einsum_path,
        histogram_bin_edges as histogram_bin_edges,
        index_exp as index_exp,
        indices as indices,
        ix_ as ix_,
        lexsort as lexsort,
        mask_indices as mask_indices,
        mgrid as mgrid,
        nanargmax as nanargmax,
        nanargmin as nanargmin,
        ogrid as ogrid,
        ravel_multi_index as ravel_multi_index,
        s_ as s_,
        tril_indices as tril_indices,
        tril_indices_from as tril_indices_from,
        triu_indices as triu_indices,
        triu_indices_from as triu_indices_from,
        unique_all as unique_all,
        unique_counts as unique_counts,
        unique_inverse as unique_inverse,
        unravel_index as unravel_index,
    )

    # questions
    from numpy import (
        array_equiv as array_equiv,
        iscomplex as iscomplex,
        iscomplexobj as iscomplexobj,
        isfortran as isfortran,
        isin as isin,
        isnat as isnat,
        isneginf as isneginf,
        isposinf as isposinf,
        isreal as isreal,
        isrealobj as isrealobj,
        isscalar as isscalar,
        iterable as iterable,
        may_share_memory as may_share_memory,
        shares_memory as shares_memory,
        signbit as signbit,
    )

    # integers, bits and the parts of a float
    from numpy import (
        bitwise_and as bitwise_and,
        bitwise_count as bitwise_count,
        bitwise_invert as bitwise_invert,
        bitwise_left_shift as bitwise_left_shift,
        bitwise_not as bitwise_not,
        bitwise_or as bitwise_or,
        bitwise_right_shift as bitwise_right_shift,
        bitwise_xor as bitwise_xor,
        frexp as frexp,
        gcd as gcd,
        invert as invert,
        lcm as lcm,
        left_shift as left_shift,
        nextafter as nextafter,
        packbits as packbits,
        right_shift as right_shift,
        spacing as spacing,
        unpackbits as unpackbits,
    )

    # complex numbers
    from numpy import (
        roots as roots,
        sort_complex as sort_complex,
    )

    # what writes into arrays
    from numpy import (
        copyto as copyto,
        fill_diagonal as fill_diagonal,
        place as place,
        put as put,
        put_along_axis as put_along_axis,
        putmask as putmask,
    )

    # text and files
    from numpy import (
        array2string as array2string,
        array_repr as array_repr,
        array_str as array_str,
        base_repr as base_repr,
        binary_repr as binary_repr,
        format_float_positional as format_float_positional,
        format_float_scientific as format_float_scientific,
        fromfile as fromfile,
        fromregex as fromregex,
        fromstring as fromstring,
        genfromtxt as genfromtxt,
        load as load,
        loadtxt as loadtxt,
        save as save,
        savetxt as savetxt,
        savez as savez,
        savez_compressed as savez_compressed,
    )

    # days
    from numpy import (
        busday_count as busday_count,
        busday_offset as busday_offset,
        busdaycalendar as busdaycalendar,
        datetime_as_string as datetime_as_string,
        datetime_data as datetime_data,
        is_busday as is_busday,
    )

    # settings
    from numpy import (
        errstate as errstate,
        get_include as get_include,
        get_printoptions as get_printoptions,
        getbufsize as getbufsize,
        geterr as geterr,
        geterrcall as geterrcall,
        info as info,
        printoptions as printoptions,
        set_printoptions as set_printoptions,
        setbufsize as setbufsize,
        seterr as seterr,
        seterrcall as seterrcall,
        show_config as show_config,
        show_runtime as show_runtime,
        test as test,
    )

    # modules
    from numpy import (
        char as char,
        core as core,
        ctypeslib as ctypeslib,
        dtypes as dtypes,
        emath as emath,
        exceptions as exceptions,
        f2py as f2py,
        lib as lib,
        ma as ma,
        polynomial as polynomial,
        random as random,
        rec as rec,
        strings as strings,
        testing as testing,
        typing as typing,
    )
else:
    globals().update(
        (name, vars(_numpy)[name])
        for name in dir(_numpy)
        if name[0] != "_" and name in vars(_numpy) and name not in globals()
    )

    def __getattr__(name: str) -> object:
        """NumPy's modules that it loads when they are asked for, and what it says of old names."""
        if name[0] == "_":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(_numpy, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *(name for name in dir(_numpy) if name[0] != "_")})
