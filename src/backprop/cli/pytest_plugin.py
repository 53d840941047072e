"""The pytest plugin: `pytest --verify my_package.ops` makes a test of every rule.

Nothing of the verifier is imported before the option or the fixture is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from backprop.ground.compat import override

if TYPE_CHECKING:
    from backprop.cli.targets import Named


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--verify TARGET`, once for each target, and `--verify-seed SEED`."""
    group = parser.getgroup("backprop", "derivative rules held against central differences")
    group.addoption(
        "--verify",
        action="append",
        default=[],
        metavar="TARGET",
        help="verify each rule of my_ops.py, my_package.ops or my_package.ops:Cube",
    )
    group.addoption("--verify-seed", type=int, default=None, help="repeat the run that said so")


@pytest.hookimpl(tryfirst=True)  # before those that deselect
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """The rules of each target, after the tests that were asked for by their paths."""
    targets: list[str] = config.getoption("--verify") or []
    if targets and config.args_source is not config.ArgsSource.ARGS:
        items.clear()  # what is collected where no path is given
    for target in targets:
        made: Target = Target.from_parent(session, name=target, nodeid=target)  # pyright: ignore[reportUnknownMemberType]  # as pytest has it
        items.extend(made.collect())


class Target(pytest.Collector):
    """A file or a module, whose rules are its tests."""

    @override
    def collect(self) -> Iterator[pytest.Item]:
        from backprop.cli.targets import TargetError, find

        try:
            found = find(self.name)
        except TargetError as error:
            raise pytest.UsageError(f"--verify {self.name}: {error}") from None
        for named in found:
            yield Verification.from_parent(self, name=named.name, named=named)  # pyright: ignore[reportUnknownMemberType]  # as above


class Verification(pytest.Item):
    """One rule, which passes if it is right."""

    def __init__(self, *, named: Named, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # pyright: ignore[reportUnknownMemberType]  # as above
        self.named = named

    @override
    def runtest(self) -> None:
        from backprop.testing import verify

        report = verify(self.named.rule, seed=self.config.getoption("--verify-seed"))
        self.add_report_section("call", "verified", str(report))
        if not report.passed:
            pytest.fail(f"faults planted in it were not seen: {', '.join(report.accepted)}")

    @override
    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        from backprop.errors import BackpropError

        if isinstance(excinfo.value, BackpropError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo, style))

    @override
    def reportinfo(self) -> tuple[str, None, str]:
        return self.nodeid, None, f"verify {self.name}"


@pytest.fixture
def verify_gradient() -> Callable[..., Any]:
    """backprop.testing.verify, for a test that calls it with a function and its shapes."""
    from backprop.testing import verify

    return verify
