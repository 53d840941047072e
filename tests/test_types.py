"""Type checkers accept what users may write, without Any, and reject their mistakes."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from mypy import api

HERE = Path(__file__).parent
ROOT = HERE.parent


def mypy(*arguments: str) -> tuple[str, int]:
    """What mypy says under the project's settings, and its exit status."""
    report, errors, status = api.run(
        ["--config-file", str(ROOT / "pyproject.toml"), "--no-error-summary", *arguments]
    )
    assert not errors
    return report, status


@pytest.mark.parametrize("name", ["accepted", "rejected"])
def test_user_files(name: str) -> None:
    """Each line of accepted.py passes without Any; each of rejected.py has its mistake."""
    report, status = mypy(str(HERE / "typing" / f"{name}.py"))

    assert report == ""
    assert status == 0


def test_accepted_runs() -> None:
    """What accepted.py shows to the type checker runs too."""
    names = runpy.run_path(str(HERE / "typing" / "accepted.py"))

    assert names["gradient"] == 3.297442541400256


def test_stubs_of_judges() -> None:
    """Our stub of mpmath says nothing that mpmath does not do."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy.stubtest", "mpmath"),
            *("--ignore-missing-stub", "--mypy-config-file", "pyproject.toml"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
