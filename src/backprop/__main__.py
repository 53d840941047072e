"""`python -m backprop` is the command `backprop`: see backprop.cli.main."""

import sys

from backprop.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
