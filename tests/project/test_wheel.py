"""The wheel, built and installed where there is nothing but NumPy."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """What the command prints; it must succeed."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel and NumPy, and nothing else."""
    home = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", home, ROOT)
    (wheel,) = home.glob("*.whl")
    run(sys.executable, "-m", "venv", "--without-pip", home / "venv")
    interpreter = home / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    packages = Path(
        run(interpreter, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    )
    run(
        *(sys.executable, "-m", "pip", "install", "--no-index", "--no-deps"),
        *("--disable-pip-version-check", "--target", packages, wheel),
    )
    for name in ("purelib", "platlib"):
        for part in Path(sysconfig.get_path(name)).glob("numpy*"):
            if not (packages / part.name).exists():
                (packages / part.name).symlink_to(part, target_is_directory=part.is_dir())
    return interpreter


def test_notes_run_from_the_wheel(python: Path, tmp_path: Path) -> None:
    """The notes' example runs, from the installed package."""
    program = """
import numpy as np, backprop
from backprop import Exp, Square, Variable
x = Variable(np.array(0.5))
y = Square()(Exp()(Square()(x)))
y.backward()
print(x.grad)
print("site-packages" in backprop.__file__)
"""
    assert run(python, "-c", program, cwd=tmp_path).split() == ["3.297442541400256", "True"]


def test_marker_of_types_is_shipped(python: Path, tmp_path: Path) -> None:
    """The wheel has py.typed beside the package, and the licence."""
    program = """
from importlib.metadata import files
print(*(f for f in files("backprop-kernel") if f.name in ("py.typed", "LICENSE")))
"""
    shipped = run(python, "-c", program, cwd=tmp_path)

    assert "backprop/py.typed" in shipped
    assert "LICENSE" in shipped


@pytest.mark.parametrize(
    "absent", ["hypothesis", "rich", "numpy.typing", "backprop.testing", "matplotlib"]
)
def test_import_is_lean(python: Path, tmp_path: Path, absent: str) -> None:
    """`import backprop` imports NumPy and what that does itself, and no more."""
    program = f"import sys, backprop; print({absent!r} in sys.modules)"

    assert run(python, "-c", program, cwd=tmp_path).strip() == "False"


def test_only_numpy_is_needed(python: Path, tmp_path: Path) -> None:
    """The metadata ask for NumPy alone."""
    program = """
from importlib.metadata import requires
print([r for r in requires("backprop-kernel") if "extra" not in r])
"""
    assert run(python, "-c", program, cwd=tmp_path).strip() == "['numpy>=2.3']"
