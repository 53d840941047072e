"""The command `python -m backprop`."""
