"""Rules that give the same elements another shape, order of axes or place."""
