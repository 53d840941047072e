"""A worker: it verifies the calls that it reads from its input, a line each, until it is killed.

Before each it says how much of the processor's time it may use from there on: a call that hangs
ends the worker (SIGXCPU), and whoever started it knows which call that was.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import warnings
from math import ceil
from time import process_time
from typing import Any, TextIO

from backprop.testing import run
from benchmarks.peers.calls import called
from benchmarks.peers.verdicts import Effort, as_dict, verified


def main() -> None:
    """Read tasks, write rows."""
    warnings.simplefilter("ignore")
    _without_proof()
    seconds, examples, budget = map(float, sys.argv[1:])
    effort = Effort(int(examples), budget)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    for text in sys.stdin:
        said, order, dtype = json.loads(text)
        call = called(said)
        call.target()  # the first imports the library, which is no part of its time
        _limit(seconds)
        _say(answers, as_dict(verified(call, order, dtype, effort)))


def _without_proof() -> None:
    """Plant no faults in the rules that are accepted: that takes as long again, and is known.

    That the verifier sees faults is shown by the tests of this project.
    """
    idle: dict[str, Any] = {"verdicts": lambda *rest: {}, "smallest_seen": lambda found: 0.0}
    for name, does_nothing in idle.items():
        setattr(run, name, does_nothing)


def _limit(seconds: float) -> None:
    """From here on the process may use so much more of the processor."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (ceil(process_time() + seconds), hard))


def _say(answers: TextIO, found: dict[str, Any]) -> None:
    answers.write(json.dumps(found) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
