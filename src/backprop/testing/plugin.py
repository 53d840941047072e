"""The pytest plugin: `pytest --verify my_package.ops` makes a test of every rule.

Only what this option and the fixture `verify_gradient` need is imported here, when pytest starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from backprop.ground.compat import override

if TYPE_CHECKING:
    from backprop.cli.targets import Named


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--verify TARGET`, as often as there are targets, and `--verify-seed`."""
    group = parser.getgroup("backprop", "derivative rules held against central differences")
    group.addoption(
        "--verify",
        action="append",
        default=[],
        metavar="TARGET",
        help="verify the rules of my_ops.py, my_package.ops or my_package.ops:Cube (repeatable)",
    )
    group.addoption("--verify-seed", type=int, default=None, help="repeat the run that said so")


def pytest_collection(session: pytest.Session) -> None:
    """With targets and no paths of its own, pytest collects the targets alone."""
    config = session.config
    if config.getoption("--verify") and not config.invocation_params.dir.joinpath(".").samefile("/"):
        named = [a for a in config.args if a not in _by_default(config)]
        config.args[:] = named


def _by_default(config: pytest.Config) -> list[str]:
    given = [str(a) for a in config.invocation_params.args]
    return [a for a in config.args if a not in given]


@pytest.fixture
def verify_gradient() -> Callable[..., Any]:
    """`backprop.testing.verify`, as a fixture: verify_gradient(my_function, shapes=[(3,)])."""
    from backprop.testing import verify

    return verify
