"""`python -m benchmarks.peers [ONLY]`: run what is left of the campaign."""

from __future__ import annotations

from argparse import ArgumentParser
from functools import partial

from benchmarks.peers.campaign import Worker, command, kept, left, run, tasks


def main() -> None:
    """Verify the calls that have no row yet."""
    parser = ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument(
        "only", nargs="?", default="", help="a library or module: jax.scipy.special"
    )
    parser.add_argument("--workers", type=int, default=2, help="processes (%(default)s)")
    parser.add_argument("--seconds", type=float, default=20.0, help="of the processor for a call")
    parser.add_argument("--examples", type=int, default=12, help="of each call (%(default)s)")
    parser.add_argument("--budget", type=float, default=4.0, help="after which no example begins")
    parser.add_argument("--passes", type=int, default=3, help="float64; float32; second order")
    parser.add_argument("--rounds", type=int, help="calls of each function; else all")
    asked = parser.parse_args()
    started = command(asked.seconds, asked.examples, asked.budget)
    rest = left(tasks(asked.only, asked.passes, asked.rounds), kept())
    run(rest, partial(Worker, started, asked.seconds), asked.workers)


if __name__ == "__main__":
    main()
