"""Names of later steps of the book that mean something else here: each says where to go."""

from __future__ import annotations

from typing import NoReturn

from backprop.kernel.arrays import brief
from backprop.kernel.errors import SignatureError


def using_config(name: str, value: object) -> NoReturn:
    """Raise SignatureError: what book step 18 does by a global switch, `no_grad()` does here."""
    raise SignatureError(
        f"there is no configuration, got {name!r} = {brief(value)}: to compute without a graph "
        "write `with no_grad():`"
    )
