"""The notes (book steps 5 to 7) run as they stand and print what they print there."""

from __future__ import annotations

from textwrap import dedent

import numpy as np
import pytest

import backprop

PRINTED = "3.297442541400256\n"

FORWARD = dedent("""
    A = Square()
    B = Exp()
    C = Square()
    x = Variable(np.array(0.5))
    a = A(x)
    b = B(a)
    y = C(b)
""")

WALKS = {
    "by hand, step 6": """
        y.grad = np.array(1.0)
        b.grad = C.backward(y.grad)
        a.grad = B.backward(b.grad)
        x.grad = A.backward(a.grad)
        print(x.grad)
    """,
    "creators, step 7": """
        assert y.creator == C
        assert y.creator.input == b
        assert y.creator.input.creator == B
        assert y.creator.input.creator.input == a
        assert y.creator.input.creator.input.creator == A
        assert y.creator.input.creator.input.creator.input == x
        assert C.output == y and B.output == b and A.output == a
        assert x.creator is None
        print(3.297442541400256)
    """,
    "from creator to input, step 7": """
        y.grad = np.array(1.0)
        C = y.creator
        b = C.input
        b.grad = C.backward(y.grad)
        B = b.creator
        a = B.input
        a.grad = B.backward(b.grad)
        A = a.creator
        x = A.input
        x.grad = A.backward(a.grad)
        print(x.grad)
    """,
    "automatic, step 7": """
        y.grad = np.array(1.0)
        y.backward()
        print(x.grad)
    """,
    "automatic without a seed, step 9": """
        y.backward()
        print(x.grad)
    """,
    "automatic after by hand": """
        y.grad = np.array(1.0)
        b.grad = C.backward(y.grad)
        y.backward()
        print(x.grad)
    """,
}

BOOK_RULES = """
    class Square(Function):
        def forward(self, x):
            y = x ** 2
            return y

        def backward(self, gy):
            x = self.input.data
            gx = 2 * x * gy
            return gx

    class Exp(Function):
        def forward(self, x):
            y = np.exp(x)
            return y

        def backward(self, gy):
            x = self.input.data
            gx = np.exp(x) * gy
            return gx
"""

BOOK_CALL = """
    class Function(Function):
        def __call__(self, input):
            x = input.data
            y = self.forward(x)
            output = Variable(y)
            output.set_creator(self)
            self.input = input
            self.output = output
            return output
"""

BOOK_VARIABLE = """
    class Variable:
        def __init__(self, data):
            self.data = data
            self.grad = None
            self.creator = None

        def set_creator(self, func):
            self.creator = func

        def backward(self):
            if self.grad is None:
                self.grad = np.ones_like(self.data)
            funcs = [self.creator]
            while funcs:
                f = funcs.pop()
                x, y = f.input, f.output
                x.grad = f.backward(y.grad)
                if x.creator is not None:
                    funcs.append(x.creator)

    class Function:
        def __call__(self, input):
            x = input.data
            y = self.forward(x)
            output = Variable(y)
            output.set_creator(self)
            self.input = input
            self.output = output
            return output

        def forward(self, x):
            raise NotImplementedError()

        def backward(self, gy):
            raise NotImplementedError()
"""

CLASSES = {
    "ours": "",
    "the book's rules on our Function": BOOK_RULES,
    "the book's rules and __call__ on our Function": BOOK_CALL + BOOK_RULES,
    "the book's own, whole": BOOK_VARIABLE + BOOK_RULES,
}


def run(*snippets: str) -> dict[str, object]:
    """The names that the snippets leave behind, run one after the other with our names."""
    names: dict[str, object] = {"np": np}
    names.update((name, getattr(backprop, name)) for name in backprop.__all__)
    for snippet in snippets:
        exec(dedent(snippet), names)
    return names


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
@pytest.mark.parametrize("classes", CLASSES.values(), ids=CLASSES)
def test_notes_print_what_they_print(
    classes: str, walk: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every walk of the notes prints the notes' gradient, with our classes and with the book's."""
    run(classes, FORWARD, walk)

    assert capsys.readouterr().out == PRINTED


@pytest.mark.parametrize("classes", list(CLASSES.values())[:3], ids=list(CLASSES)[:3])
def test_intermediate_gradients_are_there(classes: str) -> None:
    """After `y.backward()` the Variables on the path have the gradients that step 6 computes."""
    by_hand = run(classes, FORWARD, WALKS["by hand, step 6"])

    swept = run(classes, FORWARD, "y.backward()")

    for name in "xaby":
        expected, got = by_hand[name], swept[name]
        assert isinstance(expected, backprop.Variable)
        assert isinstance(got, backprop.Variable)
        assert expected.grad == got.grad


def test_cube_of_a_reader() -> None:
    """A reader's own Function, with its gradient at 2, needs no more than the notes say."""
    names = run(
        """
        class Cube(Function):
            def forward(self, x):
                return x ** 3

            def backward(self, gy):
                return 3 * self.input.data ** 2 * gy

        x = Variable(np.array(2.0))
        y = Cube()(x)
        y.backward()
        gradient = float(x.grad)
        """
    )

    assert names["gradient"] == 12.0


def test_numerical_diff_of_the_notes() -> None:
    """The notes' `numerical_diff` (step 4) agrees with the gradient to its own accuracy."""
    names = run(
        """
        def numerical_diff(f, x, eps=1e-4):
            x0 = Variable(x.data - eps)
            x1 = Variable(x.data + eps)
            y0 = f(x0)
            y1 = f(x1)
            return (y1.data - y0.data) / (2 * eps)

        def f(x):
            A = Square()
            B = Exp()
            C = Square()
            return C(B(A(x)))

        x = Variable(np.array(0.5))
        dy = numerical_diff(f, x)
        """
    )

    assert names["dy"] == pytest.approx(3.2974426293330694, rel=1e-11)
