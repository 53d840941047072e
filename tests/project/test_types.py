"""Type checkers accept what users may write, without Any, and reject their mistakes."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mypy import api

HERE = Path(__file__).parents[1]
ROOT = HERE.parent


def mypy(*arguments: str) -> tuple[str, int]:
    """What mypy says under the project's settings, and its exit status."""
    report, errors, status = api.run(
        ["--config-file", str(ROOT / "pyproject.toml"), "--no-error-summary", *arguments]
    )
    assert not errors
    return report, status


@pytest.mark.parametrize("name", ["accepted", "names", "rejected"])
def test_user_files(name: str) -> None:
    """Each line of the first two passes without Any; each of rejected.py has its mistake."""
    report, status = mypy(str(HERE / "typing" / f"{name}.py"))

    assert report == ""
    assert status == 0


def test_an_array_does_not_take_a_variable_in_place(tmp_path: Path) -> None:
    """The code of the error is that of NumPy's stubs, which name it differently in each version."""
    file = tmp_path / "inplace.py"
    lines = ["import numpy as np", "from backprop import Variable", "array = np.ones(2)"]
    file.write_text("\n".join([*lines, "array += Variable(np.ones(2))", ""]))

    report, status = mypy(str(file))

    assert "inplace.py:4: error: " in report
    assert status == 1


# Names of one version of NumPy or of one platform only.
NOT_EVERYWHERE = {"complex256", "float128", "in1d", "row_stack", "trapz"}


def test_every_name_of_numpy_is_known(tmp_path: Path) -> None:
    """But for those that not every NumPy has."""
    names = [name for name in np.__all__ if name[0] != "_" and name not in NOT_EVERYWHERE]
    names += [f"linalg.{name}" for name in np.linalg.__all__]
    names += [f"fft.{name}" for name in np.fft.__all__]
    file = tmp_path / "names.py"
    file.write_text("import backprop.numpy as np\n" + "".join(f"print(np.{n})\n" for n in names))

    report, _ = mypy(str(file))

    assert [line for line in report.splitlines() if "[attr-defined]" in line] == []


def test_accepted_runs() -> None:
    """What accepted.py shows to the type checker runs too, and names.py."""
    runpy.run_path(str(HERE / "typing" / "names.py"))
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
