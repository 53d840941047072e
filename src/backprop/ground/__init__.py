"""What all floors stand on and what knows of no graph: arrays, intervals, Python's versions."""
