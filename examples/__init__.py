"""Whole programs, each a page long: `python -m examples.logistic_regression`, and so on."""
