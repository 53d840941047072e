"""`python -m benchmarks.peers.page` writes docs/findings.md and a report for each fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Final

from benchmarks.peers import classes
from benchmarks.peers.campaign import kept, rewrite
from benchmarks.peers.faults import FAULTS, Fault, Measured, known, reproducer
from benchmarks.peers.verdicts import Row

DOCS: Final = Path(__file__).parents[2] / "docs"
_NAMES: Final = {
    "torch": "PyTorch",
    "jax": "JAX",
    "autograd": "HIPS autograd",
    "mygrad": "MyGrad",
}
_OTHER: Final = ("not offered", "cannot call", "nothing to judge", "killed")
_HEAD: Final = (
    "calls",
    "runs",
    "accepted",
    "rejected",
    *classes.CLASSES,
    *_OTHER,
)

_INTRO: Final = """# Findings

`make peers` puts the derivative rules of PyTorch, JAX, HIPS autograd and MyGrad through this
package's [verifier](verify-your-own-rule.md): their own rules, as they stand in their newest
releases.
This page is generated from `benchmarks/peers/results/` and from the table of classes beside it.

What was found is little beside what is right, as the table shows. The point of the page is
another: how the wrong part looks, and that it can be found. These runs tried few inputs, a dozen
examples and three seconds of each call; a rejection that stands under *not classed yet* has been
looked at by nobody, and may be a false alarm of ours.

"""
_CLASSES: Final = """## What the classes mean

- **fault**: a wrong gradient at ordinary numbers.
- **end of the range**: wrong only where numbers are about as large or small as the dtype has them.
- **precision**: right to some digits, fewer than the dtype has and than the problem allows.
- **convention**: at a kink, a tie, or where 0 meets infinity, another choice than ours.
- **contract**: the value of another dtype or shape, or something else that no number shows.
- **false alarm of ours**: the rule is right and the verifier was wrong.

"""


def page(rows: list[Row], faults: Iterable[Fault], measured: dict[str, Measured]) -> str:
    """The text of docs/findings.md."""
    shown = [fault for fault in faults if fault.slug in measured]
    sections = (_section(fault, measured[fault.slug]) for fault in shown)
    parts = (_INTRO, _counts(rows), _CLASSES, "## Faults\n\n", *sections, _rest(rows))
    return "".join(parts).rstrip() + "\n"


def family(row: Row) -> str:
    """The module that a function is in, as the table has it."""
    return row.function.rpartition(".")[0] or row.function


def _counts(rows: list[Row]) -> str:
    ordered = sorted(rows, key=lambda row: (row.library, _short(row)))
    groups = groupby(ordered, key=lambda row: (row.library, _short(row)))
    lines = [_line(f"{_NAMES[key[0]]}: {key[1]}", list(group)) for key, group in groups]
    total = _line("**all**", rows)
    table = "\n".join([_cells(("", *_HEAD)), _cells(("---",) * (1 + len(_HEAD))), *lines, total])
    return f"## How many\n\n{_said(rows)}\n\n{table}\n\n"


def _said(rows: list[Row]) -> str:
    calls = len({(row.library, row.call) for row in rows})
    functions = len({row.function for row in rows})
    return (
        f"{calls:,} calls of {functions:,} functions, in {len(rows):,} runs: the first order in "
        "float64, then in float32, then the second order where the library has one. Forward mode "
        "is verified with each first order where it is offered."
    )


def _short(row: Row) -> str:
    """A family; what is made of many small modules counts as one."""
    parts = family(row).split(".")
    return ".".join(
        parts[:3] if parts[:2] in (["jax", "scipy"], ["autograd", "scipy"]) else parts[:2]
    )


def _line(name: str, rows: list[Row]) -> str:
    verdicts = Counter(row.verdict for row in rows)
    found = Counter(row.cls for row in rows if row.verdict == "rejected")
    figures = (
        len({row.call for row in rows}),
        len(rows),
        verdicts["accepted"],
        verdicts["rejected"],
        *(found[name] for name in classes.CLASSES),
        *(verdicts[name] for name in _OTHER),
    )
    return _cells((name, *(f"{n:,}" if n else "" for n in figures)))


def _cells(texts: Iterable[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _section(fault: Fault, found: Measured) -> str:
    return f"""### {_NAMES[fault.library]}: `{fault.function}`, {fault.dtype}

{_sentence(fault, found)}

```python
{reproducer(fault).rstrip()}  # {found.raised or found.gradient!r}
```

| | |
|---|---|
| the truth, by mpmath | {found.truth} |
| off by | {_off(found)} |
| where | {fault.since} |
| version | {found.version} |
| {_checker(found)[0]} | {_checker(found)[1]} |

"""


def _sentence(fault: Fault, found: Measured) -> str:
    return f"{fault.cause[:1].upper()}{fault.cause[1:]}."


def _off(found: Measured) -> str:
    if found.raised:
        return "it raises"
    if found.off != found.off:  # nan
        return "the gradient is nan"
    if float(found.truth) == 0:
        return f"{found.off:.2g}, where the truth is 0"
    return f"{found.off:.2g} of the truth"


def _checker(found: Measured) -> tuple[str, str]:
    if not found.checker:
        return "checker", "the library has none"
    verdict = "passes it" if found.passes else "rejects it"
    return f"`{found.checker}` at this input", verdict


def _rest(rows: list[Row]) -> str:
    """Every rejection with its class and why."""
    rejected = sorted((r for r in rows if r.verdict == "rejected"), key=_place)
    parts = ["## Every rejection\n\n"]
    for name, group in groupby(rejected, key=lambda row: row.cls):
        lines = [_cells(("call", "order, dtype", "why")), _cells(("---",) * 3)]
        lines += [_rejection(row) for row in group]
        parts.append(f"### {name[:1].upper()}{name[1:]}\n\n" + "\n".join(lines) + "\n\n")
    return "".join(parts)


def _place(row: Row) -> tuple[int, str, str, int]:
    return classes.CLASSES.index(row.cls), row.library, row.call, row.order


def _rejection(row: Row) -> str:
    why = classes.of(row).why or _first(row.counterexample)
    call = row.call.replace("|", "\\|")
    return _cells((f"{_NAMES[row.library]} `{call}`", f"{row.order}, {row.dtype}", why))


def _first(text: str) -> str:
    lines = [line.strip() for line in text.splitlines()][:3]
    return "; ".join(lines).replace("|", "\\|")[:200]


def report(fault: Fault, found: Measured) -> str:
    """A report for the library, ready to send."""
    name, seen = _NAMES[fault.library], "no" if found.passes or not found.checker else "yes"
    checker = f"`{found.checker}`" if found.checker else "no checker of the library"
    lines = (
        f"# Gradient of `{fault.function}` ({fault.dtype}): {fault.since}\n",
        f"Thank you for {name}. While verifying derivative rules against differences in high",
        f"precision we came upon this one, in version {found.version}:\n",
        f"```python\n{reproducer(fault).rstrip()}  # {found.raised or found.gradient!r}\n```\n",
        f"**Expected:** {found.truth} (by mpmath, of the input as {fault.dtype} holds it).\n",
        f"**Off by:** {_off(found)}.\n",
        f"**Where:** {fault.since}.\n",
        f"**Likely cause:** {fault.cause}. We have looked no further, and may be wrong in this.\n",
        f"**Seen by** {checker} at this input, at its defaults: {seen}.",
    )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the classes into the results, and the pages."""
    rows = list(classes.classed(kept()))
    rewrite(rows)
    measured = known()
    (DOCS / "findings.md").write_text(page(rows, FAULTS, measured))
    for fault in FAULTS:
        path = DOCS / "findings" / f"{fault.slug}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(report(fault, measured[fault.slug]))


if __name__ == "__main__":
    main()
