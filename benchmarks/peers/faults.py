"""The faults that are confirmed, as data: a function, where it is wrong, and what mpmath says.

`python -m benchmarks.peers.faults` runs each in the library that has it, computes the truth in
sixty digits, asks the library's own checker, and writes `faults.json`, of which the page is made.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import mpmath
import numpy as np

from benchmarks.peers.truth import DIGITS, truth

MEASURED: Final = Path(__file__).parent / "faults.json"


@dataclass(frozen=True)
class Fault:
    """A derivative that is wrong."""

    slug: str
    library: str  # torch, jax, autograd, mygrad
    function: str
    dtype: str
    call: str  # Python for the value, of x
    at: float
    value: str  # the same in mpmath's words, of x; its derivative is the truth
    since: str  # for which inputs
    cause: str  # as far as the code or the numbers show it
    gy: float = 1.0
    exact: str = ""  # the derivative in mpmath's words, where the value cannot be differentiated
    forward: bool = False  # whether it is forward mode that is wrong


@dataclass(frozen=True)
class Measured:
    """A fault as it is in the version that is installed."""

    slug: str
    version: str
    gradient: float
    truth: str  # thirty digits
    off: float  # relative to the truth, where that is not 0
    checker: str
    passes: bool  # whether the library's own checker does
    raised: str = ""  # what it raised, where there is no gradient


FAULTS: Final = (
    Fault(
        "jax-spence",
        "jax",
        "jax.scipy.special.spence",
        "float64",
        "jax.scipy.special.spence(x)",
        1.5,
        "polylog(2, 1 - x)",
        "nan for every x in (1, 2]",
        "one of the branches that are not taken makes a nan, which `where` multiplies by zero",
    ),
    Fault(
        "jax-boxcox-lmbda",
        "jax",
        "jax.scipy.special.boxcox",
        "float64",
        "jax.scipy.special.boxcox(2.0, x)",
        0.0,
        "(2**x - 1) / x if x else log(2)",
        "lmbda = 0, for every x but 1",
        "where lmbda is 0 the value is log(x), which does not depend on lmbda",
        exact="log(2)**2 / 2",
    ),
    Fault(
        "jax-boxcox1p-lmbda",
        "jax",
        "jax.scipy.special.boxcox1p",
        "float64",
        "jax.scipy.special.boxcox1p(1.0, x)",
        0.0,
        "(2**x - 1) / x if x else log(2)",
        "lmbda = 0, for every x but 0",
        "as in boxcox",
        exact="log(2)**2 / 2",
    ),
    Fault(
        "jax-log-ndtr-float32",
        "jax",
        "jax.scipy.special.log_ndtr",
        "float32",
        "jax.scipy.special.log_ndtr(x)",
        -1e4,
        "log(erfc(-x / sqrt(2)) / 2)",
        "4 % at -1e3, more beyond it; right in float64 at these",
        "the exponential of a difference of two large numbers, of which float32 keeps few digits",
    ),
    Fault(
        "torch-log-ndtr-float32",
        "torch",
        "torch.special.log_ndtr",
        "float32",
        "torch.special.log_ndtr(x)",
        -1e4,
        "log(erfc(-x / sqrt(2)) / 2)",
        "4 % at -1e3, more beyond it",
        "the gradient is exp of a difference of large numbers, of which float32 keeps few digits",
    ),
    Fault(
        "torch-sinc-float32",
        "torch",
        "torch.sinc",
        "float32",
        "torch.sinc(x)",
        1e-4,
        "sin(pi * x) / (pi * x)",
        "1.4 % at 1e-3, more below it; in float64 likewise, from 1e-7 on",
        "cos(pi x) pi x - sin(pi x) cancels near 0 and is divided by x squared",
    ),
    Fault(
        "torch-sinc-float64",
        "torch",
        "torch.sinc",
        "float64",
        "torch.sinc(x)",
        1e-8,
        "sin(pi * x) / (pi * x)",
        "36 % at 1e-8; as in float32",
        "cos(pi x) pi x - sin(pi x) cancels near 0 and is divided by x squared",
    ),
    Fault(
        "torch-hardsigmoid",
        "torch",
        "torch.nn.functional.hardsigmoid",
        "float64",
        "torch.nn.functional.hardsigmoid(x)",
        0.5,
        "(x + 3) / 6",
        "every x in (-3, 3): eight digits are right, not sixteen",
        "the factor 1/6 is a float32",
    ),
    Fault(
        "torch-segment-reduce-ties",
        "torch",
        "torch.segment_reduce",
        "float64",
        'torch.segment_reduce(torch.stack([x, x]), "max", lengths=torch.tensor([2]))[0]',
        1.0,
        "x",
        "elements of one segment that are equal, under a negative cotangent; the positive is right",
        "the gradient is divided by the number of equal elements only where it is positive",
        gy=-1.0,
    ),
    Fault(
        "torch-cholesky-inverse-forward",
        "torch",
        "torch.cholesky_inverse",
        "float64",
        "torch.cholesky_inverse(torch.stack([2 + 0 * x, 0 * x, x, 3 + 0 * x]).reshape(2, 2))[0, 0]",
        1.0,
        "(x**2 + 9) / 36",
        "forward mode, at nearly every lower triangular matrix; reverse mode is right",
        "the pushforward does not keep what belongs to the triangle apart",
        forward=True,
    ),
    Fault(
        "jax-i0-at-0",
        "jax",
        "jax.scipy.special.i0",
        "float64",
        "jax.scipy.special.i0(x)",
        0.0,
        "besseli(0, x)",
        "x = 0 alone",
        "i0 is exp(|x|) times i0e(x), and the slopes of both parts at 0 do not cancel there",
    ),
    Fault(
        "torch-matrix-exp-large-cotangent",
        "torch",
        "torch.matrix_exp",
        "float64",
        "torch.matrix_exp(torch.stack([x, x - 1.5, x + 1, x / 2]).reshape(2, 2))[0, 0]",
        0.5,
        "expm(matrix([[x, x - 1.5], [x + 1, x / 2]]))[0, 0]",
        "cotangents that are large beside the matrix: 1e-10 of it at 1e6, 1e-4 at 1e12",
        "it is a block of the exponential of a matrix that holds both, and is scaled by the larger",
        gy=1e15,
    ),
    Fault(
        "torch-log-ndtr-float64",
        "torch",
        "torch.special.log_ndtr",
        "float64",
        "torch.special.log_ndtr(x)",
        -1e8,
        "log(erfc(-x / sqrt(2)) / 2)",
        "0.01 % at -1e6, all of it beyond -1e8",
        "the gradient is exp of a difference of large numbers, of which float64 keeps few digits",
    ),
    Fault(
        "jax-log-ndtr-float64",
        "jax",
        "jax.scipy.special.log_ndtr",
        "float64",
        "jax.scipy.special.log_ndtr(x)",
        -1e8,
        "log(erfc(-x / sqrt(2)) / 2)",
        "0.002 % at -1e6, a third at -1e8",
        "the exponential of a difference of two large numbers, of which float64 keeps few digits",
    ),
    Fault(
        "autograd-norm-logcdf",
        "autograd",
        "autograd.scipy.stats.norm.logcdf",
        "float64",
        "autograd.scipy.stats.norm.logcdf(x)",
        -1e8,
        "log(erfc(-x / sqrt(2)) / 2)",
        "0.01 % at -1e6, most of it at -1e8",
        "the gradient is exp(logpdf - logcdf), a difference of large numbers",
    ),
    Fault(
        "autograd-sinc",
        "autograd",
        "autograd.numpy.sinc",
        "float64",
        "np.sinc(x)",
        1e-8,
        "sin(pi * x) / (pi * x)",
        "a third at 1e-8, 1e-6 of it at 1e-5",
        "cos(pi x) pi x - sin(pi x) cancels near 0 and is divided by x squared",
    ),
    Fault(
        "mygrad-sinc",
        "mygrad",
        "mygrad.sinc",
        "float64",
        "mygrad.sinc(x)",
        1e-8,
        "sin(pi * x) / (pi * x)",
        "a third at 1e-8, 1e-6 of it at 6e-6",
        "cos(pi x) pi x - sin(pi x) cancels near 0 and is divided by x squared",
    ),
    Fault(
        "autograd-gradient-short",
        "autograd",
        "autograd.numpy.gradient",
        "float64",
        "np.gradient(np.array([x, 2 * x, 4 * x]))[0]",
        1.0,
        "x",
        "arrays of two or three elements along an axis; longer ones are right",
        "the rule writes the ends of the array apart, and takes four elements at least for granted",
    ),
)


def reproducer(fault: Fault) -> str:
    """A script that needs that library alone."""
    return _SCRIPTS[fault.library](fault)


def _torch(fault: Fault) -> str:
    if fault.forward:
        return f"""import torch

x = torch.tensor({fault.at!r}, dtype=torch.{fault.dtype})
y, tangent = torch.func.jvp(
    lambda x: {fault.call},
    (x,),
    (torch.ones_like(x),),
)
gradient = tangent.item()
print(gradient)
"""
    return f"""import torch

x = torch.tensor({fault.at!r}, dtype=torch.{fault.dtype}, requires_grad=True)
y = {fault.call}
y.backward(torch.tensor({fault.gy!r}, dtype=y.dtype))
gradient = x.grad.item()
print(gradient)
"""


def _jax(fault: Fault) -> str:
    return f"""import jax

jax.config.update("jax_enable_x64", True)
x = jax.numpy.{fault.dtype}({fault.at!r})
y, vjp = jax.vjp(lambda x: {fault.call}, x)
gradient = vjp(jax.numpy.{fault.dtype}({fault.gy!r}))[0].item()
print(gradient)
"""


def _numpy(fault: Fault) -> str:
    return f"""import autograd
import autograd.numpy as np
import autograd.scipy.stats

x = np.{fault.dtype}({fault.at!r})
vjp, y = autograd.make_vjp(lambda x: {fault.call})(x)
gradient = float(vjp(np.{fault.dtype}({fault.gy!r})))
print(gradient)
"""


def _mygrad(fault: Fault) -> str:
    return f"""import mygrad
import numpy as np

x = mygrad.tensor({fault.at!r}, dtype=np.{fault.dtype})
y = {fault.call}
y.backward({fault.gy!r})
gradient = float(x.grad)
print(gradient)
"""


_SCRIPTS: Final[dict[str, Callable[[Fault], str]]] = {
    "torch": _torch,
    "jax": _jax,
    "autograd": _numpy,
    "mygrad": _mygrad,
}
CHECKERS: Final = {
    "torch": "torch.autograd.gradcheck",
    "jax": "jax.test_util.check_grads",
    "autograd": "autograd.test_util.check_grads",
    "mygrad": "",
}


_IMPORTED: Final = {
    "torch": "torch",
    "jax": "jax",
    "autograd": "autograd.scipy.stats, autograd.numpy as np",
    "mygrad": "mygrad",
}


def checked(fault: Fault) -> bool:
    """Whether the library's own checker passes the rule at this point, at its defaults."""
    names: dict[str, Any] = {}
    exec(f"import {_IMPORTED[fault.library]}", names)
    function = eval(f"lambda x: {fault.call}", names)
    try:
        _ASKED[fault.library](function, np.asarray(fault.at, fault.dtype), fault.forward)
    except Exception:  # each has its own
        return False
    return True


def _gradcheck(function: Any, x: Any, forward: bool) -> None:
    torch = import_module("torch")
    at = torch.tensor(x[()], requires_grad=True)
    torch.autograd.gradcheck(function, at, check_forward_ad=forward)


def _check_grads(function: Any, x: Any, forward: bool) -> None:
    jax = import_module("jax")
    import_module("jax.test_util").check_grads(function, (jax.numpy.asarray(x),), order=1)


def _check_hips(function: Any, x: Any, forward: bool) -> None:
    import_module("autograd.test_util").check_grads(function, order=1)(float(x))


def _nobody(function: Any, x: Any, forward: bool) -> None:
    raise NotImplementedError


_ASKED: Final[dict[str, Callable[[Any, Any, bool], None]]] = {
    "torch": _gradcheck,
    "jax": _check_grads,
    "autograd": _check_hips,
    "mygrad": _nobody,
}


def measured(fault: Fault) -> Measured:
    """The fault as the library that is installed has it."""
    names: dict[str, Any] = {"print": lambda *words: None}
    raised = ""
    try:
        exec(reproducer(fault), names)
    except Exception as error:  # that may be the fault
        raised = f"{type(error).__name__}: {error}"
    gradient = float(names.get("gradient", "nan"))
    with mpmath.workdps(DIGITS):
        right = truth(fault.exact or fault.value, fault.at, fault.dtype, bool(fault.exact))
        right *= fault.gy
        off = float(abs((mpmath.mpf(gradient) - right) / (right or 1)))
        said: str = import_module("mpmath").nstr(right, 30)
    checker = CHECKERS[fault.library]
    installed = version(fault.library).partition("+")[0]
    return Measured(fault.slug, installed, gradient, said, off, checker, checked(fault), raised)


def known() -> dict[str, Measured]:
    """What was measured, by slug."""
    rows = json.loads(MEASURED.read_text())
    return {each["slug"]: Measured(**each) for each in rows}


def main() -> None:
    """Measure all, and keep it."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    warnings.simplefilter("ignore")
    rows = [asdict(measured(fault)) for fault in FAULTS]
    for found in rows:
        print(found)
    MEASURED.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
