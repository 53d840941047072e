"""What rules are tried on: arrays, functions and programs that Hypothesis invents."""
