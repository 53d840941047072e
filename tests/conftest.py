"""Hypothesis profiles, by name in HYPOTHESIS_PROFILE: the only place where its numbers stand."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("dev", max_examples=70, stateful_step_count=30, deadline=None)
settings.register_profile(
    "ci", max_examples=70, stateful_step_count=30, deadline=None, derandomize=True
)
settings.register_profile("deep", max_examples=5000, stateful_step_count=50, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))
