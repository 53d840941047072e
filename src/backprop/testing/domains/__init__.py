"""Where rules are verified beyond Intervals: sets of arrays, and values that Hypothesis draws."""
