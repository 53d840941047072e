"""What the book builds: Variable, the kinds of Function, the reverse sweep, and the modes."""
