"""One call, verified: what the verifier says of it, as a row of the results."""

from __future__ import annotations

import re
import warnings
from dataclasses import asdict, dataclass
from time import process_time
from typing import Any, Final

import numpy as np

from backprop.errors import UnsupportedError
from backprop.testing import GradientMismatch, verify
from backprop.testing.judging.mismatch import CannotCall, NothingToJudge

SEED: Final = 1
_LONG: Final = 2000  # letters of a message that are kept
_NOT_OFFERED: Final = (
    "NotImplementedError",
    "not implemented",
    "not differentiable",
    "does not require grad",
    "not supported",
    "VJP of",
    "JVP of",
)


@dataclass(frozen=True)
class Effort:
    """How long a call is looked at."""

    examples: int
    budget: float  # seconds, after which no new example is begun


@dataclass(frozen=True)
class Row:
    """What came of one call, in one order and dtype."""

    library: str
    function: str
    call: str
    order: int
    dtype: str
    domain: str
    shapes: str
    verdict: str  # accepted, rejected, not offered, cannot call, nothing to judge, killed
    kind: str = ""  # of a rejection: gradient, or the law that is broken
    seconds: float = 0.0  # of the processor
    examples: int = 0
    seed: int = SEED
    counterexample: str = ""
    script: str = ""
    cls: str = ""  # of a rejection, from the table that was made by hand; "class" in the results

    @property
    def key(self) -> Key:
        """What it is a row of."""
        return self.library, self.call, self.order, self.dtype


Key = tuple[str, str, int, str]


def row(call: Any, order: int, dtype: str, verdict: str, **rest: Any) -> Row:
    """A row of what was called."""
    said = (call.library, call.function, call.code, order, dtype, call.domain)
    return Row(*said, "; ".join(map(str, call.shapes)), verdict, **rest)


def verified(call: Any, order: int, dtype: str, effort: Effort) -> Row:
    """Verify a call, and say what came of it."""
    start = process_time()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = _verdict(call, order, dtype, effort)
    return row(call, order, dtype, **found, seconds=round(process_time() - start, 3))


def _verdict(call: Any, order: int, dtype: str, effort: Effort) -> dict[str, Any]:
    try:
        report = verify(
            call.target(),
            framework=call.library,
            domain=call.domains,
            shapes=list(call.shapes) or None,
            dtypes=[dtype],
            order=order,
            examples=effort.examples,
            budget=effort.budget,
            seed=SEED,
        )
    except GradientMismatch as failure:
        return _rejected(failure)
    except NothingToJudge as error:
        return {"verdict": "nothing to judge", "counterexample": _short(error)}
    except UnsupportedError as error:
        return {"verdict": "not offered", "counterexample": _short(error)}
    except CannotCall as error:
        return {"verdict": "cannot call", "counterexample": _short(error)}
    except Exception as error:
        said = _short(f"{type(error).__name__}: {error}")
        return {"verdict": "cannot call", "counterexample": said}
    return {"verdict": "accepted", "examples": report.examples}


def _rejected(failure: GradientMismatch) -> dict[str, Any]:
    text = failure.message
    if failure.kind == "raised" and any(word in text for word in _NOT_OFFERED):
        return {"verdict": "not offered", "counterexample": _short(text)}
    said = {"counterexample": _short(text), "script": _short(failure.script)}
    return {"verdict": "rejected", "kind": failure.kind, **said}


def _short(text: object) -> str:
    """The text, but where this machine has the library is nobody's business."""
    return re.sub(r"[^\s(]*/(site-packages|lib/python[\d.]+)/", "", str(text))[:_LONG]


def as_dict(found: Row) -> dict[str, Any]:
    """A row, as the results have it."""
    said = asdict(found)
    name = said.pop("cls")
    return {**said, "class": name}


def of_dict(said: dict[str, Any]) -> Row:
    """A row of the results."""
    return Row(**{("cls" if name == "class" else name): value for name, value in said.items()})
