"""The campaign: the derivative rules of PyTorch, JAX, HIPS autograd and MyGrad, verified.

`make peers` runs it. What is called, with which inputs, stands in `tables/`; what came of it in
`results/`, a line each; what we hold of every rejection in `classes.txt`.
"""
