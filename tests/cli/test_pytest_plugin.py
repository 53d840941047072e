"""`pytest --verify TARGET`: every rule is a test, with a name, a time and a report."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

pytest_plugins = ["pytester"]

OPS = """
from backprop import Function

class Cube(Function):
    def forward(self, x):
        return x**3

    def backward(self, gy):
        return 3 * self.x**2 * gy

class Wrong(Cube):
    def backward(self, gy):
        return 3.0001 * self.x**2 * gy

class Raises(Cube):
    def backward(self, gy):
        raise KeyError("no")
"""


# The plugin by its module, not by the entry point, before which no coverage could be measured.
PLUGIN = ("-p", "no:backprop", "-p", "backprop.cli.pytest_plugin")


@pytest.fixture
def ops(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of rules, and a test beside it."""
    monkeypatch.delenv("HYPOTHESIS_PROFILE", raising=False)
    pytester.makepyfile(test_beside="def test_beside(verify_gradient): assert verify_gradient")
    return pytester.makepyfile(some_ops=OPS)


def test_each_rule_of_a_target_is_a_test(pytester: pytest.Pytester, ops: Path) -> None:
    """Named by its target; what is wrong is said without a frame of ours."""
    result = pytester.runpytest(*PLUGIN, "--verify", ops.name, "--verify-seed", "1", "-v")

    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["some_ops.py::Cube PASSED*", "*Wrong: backward is wrong*"])
    assert "verifier.py" not in result.stdout.str()


def test_a_rule_is_chosen_by_its_name(pytester: pytest.Pytester, ops: Path) -> None:
    """With pytest's own -k; a test beside is run where its path is given."""
    chosen = pytester.runpytest(*PLUGIN, "--verify", ops.name, "-k", "Cube")
    beside = pytester.runpytest(*PLUGIN, "--verify", f"{ops.name}:Cube", "test_beside.py")

    chosen.assert_outcomes(passed=1, deselected=2)
    beside.assert_outcomes(passed=2)


def test_a_fault_that_was_not_seen_fails_and_an_accident_is_shown(
    pytester: pytest.Pytester, ops: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rule may be right, but nothing was proved; the other is none of the rule's."""

    def verify(rule: type, *, seed: int | None) -> object:
        if rule.__name__ == "Wrong":
            raise OSError("disk")
        return SimpleNamespace(accepted=("sign",), passed=False)

    monkeypatch.setattr("backprop.testing.verify", verify)
    result = pytester.runpytest(*PLUGIN, "--verify", ops.name)

    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(["*faults planted in it were not seen: sign*", "*OSError: disk*"])


def test_a_target_that_is_none_is_a_usage_error(pytester: pytest.Pytester) -> None:
    """In one line."""
    result = pytester.runpytest(*PLUGIN, "--verify", "nothing.py")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--verify nothing.py: no file nothing.py*"])


def test_without_the_option_nothing_is_added(pytester: pytest.Pytester, ops: Path) -> None:
    """The plugin is there for whoever has the package."""
    pytester.runpytest(*PLUGIN, "test_beside.py").assert_outcomes(passed=1)
