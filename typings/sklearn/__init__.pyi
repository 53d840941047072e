# The functions of scikit-learn 1.9 that examples/ calls, with the arguments that it passes.
