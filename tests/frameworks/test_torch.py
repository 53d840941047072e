"""PyTorch's rules and a user's own, verified as they stand there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backprop import Interval
from backprop.testing import CannotCall, GradientMismatch, check_gradient, verify, verify_rule
from backprop.testing.frameworks.registry import named

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed: make frameworks")

ORDINARY = Interval(-8.0, 8.0)
FEW: dict[str, Any] = {"examples": 8, "seed": 1}


class Right(torch.autograd.Function):  # type: ignore[misc]  # of Any, where torch is not installed
    """x sin(x)."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        """Value."""
        ctx.save_for_backward(x)
        return x * torch.sin(x)

    @staticmethod
    def backward(ctx: Any, gy: Any) -> Any:
        """Gradient."""
        (x,) = ctx.saved_tensors
        return gy * (torch.sin(x) + x * torch.cos(x))


class Wrong(Right):
    """Off by a millionth."""

    @staticmethod
    def backward(ctx: Any, gy: Any) -> Any:
        """Gradient."""
        return Right.backward(ctx, gy) * (1 + 1e-6)


class Writes(Right):
    """It doubles the cotangent in place."""

    @staticmethod
    def backward(ctx: Any, gy: Any) -> Any:
        """Gradient."""
        gy *= 2.0
        return Right.backward(ctx, gy) / 2.0


class Two(torch.autograd.Function):  # type: ignore[misc]  # as above
    """Two outputs, 2 a and a b."""

    @staticmethod
    def forward(ctx: Any, a: Any, b: Any) -> Any:
        """Values."""
        ctx.save_for_backward(a, b)
        return 2.0 * a, a * b

    @staticmethod
    def backward(ctx: Any, ga: Any, gab: Any) -> Any:
        """Gradients."""
        a, b = ctx.saved_tensors
        return 2.0 * ga + gab * b, gab * a


def tanh_by_x(x: Any) -> Any:
    """A user's function, of which nothing says that it is for tensors."""
    return torch.tanh(x) * x


def test_a_right_function_class_is_accepted_in_both_orders() -> None:
    """As it is called, by `apply`."""
    report = verify(Right, order=2, **FEW)
    assert report.rejected == report.planted > 20
    assert report.smallest < 1e-9


class Cut(Right):
    """Its gradient is right, and cannot be differentiated."""

    @staticmethod
    def backward(ctx: Any, gy: Any) -> Any:
        """Gradient."""
        (x,) = ctx.saved_tensors
        return gy * (torch.sin(x) + x * torch.cos(x)).detach()


def test_the_script_of_a_wrong_second_order_repeats_it() -> None:
    """It imports the class, and says the order."""
    verify(Cut, domain=ORDINARY, **FEW)
    with pytest.raises(GradientMismatch, match="gradient of Cut: backward") as failure:
        verify(Cut, domain=ORDINARY, order=2, seed=1)
    assert f"from {__name__} import Cut" in failure.value.script
    with pytest.raises(GradientMismatch, match="gradient of Cut: backward"):
        exec(failure.value.script, {})


def test_a_wrong_function_class_is_rejected() -> None:
    """And the script that repeats it names the class."""
    with pytest.raises(GradientMismatch, match=r"check_gradient\(Wrong"):
        verify(Wrong, **FEW)
    with pytest.raises(GradientMismatch, match="Wrong: backward is wrong"):
        check_gradient(Wrong, np.array([1.0, 2.0]))


def test_a_function_that_writes_into_its_cotangent_is_rejected() -> None:
    """As torch forbids."""
    with pytest.raises(GradientMismatch, match="writes into the cotangent"):
        verify(Writes, **FEW)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_functions_of_torch_are_verified(dtype: str) -> None:
    """Written in C or not, with one input or two."""
    verify(torch.sin, dtypes=[dtype], **FEW)
    verify(torch.nn.functional.gelu, domain=ORDINARY, dtypes=[dtype], **FEW)
    verify(torch.mul, domain=ORDINARY, dtypes=[dtype], **FEW)


def test_settings_are_keywords_and_labels_are_constants() -> None:
    """A loss on a fixed batch is a function of the scores alone."""
    labels = np.array([0, 2, 1, 1])
    verify(torch.softmax, domain=ORDINARY, shapes=[(3,)], keywords={"dim": 0}, **FEW)
    loss = torch.nn.functional.cross_entropy
    verify(loss, domain=ORDINARY, shapes=[(4, 3)], constants={1: labels}, **FEW)


def test_a_function_that_cannot_be_called_is_not_wrong() -> None:
    """What torch says is passed on, and how to give what it needs."""
    with pytest.raises(CannotCall, match=r"missing 1 required .*keywords=\{\.\.\.\}"):
        verify(torch.softmax, shapes=[(3,)])


def test_several_outputs_are_judged_together() -> None:
    """Joined into one vector."""
    verify(Two, domain=(ORDINARY, ORDINARY), shapes=[((3,), (3,))], **FEW)


def test_a_module_is_a_function_of_its_parameters_and_its_input() -> None:
    """In the dtype of its parameters, if none is asked for; in second order too."""
    layer = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Tanh())

    report = verify(layer, domain=ORDINARY, shapes=[(3,), (2, 3)], **FEW)
    verify(layer, domain=ORDINARY, shapes=[(3,)], dtypes=["float64"], order=2, **FEW)
    found = check_gradient(layer, np.ones((2, 3)), np.zeros(2), np.full(3, 0.1))

    assert (report.dtypes, report.shapes) == (("float32",), ((2,), (2, 3), (3,)))
    assert len(found) == 3
    verify(torch.nn.Softmax(dim=0), domain=ORDINARY, shapes=[(3,)], **FEW)


def test_a_module_that_uses_a_wrong_rule_is_rejected() -> None:
    """Whichever input the gradient is of."""

    class Model(torch.nn.Module):  # type: ignore[misc]  # as above
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(2, dtype=torch.float64))

        def forward(self, x: Any) -> Any:
            return Wrong.apply(self.weight) * x

    with pytest.raises(GradientMismatch, match="Model: backward is wrong for input 0"):
        verify(Model(), domain=ORDINARY, shapes=[(2,)], **FEW)


def test_the_buffers_of_a_module_stay_as_they_are() -> None:
    """What writes into them, as the running mean of a normalization, writes into copies."""
    layer = torch.nn.BatchNorm1d(3)

    verify(layer, domain=ORDINARY, shapes=[(4, 3)], **FEW)

    assert layer.running_mean.tolist() == [0.0, 0.0, 0.0]


def test_tensors_are_on_the_device_of_what_is_called() -> None:
    """Of the parameters of a module, or of the constants; one thread computes for the time."""
    framework = named("torch")
    layer = torch.nn.Linear(3, 2, device="meta")
    threads = torch.get_num_threads()

    there = framework.beside(layer.parameters())
    seen = framework.value(lambda x: x * torch.get_num_threads(), (np.ones(1),))

    assert there.constant(np.ones(2)).device.type == "meta"  # type: ignore[attr-defined]  # a tensor
    assert framework.beside([1, None]) is framework
    assert (seen.tolist(), torch.get_num_threads()) == ([1.0], threads)


def test_outputs_that_are_no_floats_are_left_out() -> None:
    """The indices beside the values of a maximum."""
    verify(torch.max, domain=ORDINARY, shapes=[(3, 2)], keywords={"dim": 0}, **FEW)
    found = check_gradient(torch.max, np.array([[1.0, 4.0], [3.0, 2.0]]), keywords={"dim": 0})
    assert found[0].analytic.tolist() == [0.0, 1.0, 1.0, 0.0]


def test_a_callable_is_found_to_be_for_tensors_by_calling_it() -> None:
    """Or is said to be, or names torch."""
    verify(lambda x: x.sigmoid() * x, domain=ORDINARY, **FEW)
    verify(tanh_by_x, **FEW)
    verify(tanh_by_x, framework="torch", **FEW)


def test_what_depends_on_nothing_has_gradients_of_zero() -> None:
    """A function that forgets its input is constant, in forward mode too."""
    verify(lambda x: torch.ones(2, dtype=x.dtype), framework="torch", **FEW)


def test_what_a_forward_mode_rule_raises_is_a_finding() -> None:
    """Only that a Function has none is no mistake."""

    class Raises(torch.autograd.Function):  # type: ignore[misc]  # Any to checkers
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, gy: Any) -> Any:
            return 2 * ctx.saved_tensors[0] * gy

        @staticmethod
        def jvp(ctx: Any, tx: Any) -> Any:
            raise RuntimeError("mine")

    with pytest.raises(GradientMismatch, match="jvp raised RuntimeError: mine"):
        verify(Raises, domain=ORDINARY, **FEW)


def product(a: Any, b: Any) -> Any:
    """Of two tensors."""
    return a * b


def test_a_pair_or_a_triple_on_tensors_is_verified() -> None:
    """Of one input or several; its script says whose tensors it takes."""
    right = lambda a, b, gy: (gy * b, gy * a)  # noqa: E731
    pushed = lambda a, b, ta, tb: ta * b + a * tb  # noqa: E731
    asked: dict[str, Any] = {"framework": "torch", "shapes": [((3,), (3,))], "domain": ORDINARY}

    verify_rule(torch.sin, lambda x, gy: gy * torch.cos(x), framework="torch", **FEW)
    verify_rule(np.sin, lambda x, gy: gy * np.cos(x), **FEW)
    verify_rule(product, right, pushed, **asked, **FEW)
    with pytest.raises(GradientMismatch, match=r"vjp=vjp, .*framework='torch'"):
        verify_rule(product, lambda a, b, gy: (gy * b, gy * b), **asked, **FEW)
    with pytest.raises(GradientMismatch, match="returned 1 gradients for 2 inputs"):
        verify_rule(product, lambda a, b, gy: (gy * b,), **asked, **FEW)
    with pytest.raises(GradientMismatch, match="has shape"):
        verify_rule(product, lambda a, b, gy: (gy * b, (gy * a).sum()), **asked, **FEW)


def test_gradients_that_torch_loses_are_found() -> None:
    """torch.sinc cancels near 0: its gradient at 6e-6 has six digits of sixteen."""
    with pytest.raises(GradientMismatch, match="sinc: backward is wrong"):
        verify(torch.sinc, seed=1)


class Apart(torch.autograd.Function):  # type: ignore[misc]  # as above
    """The same, with its context set up apart."""

    @staticmethod
    def forward(x: Any) -> Any:
        """Value."""
        return x * torch.sin(x)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        """What backward needs."""
        ctx.save_for_backward(*inputs)

    backward = Right.backward


class WrongInside(Right):
    """Off by a thousandth between 0.3 and 0.31, in one shape only."""

    @staticmethod
    def backward(ctx: Any, gy: Any) -> Any:
        """Gradient."""
        (x,) = ctx.saved_tensors
        right = gy * (torch.sin(x) + x * torch.cos(x))
        return right * (1.001 if x.shape == (3, 2) else 1.0)


def test_the_forward_of_a_rule_is_a_second_opinion() -> None:
    """Differentiated by torch without the rule; of a function that is no rule there is none."""
    expected = ("central differences", "its forward under torch")

    assert verify(Right, domain=ORDINARY, **FEW).opinions == expected
    assert verify(Apart, domain=ORDINARY, **FEW).opinions == expected
    assert verify(torch.sin, domain=ORDINARY, **FEW).opinions == ("central differences",)
    with pytest.raises(GradientMismatch, match="backward is wrong"):
        verify(WrongInside, domain=ORDINARY, seed=1)
