"""One class for each kind of mistake; each is also the builtin that a user would catch.

Every message says what was wrong, shows the value and tells what to do instead.
"""


class BackpropError(Exception):
    """The common base, to catch whatever this package raises on purpose."""


class DataError(BackpropError, TypeError):
    """The data of a Variable is no array of real floating-point numbers."""


class OutputError(BackpropError, TypeError):
    """A `forward` returned something that cannot be the data of a Variable."""


class GradientTypeError(BackpropError, TypeError):
    """A gradient is no array, or its dtype is not that of the data."""


class GradientShapeError(BackpropError, ValueError):
    """A gradient does not have the shape of the data."""


class GradientCountError(BackpropError, ValueError):
    """A `backward` returned more or fewer gradients than the Function has inputs."""


class NoGraphError(BackpropError, RuntimeError):
    """There is nothing to walk back: the value was computed under `no_grad()`, or is a constant."""


class NotCalledError(BackpropError, AttributeError):
    """A Function was asked for its input or output before it was called."""


class OutputDroppedError(BackpropError, ReferenceError):
    """A Function was asked for an output that nobody kept."""


class ReadOnlyError(BackpropError, ValueError):
    """A rule wrote into an array that it was lent: a cotangent, or what `forward` got or gave."""


class ChangedError(BackpropError, RuntimeError):
    """An array that a graph has saved was changed before the sweep; seen within `checking()`."""


class NonFiniteError(BackpropError, FloatingPointError):
    """A rule made a nan or an infinity of finite numbers; seen within `checking()`."""


class SignatureError(BackpropError, TypeError):
    """A Function is written, set up or called as those of another kind or framework are."""


class CreatorError(BackpropError, TypeError):
    """`set_creator` was given something that is no Function, or a value that records none."""


class CycleError(BackpropError, RuntimeError):
    """A value was made an input of what it was computed from, by `set_creator` or by hand."""


class ConversionError(BackpropError, TypeError):
    """A Variable was about to become a plain number or array, which would cut its gradient."""


class GraphCopyError(BackpropError, TypeError):
    """A Variable with a creator, or a Function that was called, cannot be copied or pickled."""


class HigherOrderError(BackpropError, RuntimeError):
    """A rule computes its gradient in a way that cannot be differentiated again."""


class UnsupportedError(BackpropError, TypeError):
    """A NumPy function, or a keyword of one, that has no derivative rule here."""


class InPlaceError(BackpropError, TypeError):
    """A Variable was to be changed in place, or written into an array."""


class ConstantWarning(UserWarning):
    """A function that a transform differentiates gave a number that depends on no argument."""


class TransformError(BackpropError, TypeError):
    """A function or an argument that grad, jacobian and the like cannot work with."""


class ArgumentTypeError(BackpropError, TypeError):
    """An argument is of a kind that cannot be meant: no number, no Interval, no callable."""


class ArgumentValueError(BackpropError, ValueError):
    """An argument is of the right kind, but not one of its values can be meant."""


class MissingExtraError(BackpropError, ModuleNotFoundError):
    """A picture, or another thing that an extra is for, was asked for without that extra."""
