"""What Hypothesis loads when it is imported, by the package's entry point."""

from __future__ import annotations

from hypothesis import strategies as st

from backprop.kernel.variable import Variable


def register() -> None:
    """Make `st.from_type(Variable)` work.

    The strategy is looked up when it is first drawn from: Hypothesis may be being imported by the
    very module that defines it.
    """
    st.register_type_strategy(Variable, st.deferred(_variables))


def _variables() -> st.SearchStrategy[Variable]:
    from backprop.testing.generators.strategies import variables

    return variables()
