"""Functions of functions: grad, jacobian, hessian, vjp, jvp, and what they are made of."""
