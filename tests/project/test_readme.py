"""What README.md shows beside its doctests: the file with a slip in it, and what is said of it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from backprop.cli.main import main

README = Path(__file__).parents[2] / "README.md"


def _shape(text: str) -> str:
    """A text without what differs from run to run and machine to machine: numbers and widths."""
    text = re.sub(r"\d[\d.]*(e[+-]\d+)?", "#", text)
    return " ".join(text.replace("─", " ").split())


def test_the_session_with_a_wrong_rule_is_real(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file shown there, verified by the command shown there, gives the output shown there."""
    source, session = re.findall(
        r"```python\n(import numpy.*?)```\n\n```console\n(.*?)```", README.read_text(), re.DOTALL
    )[0]
    command, _, shown = session.partition("\n")
    (tmp_path / "my_ops.py").write_text(source)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("COLUMNS", "80")
    try:
        status = main(command.removeprefix("$ python -m backprop ").split())
    finally:
        sys.modules.pop("my_ops", None)
    assert status == 1
    assert _shape(capsys.readouterr().out) == _shape(shown)
