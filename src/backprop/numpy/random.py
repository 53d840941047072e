"""numpy.random itself, for scripts that say `import backprop.numpy.random as npr`."""

from numpy.random import *  # pyright: ignore[reportWildcardImportFromLibrary]  # all of __all__
