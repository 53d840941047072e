"""What Hypothesis loads when it is imported, by the package's entry point."""

from __future__ import annotations

from hypothesis import strategies as st

from backprop.ground.domain import Interval
from backprop.kernel.variable import Variable


def register() -> None:
    """Make `st.from_type(Variable)` and `st.from_type(Interval)` work.

    A strategy of ours is looked up when it is first drawn from: Hypothesis may be being imported by
    the very module that defines it.
    """
    st.register_type_strategy(Variable, st.deferred(_variables))
    st.register_type_strategy(Interval, st.deferred(_intervals))


def _variables() -> st.SearchStrategy[Variable]:
    from backprop.testing.generators.strategies import variables

    return variables()


def _intervals() -> st.SearchStrategy[Interval]:
    end = st.floats(allow_nan=False)
    ends = st.tuples(end, end).filter(lambda pair: pair[0] < pair[1])
    return ends.map(lambda pair: Interval(*pair))
