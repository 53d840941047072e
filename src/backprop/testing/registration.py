"""What Hypothesis loads through the package's entry point: `st.from_type(Variable)` works."""

from __future__ import annotations

from hypothesis import strategies as st

from backprop.core import Variable
from backprop.testing.strategies import variables


def register() -> None:
    """Tell Hypothesis how to make Variables."""
    st.register_type_strategy(Variable, variables())
