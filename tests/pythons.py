"""The tests on every Python there is, with the lowest and the newest NumPy: `make test-pythons`.

Of 3.11 to 3.15 and the free-threaded 3.14t it takes what it finds as python3.11 and so on, or what
PYTHONS names: `PYTHONS="/opt/py/bin/python3.15 python3.11" make test-pythons`. Each has an
environment of its own, with the versions of constraints.txt but for NumPy's and what depends on
them. The last run is one without a wider float than float64. Arguments go to pytest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
HOME = ROOT / ".venv-pythons"
NAMES = [*(f"python3.{minor}" for minor in range(11, 16)), "python3.14t"]
NUMPYS = {"lowest": "numpy==2.3.*", "newest": "numpy"}
BOUND = ("numpy", "scipy", "optype")  # whose versions go with NumPy's
TELL = "import sys, numpy; print('Python', sys.version.split()[0], '- NumPy', numpy.__version__)"


class Run(NamedTuple):
    """One interpreter with one NumPy."""

    python: str
    numpy: str

    @property
    def home(self) -> Path:
        return HOME / f"{Path(self.python).name}-{self.numpy}"

    @property
    def interpreter(self) -> Path:
        return self.home / ("Scripts" if sys.platform == "win32" else "bin") / "python"

    def ready(self) -> bool:
        """Make the environment, once; whether all it needs can be had for this Python."""
        if not (self.home / "ready").exists():
            subprocess.run([self.python, "-m", "venv", "--clear", self.home], check=True)
            options = ["--quiet", "--disable-pip-version-check", "--prefer-binary"]
            only: list[str | Path] = [
                "--only-binary",
                "numpy,scipy,scikit-learn,pandas",
                "-c",
                _constraints(),
            ]
            wanted = ["-e", f"{ROOT}[dev]", NUMPYS[self.numpy]]
            install: list[str | Path] = [self.interpreter, "-m", "pip", "install"]
            if subprocess.run([*install, *options, *only, *wanted], check=False).returncode:
                return False
            (self.home / "ready").touch()
        return True

    def outcome(self, *arguments: str) -> str:
        """One line that says how the tests went."""
        if not self.ready():
            return f"not run  {self.python}: pip finds no {NUMPYS[self.numpy]} for it"
        tests: list[str | Path] = [self.interpreter, "-m", "pytest", "-q", "-n", "2", *arguments]
        status = subprocess.run(tests, cwd=ROOT, check=False).returncode
        told = subprocess.run(
            [self.interpreter, "-c", TELL], capture_output=True, text=True, check=True
        )
        return " ".join(["FAILED  " if status else "passed  ", told.stdout.strip(), *arguments])


def _constraints() -> Path:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    free = HOME / "constraints.txt"
    free.write_text("\n".join(line for line in lines if not line.startswith(BOUND)))
    return free


def outcomes(pythons: list[str], arguments: list[str]) -> Iterator[str]:
    """What comes of each run, one after the other."""
    for python in pythons:
        for numpy in NUMPYS:
            yield Run(python, numpy).outcome(*arguments)
    yield Run(pythons[-1], "newest").outcome("-p", "tests.narrow", *arguments)


def _runs(name: str) -> bool:
    """Whether there is such an interpreter: a shim of a version manager may stand for none."""
    if shutil.which(name) is None:
        return False
    tried = subprocess.run([name, "-c", ""], capture_output=True, check=False)
    return tried.returncode == 0


def main() -> int:
    """Run all and say at the end what came of each, and what was not found; 1 if one failed."""
    names = os.environ.get("PYTHONS", "").split() or NAMES
    missing = [name for name in names if not _runs(name)]
    HOME.mkdir(exist_ok=True)
    found = [name for name in names if name not in missing]
    lines = list(outcomes(found, sys.argv[1:])) if found else ["nothing ran"]
    print("", *lines, *(f"not found  {name}" for name in missing), sep="\n")
    return int(not found or any(line.startswith("FAILED") for line in lines))


if __name__ == "__main__":
    sys.exit(main())
