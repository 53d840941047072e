"""What may be written on the command line, and what its help says."""

from __future__ import annotations

from argparse import (
    SUPPRESS,
    Action,
    ArgumentParser,
    ArgumentTypeError,
    Namespace,
    RawDescriptionHelpFormatter,
)
from ast import literal_eval
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version as version_of
from typing import TYPE_CHECKING, Any, Final, TypeVar

from backprop.errors import MissingExtraError
from backprop.ground.compat import override
from backprop.ground.domain import Interval
from backprop.testing import entries

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")

NAME: Final = "backprop-kernel"
SEEDS: Final = 2**32
_TARGETS: Final = """\
targets:
  Square, sin             a rule or a function of this package
  my_ops.py               every rule in a file
  my_ops.py:Cube          one name in it
  my_package.ops          every rule in a module; my_package.ops:Cube, one of them
  numpy.tanh, torch.sinc  a function of NumPy, or of another framework
"""
_VERIFY: Final = f"""\
{_TARGETS}
examples:
  backprop verify                          every built-in rule
  backprop verify my_ops.py --seed 1       a file of yours, in a run that can be repeated
  backprop verify my_ops.py:Cube --json    one rule, for machines
  backprop verify my_ops.py --domain 0,inf --shapes '(3,), (2, 3)' --budget 5

exit status:
  0    every rule is right
  1    a rule is wrong, or the verifier missed a fault that it planted itself
  2    there was nothing to verify: no such target, or one that does not import
  130  interrupted; what was verified until then is shown
"""
_PLOT: Final = f"""\
{_TARGETS}
examples:
  backprop plot Square                               writes Square.svg
  backprop plot my_ops.py:Slip --output slip.png     where a rule is wrong
  backprop plot sqrt --at 0.01 --domain 0,inf
  backprop plot torch.sinc --report                  where the verification looked

exit status:
  0    the picture was written, whatever it shows
  2    there was nothing to draw, an option cannot be meant, or the extra 'plot' is missing
"""


def parser() -> ArgumentParser:
    """All commands and their options."""
    made = _made(ArgumentParser, prog="backprop", description="An autograd kernel to trust.")
    made.add_argument("--version", action="version", version=f"{NAME} {version()}")
    made.add_argument(
        "--print-completion",
        action=_Completion,
        choices=("bash", "zsh", "tcsh"),
        help="print a script that completes this command in a shell (the extra 'completion')",
    )
    commands = made.add_subparsers(required=True, metavar="command")
    _add_verify(commands)
    _add_plot(commands)
    return made


def _made(make: Callable[..., ArgumentParser], *args: str, **settings: Any) -> ArgumentParser:
    return make(*args, formatter_class=RawDescriptionHelpFormatter, **settings)


def _add_verify(commands: Any) -> None:
    verify = _made(
        commands.add_parser,
        "verify",
        help="hold derivative rules against central differences",
        description="Hold derivative rules against central differences, on inputs that Hypothesis\n"
        "invents, and say how small an error would have been seen.",
        epilog=_VERIFY,
    )
    verify.set_defaults(command="verify")
    verify.add_argument(
        "targets", nargs="*", metavar="target", help="see below (default: every built-in rule)"
    )
    verify.add_argument("--json", action="store_true", help="write the results as JSON")
    verify.add_argument("--markdown", action="store_true", help="write the table as Markdown")
    verify.add_argument("--seed", type=_seed, help="repeat the run that said so")
    verify.add_argument("--examples", type=_positive, help="how many examples to try for each rule")
    verify.add_argument(
        "--shapes", type=_shapes, metavar="SHAPES", help="of the input: '(3,), (2, 3)'"
    )
    verify.add_argument(
        "--dtypes", type=_dtypes, metavar="DTYPES", help="of the inputs: float64,float32"
    )
    _add_domain(verify)
    verify.add_argument(
        "--budget", type=_seconds, metavar="SECONDS", help="for each rule; one that hangs is killed"
    )
    verify.add_argument(
        "--workers",
        type=_count,
        metavar="N",
        help="how many processes; 0: verify a target in this one (default: 1, or all processors "
        "for the built-in rules)",
    )


def _add_plot(commands: Any) -> None:
    plot = _made(
        commands.add_parser,
        "plot",
        help="draw a derivative, or a verification, as a picture",
        description="Draw a function with its gradient and central differences, the error of\n"
        "these by the size of their steps, the error of the rule, and what its\n"
        "verification says. It needs Matplotlib, the extra 'plot'.",
        epilog=_PLOT,
    )
    plot.set_defaults(command="plot")
    plot.add_argument("target", help="see below")
    plot.add_argument(
        "--at",
        type=_number,
        metavar="X",
        help="where (default: where the rule is wrong, or an ordinary number)",
    )
    plot.add_argument(
        "--output", metavar="FILE", help="a .png or a .svg (default: NAME.svg in this folder)"
    )
    _add_domain(plot)
    plot.add_argument("--seed", type=_seed, default=0, help="of the verification (default: 0)")
    plot.add_argument("--report", action="store_true", help="draw the report of the verification")


def _add_domain(command: ArgumentParser) -> None:
    command.add_argument(
        "--domain", type=_domain, metavar="LOW,HIGH", help="where rules are differentiable: 0,inf"
    )


class _Completion(Action):
    """Prints what a shell needs to complete the command, and ends."""

    def __init__(
        self, option_strings: list[str], dest: str, default: object = None, **settings: Any
    ) -> None:
        super().__init__(option_strings, dest, default=SUPPRESS, **settings)

    @override
    def __call__(self, parser: ArgumentParser, _: Namespace, values: Any, __: Any = None) -> None:
        try:
            shtab: Any = import_module("shtab")
        except ModuleNotFoundError as error:
            raise MissingExtraError(
                f"shtab is missing: install the extra 'completion' of {NAME}"
            ) from error
        print(shtab.complete(parser, shell=values))  # noqa: T201
        parser.exit(0)


def version() -> str:
    """Of the distribution that is installed."""
    try:
        return version_of(NAME)
    except PackageNotFoundError:  # run from a source tree on the path
        return "(not installed)"


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= SEEDS:
        raise ArgumentTypeError(f"a whole number from 0 to {SEEDS - 1} is needed, got {text!r}")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"a whole number from 1 on is needed, got {text!r}")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ArgumentTypeError(f"a whole number is needed, got {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    return _read(text, lambda: entries.seconds(float(text)) or 0.0)


def _shapes(text: str) -> tuple[tuple[int, ...], ...]:
    return _read(text, lambda: tuple(map(entries.shape, _several(literal_eval(text)))))


def _several(shapes: Any) -> Any:
    """One shape, as it is written, as a list of one."""
    return [shapes] if not shapes or isinstance(shapes[0], int) else shapes


def _dtypes(text: str) -> tuple[str, ...]:
    return _read(text, lambda: entries.dtypes(text.split(",")))


def _number(text: str) -> float:
    return _read(text, lambda: float(text))


def _domain(text: str) -> Interval:
    low, _, high = text.partition(",")
    return _read(text, lambda: Interval(float(low), float(high)))


def _read(text: str, parse: Callable[[], _T]) -> _T:
    try:
        return parse()
    except (ValueError, TypeError, SyntaxError) as error:
        raise ArgumentTypeError(f"cannot be meant: {text!r} ({error})") from None
