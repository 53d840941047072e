"""Which pages are in Korean, and whether all of each is: `make docs` asks.

Sphinx takes the sentences out of the pages (build/gettext); docs/locale has what they are in
Korean. `make translations`, which is `--update`, brings new sentences into docs/locale by
sphinx-intl, where they wait for their translation.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Message
from babel.messages.pofile import read_po

HERE: Final = Path(__file__).parent
TAKEN: Final = HERE.parent / "build" / "gettext"
KOREAN: Final = HERE / "locale" / "ko" / "LC_MESSAGES"
PAGES: Final = (
    "index",
    "start-here",
    "from-the-notes",
    "how-it-works",
    "rules",
    "verify-your-own-rule",
    "reading-a-failure",
    "how-far-to-trust-it",
    "pictures",
    "guarantees",
    "work/index",
    "work/training_loop",
    "work/newton",
    "work/least_squares",
    "work/gaussian_process",
    "work/physical_model",
    "work/logistic_regression",
    "work/neural_network",
    "work/custom_rule",
)
ELSE: Final = (
    "이 페이지는 코드에서 자동으로 만들었거나 개발자를 위해 쓴 것이어서 영어로만 제공합니다."
)


def messages(page: Path) -> dict[str, Message]:
    """What a catalogue has, by the English."""
    with page.open("rb") as file:
        return {str(m.id): m for m in read_po(file) if m.id}


def missing(page: str) -> Iterator[str]:
    """The sentences of a page that are not in Korean, or were for another English one."""
    known = messages(KOREAN / f"{page}.po")
    for english in messages(TAKEN / f"{page}.pot"):
        korean = known.get(english)
        if korean is None or not korean.string or korean.fuzzy:
            yield english


def update() -> None:
    """New sentences into docs/locale, those that are gone out of it."""
    pots = TAKEN.with_name("pots")
    shutil.rmtree(pots, ignore_errors=True)
    for page in PAGES:
        (pots / page).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TAKEN / f"{page}.pot", pots / f"{page}.pot")
    intl = [sys.executable, "-m", "sphinx_intl", "update", "--no-obsolete"]
    subprocess.run([*intl, "-p", str(pots), "-d", str(HERE / "locale"), "-l", "ko"], check=True)


def main() -> int:
    """Say what is not translated; 1 if something is not."""
    if sys.argv[1:] == ["--update"]:
        update()
    left = [(page, sentence) for page in PAGES for sentence in missing(page)]
    for page, sentence in left:
        print(f"docs/locale/ko: {page} has no Korean for: {sentence}")
    if left:
        print("`make translations` brings these into docs/locale; then translate them")
    return int(bool(left))


if __name__ == "__main__":
    sys.exit(main())
