"""Rules that pick, place, repeat and order elements."""
