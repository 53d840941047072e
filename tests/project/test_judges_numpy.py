"""Every way in which a function of backprop.numpy is verified, put to other libraries as well.

HIPS autograd, MyGrad and JAX, where they are installed (`make judges`), compute the same expression
and its gradient. A library that raises says nothing; one that answers must agree.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import pytest

from backprop.testing.generators.expressions import numpy_functions
from benchmarks.judges import PEERS, Outcome, Peer, Question, Verdict, questions

POINTS: Final = 2
PARTS: Final = 8  # of the functions: of each library one test for each

_DETACHED: Final = "the result is a constant, and nothing says so"
_EXTRA: Final = "these keywords count for the value and not for the gradient"
_MASKED: Final = "nan of the branch not taken, times 0"
_KINK: Final = "the deviation of a single number is 0 wherever it is: nan"

# The faults of these libraries: where central differences say that we are right.
FAULTS: Final = [
    *(
        (name, r"np\.where\(x > 1, np\.sqrt", _MASKED)
        for name in ("HIPS autograd", "JAX", "MyGrad")
    ),
    ("HIPS autograd", r"np\.full\(2, x\)", "the sum is over all axes, not the new ones"),
    ("HIPS autograd", r"np\.full_like\(", _DETACHED),
    ("HIPS autograd", r"linalg\.norm\(x, onp\.inf, axis=", "inf / inf in a formula for finite p"),
    ("HIPS autograd", r"np\.max\(.*initial=", _EXTRA),
    ("HIPS autograd", r"np\.(mean|prod|std|sum|var)\(.*(correction|where)=", _EXTRA),
    ("HIPS autograd", r"np\.tile\(", "copies along the last axis are summed in another order"),
    ("JAX", r"np\.std\(x\)", _KINK),
    ("MyGrad", r"\.astype\(", _DETACHED),
    ("MyGrad", r"np\.full\(", _DETACHED),
    ("MyGrad", r"np\.full_like\(", _DETACHED),
    ("MyGrad", r"np\.std\(x\)", _KINK),
]

FUNCTIONS: Final = numpy_functions()
QUESTIONS: Final = {name: questions(name, function) for name, (function, _) in FUNCTIONS.items()}

each_peer = pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)


def wrong(peer: Peer, question: Question) -> list[Verdict]:
    """What is wrong in its answers."""
    if not peer.version:
        pytest.skip(f"{peer.name} is not installed: make judges")
    verdicts = [peer.asked(question, seed) for seed in range(POINTS)]
    return [verdict for verdict in verdicts if verdict.outcome is Outcome.WRONG]


def known(peer: Peer, question: Question) -> bool:
    """Whether it is one of its faults."""
    return any(name == peer.name and re.search(p, question.code) for name, p, _ in FAULTS)


@pytest.mark.parametrize("part", range(PARTS))
@each_peer
def test_judge_agrees(peer: Peer, part: int) -> None:
    """On value and gradient of every expression, but where its faults are known."""
    found = [
        f"{question}: {verdict.reason}"
        for name in list(QUESTIONS)[part::PARTS]
        for question in QUESTIONS[name]
        for verdict in wrong(peer, question)
        if not known(peer, question)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("library", "pattern", "reason"), FAULTS)
def test_fault_of_a_judge(library: str, pattern: str, reason: str) -> None:
    """It is still there; else it must be struck from the list."""
    peer = next(peer for peer in PEERS if peer.name == library)
    asked = [q for some in QUESTIONS.values() for q in some if re.search(pattern, q.code)]
    assert any(wrong(peer, question) for question in asked), reason


@each_peer
def test_judge_judges(peer: Peer) -> None:
    """It answers, and a wrong gradient of ours would not be taken for right."""
    question = QUESTIONS["sin"][0]
    assert not wrong(peer, question)
    slip = replace(question, truth_of=lambda _, seed: QUESTIONS["cos"][0].truth(seed))
    assert wrong(peer, slip)
