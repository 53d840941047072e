"""Derivative rules in plain NumPy, right and wrong, that a verifier must tell apart.

A rule is a pair: y = forward(x) and gx = vjp(x, gy). RIGHT holds rules that are right, though
many look wrong to differences: kinks, saturation, cancellation, huge and tiny numbers, noise. WRONG
holds rules that are wrong, each beside the right one that it is a copy of.
"""

from typing import Final

from tests.testing.zoo import axes, kinks, linear, peers, precision, smooth
from tests.testing.zoo.kinds import Right as Right, Vjp as Vjp, Wrong as Wrong
from tests.testing.zoo.wrong import WRONG as _MISTAKES

_ROOMS: Final = (smooth, precision, kinks, axes, linear, peers)
RIGHT: Final = tuple(right for room in _ROOMS for right in room.RIGHT)
WRONG: Final = (*_MISTAKES, *peers.WRONG)
BY_NAME: Final = {right.name: right for right in RIGHT}
