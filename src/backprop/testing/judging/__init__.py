"""Whether a gradient is right: what is measured at a point, and what excuses a difference."""
