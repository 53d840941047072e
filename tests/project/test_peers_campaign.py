"""The campaign over the peers' rules: tables, rows, workers, the page. No peer is asked."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import mpmath
import pytest

from backprop import Interval
from backprop.ground.domain import POSITIVE, REALS
from benchmarks.peers import campaign, classes
from benchmarks.peers.calls import Call, inputs, line, lines, named, read
from benchmarks.peers.campaign import Worker, kept, left, rewrite, run, write
from benchmarks.peers.faults import FAULTS, known, reproducer
from benchmarks.peers.page import page, report
from benchmarks.peers.truth import truth
from benchmarks.peers.verdicts import Row, row

CALL = Call("jax", "jax.numpy.sin", "np.sin(x)", "REALS", (((3,),),))
ANSWERS = "import sys\nfor text in sys.stdin: print(open({path!r}).read(), flush=True)"


def rows(*verdicts: str) -> list[Row]:
    """A row for each verdict, of calls that differ."""
    made = [replace(CALL, code=f"np.sin({n} * x)") for n in range(len(verdicts))]
    return [row(call, 1, "float64", verdict) for call, verdict in zip(made, verdicts)]


def test_a_line_of_a_table_is_a_call() -> None:
    """What it calls, where its inputs lie, and their shapes."""
    call = line("jax", "special.xlogy(x, y) | REALS, POSITIVE | (3,), (3,); (), ()")

    assert call.function == "jax.scipy.special.xlogy"
    assert call.domains == (REALS, POSITIVE)
    assert call.shapes == (((3,), (3,)), ((), ()))


def test_jax_is_called_with_one_shape_where_none_is_said() -> None:
    """For it compiles for every one; sets of arrays have shapes of their own."""
    assert line("jax", "special.erf(x) | REALS").shapes == (((8,),),)
    assert line("jax", "linalg.inv(x) | Invertible()").shapes == ()
    assert line("autograd", "special.erf(x) | REALS").shapes == ()


@pytest.mark.parametrize(
    ("code", "names", "function"),
    [
        ("special.beta(b, a)", ("b", "a"), "special.beta"),
        ("lax.scan(lambda c, v: (c * v, v), y, x)[1]", ("y", "x"), "lax.scan"),
        ("np.sum(x * onp.array([1.0]))", ("x",), "np.sum"),
        ("x + 1", ("x",), ""),
    ],
)
def test_an_expression_tells_its_inputs_and_its_function(
    code: str, names: tuple[str, ...], function: str
) -> None:
    """Inputs are the free names of one letter, in the order of the text."""
    assert inputs(code) == names
    assert named(code) == function


@pytest.mark.parametrize("table", ["scipy", "jax", "autograd", "mygrad"])
def test_every_line_of_the_tables_can_be_read(table: str) -> None:
    """Each has an expression that has inputs, and a domain for them."""
    library = "jax" if table == "scipy" else table
    for text in lines(table):
        call = line(library, text)
        domains = call.domains
        assert not isinstance(domains, tuple) or len(domains) == len(inputs(call.code)), text
        assert all(len(way) == len(inputs(call.code)) for way in call.shapes), text


def test_a_domain_is_read_as_it_is_written() -> None:
    """Intervals, and the names of sets of arrays."""
    assert read("Interval(0, 1)") == Interval(0, 1)
    assert repr(read("PositiveDefinite()")) == "PositiveDefinite()"


def test_what_has_a_row_is_not_asked_again(tmp_path: Path) -> None:
    """The campaign goes on where it was stopped, in the middle of a line too."""
    done, open_ = rows("accepted", "accepted")
    write(done, tmp_path)
    with (tmp_path / "jax.jsonl").open("a") as file:
        file.write('{"library": "jax", "func')
    tasks: list[campaign.Task] = [
        (replace(CALL, code=each.call), 1, "float64") for each in (done, open_)
    ]

    assert [task[0].code for task in left(tasks, kept(tmp_path))] == [open_.call]


def test_classes_are_written_into_the_results(tmp_path: Path) -> None:
    """And read again."""
    found = [replace(each, cls="fault") for each in rows("rejected", "rejected")]

    rewrite(found, tmp_path)

    assert '"class": "fault"' in (tmp_path / "jax.jsonl").read_text()
    assert kept(tmp_path) == found


def test_a_worker_that_dies_is_one_row_and_another_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that ends its process is "killed", and the next call is asked all the same."""
    monkeypatch.setattr(campaign, "RESULTS", tmp_path)
    written: list[Row] = []
    monkeypatch.setattr(campaign, "write", written.append)
    task: campaign.Task = (CALL, 1, "float64")
    dying = [sys.executable, "-c", "input()"]

    run([task, task], lambda: Worker(dying, 1.0), 1, tell=False)

    assert [each.verdict for each in written] == ["killed", "killed"]


def test_a_worker_answers_with_a_row(tmp_path: Path) -> None:
    """A line for each task."""
    (answer,) = rows("accepted")
    write(answer, tmp_path)
    text = ANSWERS.format(path=str(tmp_path / "jax.jsonl"))
    worker = Worker([sys.executable, "-c", text], 1.0)

    found = worker.ask((CALL, 1, "float64"))
    worker.close()

    assert found == answer


def test_a_rejection_has_the_class_of_the_first_line_that_fits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What no line fits is not classed yet; what was accepted has no class."""
    lines_ = (classes.Class("jax.numpy.s*", "*", "float64", "*", "precision", "cancels"),)
    monkeypatch.setattr(classes, "table", lambda: lines_)
    first, second, third = rows("rejected", "rejected", "accepted")

    found = list(classes.classed([first, replace(second, dtype="float32"), third]))

    assert [each.cls for each in found] == ["precision", "not classed yet", ""]


def test_every_class_of_the_table_is_one_that_there_is() -> None:
    """Nothing is classed by a word that the page does not explain."""
    assert {each.name for each in classes.table()} <= set(classes.CLASSES)


def test_the_truth_is_exact_to_thirty_digits() -> None:
    """At numbers as their dtype holds them, and far out in a tail."""
    with mpmath.workdps(60):
        words: Any = mpmath
        x = mpmath.mpf(-1e4)
        right = words.npdf(x) / (words.erfc(-x / words.sqrt(2)) / 2)
        slope = truth("log(erfc(-x / sqrt(2)) / 2)", -1e4, "float32")
        assert abs(slope / right - 1) < mpmath.mpf(10) ** -30
        third = float.fromhex("0x1.99999a0000000p-4")  # 0.1 in float32
        assert abs(truth("x**2", 0.1, "float32") - 2 * mpmath.mpf(third)) < 1e-40
    assert truth("7", 0.0, "float64", exact=True) == 7


def test_every_fault_was_measured_and_has_a_report() -> None:
    """The page shows each; its script needs the library of the fault alone."""
    measured = known()
    text = page(rows("accepted"), FAULTS, measured)
    for fault in FAULTS:
        assert f"`{fault.function}`, {fault.dtype}" in text
        assert reproducer(fault).startswith(f"import {fault.library}\n")
        assert measured[fault.slug].truth in report(fault, measured[fault.slug])


def test_every_measured_fault_is_wrong() -> None:
    """By more than a few roundings of its dtype, or it is nan, or it raises."""
    least: dict[str, Any] = {"float64": 1e-12, "float32": 1e-4}
    for fault in FAULTS:
        found = known()[fault.slug]
        assert found.raised or not found.off <= least[fault.dtype], fault.slug
