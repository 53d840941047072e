"""Rules that take elements along axes together, or up to each."""
