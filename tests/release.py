"""What is released, before it is: `make release-check`.

The sdist, and the wheel that is built of it, are built twice, from two copies of what git has, and
must be the same bytes; the sdist must have every file that git has; twine and check-wheel-contents
must have nothing to say. The time in the archives is that of the last commit.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

ROOT: Final = Path(__file__).parents[1]
BESIDE: Final = {"PKG-INFO"}  # what an sdist has and git has not


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    """What the command prints; it must succeed."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def tracked() -> set[str]:
    """The files that git has."""
    return set(run("git", "ls-files").splitlines())


def built(home: Path) -> list[Path]:
    """An sdist and a wheel of a fresh copy of what git has: in the index, as it stands here."""
    source, out = home / "source", home / "dist"
    run("git", "checkout-index", "--all", f"--prefix={source}/")
    when = run("git", "log", "-1", "--format=%ct").strip()
    build = (sys.executable, "-m", "build", "--no-isolation", "--outdir", out)
    run(*build, cwd=source, SOURCE_DATE_EPOCH=when)
    return sorted(out.iterdir())


def shipped(sdist: Path) -> set[str]:
    """The files of an sdist, by their paths in the project."""
    with tarfile.open(sdist) as archive:
        return {member.name.partition("/")[2] for member in archive if member.isfile()}


def complaints(first: list[Path], second: list[Path]) -> Iterator[str]:
    """What differs between both builds, and what the sdist lacks or has too much."""
    for a, b in zip(first, second, strict=True):
        if a.read_bytes() != b.read_bytes():
            yield f"{a.name} is another one when it is built again"
    (sdist,) = (path for path in first if path.name.endswith(".tar.gz"))
    known, there = tracked(), shipped(sdist) - BESIDE
    yield from (f"{name} is not in the sdist" for name in sorted(known - there))
    yield from (f"{name} is in the sdist, and git does not know it" for name in there - known)


def main() -> int:
    """Build twice, compare, check; 1 if something is wrong."""
    with TemporaryDirectory() as one, TemporaryDirectory() as two:
        first, second = built(Path(one)), built(Path(two))
        wrong = list(complaints(first, second))
        run(sys.executable, "-m", "twine", "check", "--strict", *first)
        wheel = next(path for path in first if path.suffix == ".whl")
        run(sys.executable, "-m", "check_wheel_contents", wheel)
        print(*(f"{sha256(p.read_bytes()).hexdigest()}  {p.name}" for p in first), sep="\n")
    print(*wrong, sep="\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
