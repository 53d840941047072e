"""The help of each command, completion in shells, and the pictures that `plot` writes."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import pytest

from backprop.cli.main import main
from backprop.testing import verify

SLIP = """
from backprop import Function

class Slip(Function):
    def forward(self, x):
        return x**3

    def backward(self, gy):
        return 3 * self.x * gy
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    for where in ("backprop.drawing.figures.verify", "backprop.cli.plots.verify"):
        monkeypatch.setattr(where, partial(verify, examples=5))
    return tmp_path


@pytest.mark.parametrize("command", ["verify", "plot"])
def test_the_help_of_a_command_is_a_page(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What it does, what a target is, examples, what its exit status means; in 80 columns or so."""
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    out = capsys.readouterr().out
    for part in ("targets:", "examples:", "exit status:", f"  backprop {command} my_ops.py"):
        assert f"\n{part}" in out
    assert max(map(len, out.splitlines())) <= 92


def test_a_shell_completes_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    """With what `--print-completion` prints."""
    with pytest.raises(SystemExit, match="0"):
        main(["--print-completion", "bash"])
    out = capsys.readouterr().out
    assert "complete -o" in out
    assert "verify plot" in out


def test_completion_is_an_extra(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it the command says what to install."""
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["--print-completion", "zsh"]) == 2
    message = "shtab is missing: install the extra 'completion' of backprop-kernel"
    assert capsys.readouterr().err == f"backprop: {message}\n"


def test_plot_writes_a_picture_named_after_the_rule(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And says in words what it shows."""
    assert main(["plot", "Square", "--at", "2", "--domain", "0,10"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Square.svg: The derivative of Square at x = 2\n")
    assert 'role="img"' in (here / "Square.svg").read_text(encoding="utf-8")


def test_plot_shows_where_a_rule_is_wrong(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The picture is written, so the exit status is 0."""
    (here / "ops_slip.py").write_text(SLIP)
    assert main(["plot", "ops_slip.py", "--output", "slip.png"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("slip.png: The derivative of Slip at x = ")
    assert "What the verification found: Slip: backward is wrong" in out
    assert (here / "slip.png").read_bytes()[:4] == b"\x89PNG"


def test_plot_draws_the_report_of_a_verification(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where it looked, and how small errors it would have seen."""
    assert main(["plot", "sin", "--report", "--output", "report.svg"]) == 0
    assert capsys.readouterr().out.startswith("report.svg: How Sin was verified\n")
    assert "<desc>Numbers that were looked at: " in (here / "report.svg").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["log", "--at", "-1"], "at is outside of the domain of Log, Interval(0, inf): -1.0"),
        (["Square", "--output", "x.gif"], "a picture is a .svg or a .png, got 'x.gif'"),
        (["nowhere.at.all"], "no module 'nowhere.at.all' here or among the installed ones"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With exit status 2."""
    assert main(["plot", *arguments]) == 2
    assert capsys.readouterr().err == f"backprop: {message}\n"


def test_matplotlib_is_an_extra(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it the command says what to install."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["plot", "Square"]) == 2
    message = "matplotlib is missing: install the extra 'plot' of backprop-kernel"
    assert capsys.readouterr().err == f"backprop: {message}\n"
