"""The command line: what it finds, what it shows, and its exit status."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import backprop
import backprop.__main__
import backprop.cli.options
from backprop import Interval, Node
from backprop.cli.main import main
from backprop.cli.options import version
from backprop.cli.targets import TargetError, find, one, skipped
from backprop.cli.workers import _serve
from backprop.testing import GradientMismatch, NothingToJudge, Report
from backprop.testing.generators.expressions import numpy_functions

Write = Callable[[str, str], Path]

HEAD = """
import numpy as np
from backprop import Function, Interval, REALS

class Cube(Function):
    def forward(self, x):
        return x**3

    def backward(self, gy):
        return 3 * self.x**2 * gy
"""
WRONG = """
class Wrong(Cube):
    def backward(self, gy):
        return 3 * self.x * gy
"""
SCALE = """
class Scale(Function):
    def __init__(self, factor):
        self.factor = factor

    def forward(self, x):
        return x * x.dtype.type(self.factor)

    def backward(self, gy):
        return gy * gy.dtype.type(self.factor)
"""


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns without colours, whatever the tests run in."""
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes a file into a fresh working directory; what is imported from there is forgotten."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    before = set(sys.modules)
    yield write
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def _report(name: str, **changes: Any) -> Report:
    fields: dict[str, Any] = {
        "function": name,
        "domain": "Interval(-inf, inf)",
        "dtypes": ("float32", "float64"),
        "shapes": ((), (2, 3)),
        "examples": 30,
        "calls": (600, 400),
        "worst": 0.123,
        "median": 1e-16,
        "excused": 0,
        "smallest": 2.5e-12,
        "planted": 20,
        "rejected": 20,
        "accepted": (),
        "untried": (),
        "regions": (),
        "opinions": ("central differences",),
        "advice": (),
        "seconds": 0.25,
        "seed": 7,
    }
    return Report(**(fields | changes))


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A verifier that takes no time and judges by a rule's name; the list of what it was asked."""
    asked: list[dict[str, Any]] = []

    def verify(function: type[Node] | Node, **options: Any) -> Report:
        asked.append(options)
        name = getattr(function, "__name__", type(function).__name__)
        if name == "Wrong":
            raise GradientMismatch("Wrong: backward is wrong [x]", "print('the script')")
        if name == "Stuck":
            raise KeyboardInterrupt
        if name == "Nowhere":
            raise NothingToJudge("no finite value")
        if name == "Raises":
            raise ZeroDivisionError("by nothing")
        return (
            _report(name, rejected=18, accepted=("sign", "factor"))
            if name == "Weak"
            else _report(name, smallest=float("inf"))
        )

    monkeypatch.setattr("backprop.cli.outcomes.verify", verify)
    return asked


def _rule(name: str) -> str:
    return f"\nclass {name}(Cube):\n    pass\n"


# What it finds.


def test_every_class_defined_in_a_file_is_found(write: Write) -> None:
    """Function classes come in the order of their definition, imported ones are left out."""
    write("ops_all.py", "from backprop import Square\n" + HEAD + WRONG)
    assert [named.name for named in find("ops_all.py")] == ["Cube", "Wrong"]


def test_an_instance_is_found_under_its_own_name(write: Write) -> None:
    """An instance counts, and stands for a class that needs arguments."""
    write("ops_scale.py", HEAD + SCALE + "double = Scale(2.0)\n")
    assert [named.name for named in find("ops_scale.py")] == ["Cube", "double"]


@pytest.mark.parametrize("target", ["ops_pkg.inner", "ops_pkg/inner.py", "ops_pkg"])
def test_a_package_is_found_by_module_and_by_file(write: Write, target: str) -> None:
    """A file in a package is imported as its module, so that relative imports work."""
    write("ops_pkg/__init__.py", "from ops_pkg.inner import Deep")
    write("ops_pkg/base.py", HEAD)
    write("ops_pkg/inner.py", "from .base import Cube\n" + _rule("Deep"))
    assert [named.name for named in find(target)] == ["Deep"]


@pytest.mark.parametrize("target", ["ops_one:Cube", "ops_one.py:Cube", "ops_one:cube"])
def test_one_name_is_found(write: Write, target: str) -> None:
    """A name after a colon picks one class or instance."""
    write("ops_one.py", HEAD + WRONG + "cube = Cube()\n")
    assert [named.name for named in find(target)] == [target.partition(":")[2]]


@pytest.mark.parametrize(
    "target", ["Square", "sin", "linalg.det", "numpy.tanh", "numpy.linalg.det"]
)
def test_a_rule_of_this_package_is_found_by_its_name(target: str) -> None:
    """Or by NumPy's; where no module is called so."""
    assert [named.name for named in find(target)] == [target.removeprefix("numpy.")]


def test_a_function_of_any_module_is_found_by_its_dotted_name(write: Write) -> None:
    """As `torch.sinc` is; a module's own name comes first."""
    write("ops_dotted.py", HEAD)
    write("square.py", HEAD)
    assert [named.name for named in find("ops_dotted.Cube")] == ["Cube"]
    assert [named.name for named in find("square")] == ["Cube"]
    assert skipped("Square") == []
    with pytest.raises(TargetError, match="ops_dotted has no name 'Cuve'"):
        find("ops_dotted.Cuve")


def test_one_rule_is_asked_for(write: Write) -> None:
    """Of several the message names some, and how to ask for the first."""
    write("ops_several.py", HEAD + "".join(map(_rule, "ABCDE")))
    assert one("ops_several.py:A").name == "A"
    with pytest.raises(TargetError) as caught:
        one("ops_several.py")
    assert str(caught.value) == (
        "ops_several.py holds 6 rules (Cube, A, B, C, ...): name one, ops_several.py:Cube"
    )


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("nowhere.py", "no file nowhere.py"),
        ("no/where.py", "no file no/where.py"),
        ("./", "./ is no .py file"),
        ("", "an empty name is no .py file"),
        ("nowhere", "no module 'nowhere' here or among the installed ones"),
        ("no.where", "no module 'no.where' here or among the installed ones"),
        ("ops_bad.py", "ops_bad.py does not import: ZeroDivisionError: division by zero "
         "(ops_bad.py, line 2)"),
        ("ops_exit.py", "ops_exit.py does not import: SystemExit: bye (ops_exit.py, line 1)"),
        ("ops_needs.py", "ops_needs.py does not import: ModuleNotFoundError: No module named "
         "'nowhere' (ops_needs.py, line 1)"),
        ("ops_syntax.py", "ops_syntax.py does not import: SyntaxError: invalid syntax "
         "(ops_syntax.py, line 1)"),
        ("ops_empty.py", "ops_empty.py holds no Function: a rule is a subclass of Function, "
         "BinaryFunction or NaryFunction with a forward and a backward"),
        ("ops_cube:Cuve", "ops_cube has no name 'Cuve'"),
        ("ops_cube:np", "ops_cube:np is no Function but a module"),
        ("ops_cube:Function", "ops_cube:Function is no Function but a class without a forward"),
        ("ops_cube:Scale", "Scale in ops_cube needs arguments: verify an instance, write for "
         "example scale = Scale(2.0) beside it"),
        ("ops_scale.py", "Scale in ops_scale.py needs arguments: verify an instance, write for "
         "example scale = Scale(2.0) beside it"),
        ("json.py", "json.py does not import: ZeroDivisionError: division by zero "
         "(json.py, line 1)"),
    ],
)  # fmt: skip
def test_what_cannot_be_verified_is_said_in_one_line(
    write: Write, capsys: pytest.CaptureFixture[str], target: str, message: str
) -> None:
    """A target that does not exist, does not import or holds no rule is exit status 2."""
    write("ops_bad.py", "x = 1\nx / 0\n")
    write("ops_exit.py", "raise SystemExit('bye')")
    write("ops_needs.py", "import nowhere")
    write("ops_syntax.py", "def f(:")
    write("ops_empty.py", "from backprop import Function, Square\n")
    write("json.py", "1 / 0")
    write("ops_cube.py", HEAD + SCALE)
    write("ops_scale.py", "from backprop import Function\n" + SCALE)
    assert main(["verify", target]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"backprop: {message}\n"


class Pool:
    """A pool of processes that is none."""

    def __init__(self, workers: int | None, mp_context: object) -> None:
        self.context = mp_context

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing to close."""

    def map(self, function: Callable[..., Any], *items: Any, chunksize: int) -> Iterator[Any]:
        return map(function, *items)


def test_no_target_means_every_builtin(
    fake: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a target each function of backprop.numpy has its row in the table."""
    monkeypatch.setattr("backprop.cli.outcomes.ProcessPoolExecutor", Pool)
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["verify", "--seed", "7", "--examples", "3"]) == 0
    out = capsys.readouterr().out
    rows = [line.split()[0] for line in out.splitlines() if "float32, 64" in line]
    assert rows == list(numpy_functions())
    assert fake == [{"examples": 3, "seed": 7}] * len(rows)


# What it shows.


def test_the_table_fits_80_columns(
    write: Write, fake: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    """One line a rule: domain, dtypes, examples, errors, faults and time; then a summary."""
    write(
        "ops_table.py",
        HEAD
        + _rule("Low") + "    domain = Interval(0.0, float('inf'))\n"
        + _rule("High") + "    domain = Interval(-float('inf'), 1.0)\n"
        + _rule("Both") + "    domain = Interval(-1.0, 1.0), REALS.without(0.0, 2.5)\n",
    )  # fmt: skip
    assert main(["verify", "--workers", "0", "ops_table.py", "--seed", "1"]) == 0
    out = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "Cube any float32, 64 30 1,000 0.12 - 20/20 0.25 s" in lines
    assert any(line.startswith("Low > 0 float32") for line in lines)
    assert any(line.startswith("High < 1 float32") for line in lines)
    assert any(line.startswith("Both -1 to 1, any") for line in lines)
    assert max(map(len, out.splitlines())) <= 80
    assert lines[-1].startswith("4 rules verified, all right; ")
    assert lines[-1].endswith("; to repeat this run: --seed 1")
    assert len(fake) == 4


def test_a_wrong_rule_is_explained_and_the_others_are_still_verified(
    write: Write, fake: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 1; wrong, raising and ill-guarded rules are explained below the table."""
    names = ("Wrong", "Raises", "Nowhere", "Weak", "Fine")
    write("ops_wrong.py", HEAD + "".join(map(_rule, names)))
    assert main(["verify", "--workers", "0", "ops_wrong.py"]) == 1
    out = capsys.readouterr().out
    assert "Wrong: backward is wrong [x]" in out
    assert "This script repeats it:\n\nprint('the script')" in out
    assert "ZeroDivisionError: by nothing" in out
    assert "passed for right: sign, factor." in out
    assert "\nno finite value\n" in out
    assert [out.count(word) for word in ("18/20", "WRONG", "FAILED")] == [1, 1, 2]
    last = out.splitlines()[-1]
    assert last.startswith("4 of 6 rules failed: Wrong, Raises, Nowhere, Weak; ")
    assert len(fake) == 6
    assert fake[0]["seed"] == int(last.rpartition(" ")[2])


def test_the_bar_is_on_standard_error(
    write: Write,
    fake: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a terminal a bar shows which rule is being verified, and leaves the results alone."""
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    write("ops_bar.py", HEAD)
    assert main(["verify", "--workers", "0", "ops_bar.py"]) == 0
    captured = capsys.readouterr()
    assert "verifying Cube" in captured.err
    assert "0 wrong" in captured.err
    assert "verifying Cube" not in captured.out
    assert len(fake) == 1


def test_json_is_all_there_is_on_standard_output(
    write: Write, fake: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the module prints and however wrong a rule is; numbers that JSON lacks are null."""
    write("ops_json.py", "print('noise')\n" + HEAD + _rule("Wrong") + _rule("Weak"))
    assert main(["verify", "--workers", "0", "ops_json.py", "--json", "--seed", "5"]) == 1
    captured = capsys.readouterr()
    result = json.loads(captured.out, parse_constant=pytest.fail)
    cube, wrong, weak = result.pop("functions")
    assert result == {"version": version(), "seed": 5, "passed": False}
    assert (cube["name"], cube["passed"], cube["smallest"]) == ("Cube", True, None)
    assert cube["shapes"] == [[], [2, 3]]
    assert wrong["script"] == "print('the script')"
    assert "backward is wrong" in wrong["explanation"]
    assert (weak["passed"], weak["planted"], weak["rejected"]) == (False, 20, 18)
    assert captured.err == "noise\n"
    assert len(fake) == 3


# The real verifier behind it.


def test_markdown_is_the_table_of_the_docs(
    write: Write, fake: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    """A row for each rule; of a wrong one it says so."""
    write("ops_markdown.py", HEAD + _rule("Wrong"))
    assert main(["verify", "--workers", "0", "ops_markdown.py", "--markdown"]) == 1
    rows = capsys.readouterr().out.splitlines()
    assert rows[-2:] == [
        "| `Cube` | any | 1, 2 | yes |  | 0.12 |  |",
        "| `Wrong` | any | WRONG |  |  |  |  |",
    ]
    assert len(fake) == 2


def test_a_run_can_be_repeated_exactly(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """The same seed gives the same results, but for the time."""
    write("ops_seed.py", HEAD)

    def run() -> dict[str, Any]:
        assert main(["verify", "ops_seed.py", "--json", "--seed", "11"]) == 0
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        del result["functions"][0]["seconds"]
        return result

    assert run() == run()


def test_the_script_of_a_wrong_rule_fails_the_same_way(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """The script that is printed runs as it stands and raises the mismatch it tells of."""
    write("ops_script.py", HEAD + WRONG)
    assert main(["verify", "ops_script:Wrong", "--json", "--seed", "2"]) == 1
    (wrong,) = json.loads(capsys.readouterr().out)["functions"]
    with pytest.raises(GradientMismatch, match="Wrong: backward is wrong"):
        exec(wrong["script"], {})


def test_the_command_runs_as_a_program(write: Write) -> None:
    """`python -m backprop verify my_ops.py` in a process of its own."""
    write("my_ops.py", HEAD)
    env = os.environ | {"PYTHONPATH": str(Path(backprop.__file__).parents[1])}
    command = [sys.executable, "-m", "backprop", "verify", "my_ops.py", "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "1 rule verified, all right" in done.stdout


# Options, and what else may happen.


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: command"),
        (["plot"], "the following arguments are required: target"),
        (["plot", "x", "--at", "here"], "cannot be meant: 'here'"),
        (["verify", "--seed", "-1"], "a whole number from 0 to 4294967295 is needed, got '-1'"),
        (["verify", "--seed", str(2**32)], "from 0 to 4294967295 is needed, got '4294967296'"),
        (["verify", "--seed", "x"], "a whole number from 0 to 4294967295 is needed, got 'x'"),
        (["verify", "--examples", "0"], "a whole number from 1 on is needed, got '0'"),
        (["verify", "--examples", "1.5"], "a whole number from 1 on is needed, got '1.5'"),
    ],
)
def test_arguments_are_checked(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    """A wrong argument is exit status 2 with a message that shows it."""
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert message in capsys.readouterr().err


def test_the_version_is_that_of_the_distribution(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`backprop --version`, run as the program that it is."""
    monkeypatch.setattr(sys, "argv", ["backprop", "--version"])
    with pytest.raises(SystemExit, match="0"):
        runpy.run_path(str(backprop.__main__.__file__), run_name="__main__")
    assert capsys.readouterr().out == f"backprop-kernel {version()}\n"


def test_a_source_tree_has_no_version(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run from a source tree that is not installed, the command says so and does not fail."""
    monkeypatch.setattr(backprop.cli.options, "NAME", "no-such-distribution")
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == "no-such-distribution (not installed)\n"


def test_a_missing_extra_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without rich or Hypothesis the command says what to install."""
    for room in ("progress", "terminal"):
        monkeypatch.delattr(backprop.cli, room, raising=False)
        monkeypatch.delitem(sys.modules, f"backprop.cli.{room}", raising=False)
    monkeypatch.setitem(sys.modules, "rich", None)
    assert main(["verify"]) == 2
    message = "rich is missing: install the extra 'testing' of backprop-kernel"
    assert capsys.readouterr().err == f"backprop: {message}\n"


def test_any_other_missing_module_is_no_matter_of_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    """What only a broken installation lacks is raised as it is."""
    monkeypatch.setitem(sys.modules, "backprop.cli.outcomes", None)
    with pytest.raises(ModuleNotFoundError, match=r"backprop\.cli\.outcomes"):
        main(["verify"])


def test_an_interrupt_is_no_traceback(
    write: Write, fake: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C shows what was verified until then; the exit status is that which shells use."""
    write("ops_stuck.py", HEAD + _rule("Stuck") + _rule("Later"))
    assert main(["verify", "--workers", "0", "ops_stuck.py"]) == 130
    captured = capsys.readouterr()
    assert captured.err == "backprop: interrupted; 2 rules were not verified\n"
    assert "1 rule verified, all right" in captured.out
    assert main(["verify", "--workers", "0", "ops_stuck.py:Stuck"]) == 130
    assert capsys.readouterr().err == "backprop: interrupted\n"
    assert len(fake) == 3


def test_a_class_that_needs_arguments_is_named_and_the_others_are_verified(
    write: Write, fake: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error, in a line; an instance beside it stands for it."""
    write("ops_skip.py", HEAD + SCALE)
    assert main(["verify", "--workers", "0", "ops_skip.py"]) == 0
    err = capsys.readouterr().err
    assert "skipped Scale, which needs arguments: verify an instance, scale = Scale(...)" in err
    assert main(["verify", "--workers", "0", "ops_skip.py:Cube"]) == 0
    assert capsys.readouterr().err == ""
    assert len(fake) == 2


def test_shapes_dtypes_domain_and_budget_are_those_of_verify(
    write: Write, fake: list[dict[str, Any]]
) -> None:
    """One shape may stand alone."""
    write("ops_options.py", HEAD)
    command = ["verify", "--workers", "0", "ops_options.py", "--seed", "1"]
    options = ["--shapes", "(3,), (2, 3)", "--dtypes", "float64,float32", "--domain", "0,inf"]
    assert main([*command, *options, "--budget", "2.5"]) == 0
    assert main([*command, "--shapes", "(3,)"]) == 0
    assert fake[0] == {
        "seed": 1,
        "shapes": ((3,), (2, 3)),
        "dtypes": ("float64", "float32"),
        "domain": Interval(0.0, float("inf")),
        "budget": 2.5,
    }
    assert fake[1]["shapes"] == ((3,),)


@pytest.mark.parametrize(
    "option",
    [
        ["--shapes", "three"], ["--shapes", "(1.5,)"], ["--dtypes", "int8"], ["--domain", "1,0"],
        ["--domain", "one"], ["--budget", "0"], ["--budget", "soon"], ["--workers", "-1"],
    ],
)  # fmt: skip
def test_an_option_that_cannot_be_meant_is_refused(
    option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """As argparse does, with the value."""
    with pytest.raises(SystemExit, match="2"):
        main(["verify", "ops.py", *option])
    assert option[1] in capsys.readouterr().err


def test_a_narrow_terminal_has_a_list(
    write: Write,
    fake: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Forty columns are enough to read it."""
    monkeypatch.setenv("COLUMNS", "40")
    write("ops_narrow.py", HEAD + _rule("Wrong"))
    assert main(["verify", "--workers", "0", "ops_narrow.py"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["Cube", "    error 0.12, sees -, 20/20, 0.25 s"]
    assert lines[2:4] == ["Wrong", "    WRONG"]


LAWLESS = """
import os, sys, time
class Ends(Cube):
    def backward(self, gy):
        os._exit(0)

class Exits(Cube):
    def backward(self, gy):
        sys.exit(0)

class Hangs(Cube):
    def backward(self, gy):
        time.sleep(1000)
"""


def test_a_rule_that_ends_or_stops_its_process_is_a_failure(
    write: Write, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process is another one, which is killed when it hangs; the others are verified."""
    monkeypatch.setattr("backprop.cli.workers._START", 6.0)
    write("ops_lawless.py", HEAD + LAWLESS)
    command = ["verify", "ops_lawless.py", "--budget", "0.5", "--workers", "2", "--seed", "1"]
    assert main([*command, "--examples", "4"]) == 1
    out = capsys.readouterr().out
    assert "it ended the process that verified it, with status 0" in out
    assert "SystemExit: 0" in out
    assert "it did not end within 8 seconds" in out
    assert out.splitlines()[-1].startswith("3 of 4 rules failed: Ends, Exits, Hangs; ")


def test_a_file_may_be_called_like_a_module_of_pythons_own(write: Write) -> None:
    """It is not imported under that name."""
    write("json.py", HEAD)
    assert [named.name for named in find("json.py")] == ["Cube"]
    assert [named.name for named in find("json.py")] == ["Cube"]


class Asked:
    """A pipe from which some numbers of rules come, and nothing more."""

    def __init__(self, *numbers: int) -> None:
        self.left = list(numbers)
        self.sent: list[Any] = []

    def recv(self) -> int:
        if not self.left:
            raise EOFError
        return self.left.pop(0)

    def send(self, answer: Any) -> None:
        self.sent.append(answer)


def test_a_process_answers_for_each_rule_that_it_is_asked_for(
    write: Write, fake: list[dict[str, Any]]
) -> None:
    """Until nothing more is asked; what cannot be sent is not in the answer."""
    write("ops_served.py", HEAD + _rule("Wrong"))
    pipe: Any = Asked(1, 0)
    _serve(pipe, ("ops_served.py",), {"seed": 3})
    (no, wrong, script), (report, *nothing) = pipe.sent
    assert (no, script) == (None, "print('the script')")
    assert wrong.startswith("Wrong: backward is wrong [x]")
    assert isinstance(report, Report)
    assert nothing == ["", ""]
    assert [asked["seed"] for asked in fake] == [3, 3]


def test_an_unknown_target_raises_in_the_library() -> None:
    """`find` raises TargetError, which is a ValueError of this package."""
    with pytest.raises(TargetError, match="no file") as caught:
        find("no_such_file.py")
    assert isinstance(caught.value, ValueError)


def test_a_console_that_does_not_know_every_letter(tmp_path: Path) -> None:
    """One of Windows, in cp1252, shows the table of a rule that has a Greek name."""
    file = tmp_path / "greek.py"
    file.write_text(HEAD.replace("Cube", "Γ"), "utf-8")
    command = [sys.executable, "-m", "backprop", "verify", str(file), "--examples=5", "--seed=1"]
    env = {**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}

    done = subprocess.run(command, capture_output=True, encoding="cp1252", env=env, check=False)

    assert done.stderr == ""
    assert "\\u0393" in done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize("module", ["", ".numpy", ".testing", ".__main__"])
def test_imports_warn_of_nothing(module: str) -> None:
    """Where every warning is an error, the package can be imported."""
    command = [sys.executable, "-W", "error", "-c", f"import backprop{module}"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.stderr == ""
    assert done.returncode == 0
