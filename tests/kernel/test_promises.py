"""Small promises of the kernel that larger programs lean on and no larger test would miss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
import scipy.special
from typing_extensions import override

import backprop.numpy as bp
from backprop import (
    Add,
    Array,
    BinaryFunction,
    Function,
    NaryFunction,
    Square,
    Variable,
    checking,
    gradients,
    no_grad,
    vjp,
)
from backprop.errors import (
    ChangedError,
    DataError,
    GradientShapeError,
    SignatureError,
    UnsupportedError,
)
from backprop.functions.registry import KINKS
from backprop.ground.arrays import brief
from backprop.kernel import operators, table as rules
from backprop.kernel.modes import is_checking
from backprop.transforms.gradients import AsItWas
from tests.helpers import grad, leaf

Called = Callable[[Any, Any], Variable]


# -- An instance and its calls ---------------------------------------------------------------------


class Both(NaryFunction):
    """The sum of any number of inputs."""

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return (np.asarray(sum(xs[1:], xs[0])),)

    @override
    def backward(self, *gys: Array) -> tuple[Array, ...]:
        return gys * len(self.xs)


KINDS: list[tuple[type[Any], Called]] = [
    (Square, lambda f, v: f(v)),
    (Add, lambda f, v: f(v, v)),
    (Both, lambda f, v: f(v, v)[0]),
]


@pytest.mark.parametrize(("kind", "call"), KINDS, ids=["one", "two", "any"])
def test_what_is_not_recorded_does_not_use_an_instance_up(kind: type[Any], call: Called) -> None:
    """The next recorded call is the instance: after one under no_grad(), of constants, of text."""
    f: Any = kind()
    with no_grad():
        call(f, leaf(2.0))
    call(f, bp.array(2.0))
    with pytest.raises(DataError):
        call(f, np.array("text"))
    assert call(f, leaf(3.0)).creator is f


@pytest.mark.parametrize(("kind", "call"), KINDS, ids=["one", "two", "any"])
def test_a_forward_that_fails_does_not_use_an_instance_up(kind: type[Any], call: Called) -> None:
    """The next call is the instance itself."""
    faults = [ValueError("once")]

    class Failing(kind):  # type: ignore[misc]  # whatever the kind
        def forward(self, *xs: Array) -> Any:
            if faults:
                raise faults.pop()
            return super().forward(*xs)

    f = Failing()
    with pytest.raises(ValueError, match="once"):
        call(f, leaf(2.0))
    assert call(f, leaf(2.0)).creator is f


@pytest.mark.parametrize(("kind", "call"), KINDS, ids=["one", "two", "any"])
def test_every_call_after_the_first_is_an_instance_of_its_own(
    kind: type[Any], call: Called
) -> None:
    """One call is one node."""
    f: Any = kind()
    one, two, three = (call(f, leaf(2.0)).creator for _ in range(3))
    assert one is f
    assert len({id(one), id(two), id(three)}) == 3


def test_a_base_beside_function_gets_its_own_keywords() -> None:
    """As Python has it: each class takes its keywords and passes the rest on."""

    class Named:
        __slots__ = ()
        names: ClassVar[list[str]] = []

        @override
        def __init_subclass__(cls, *, called: str = "", **kwargs: Any) -> None:
            super().__init_subclass__(**kwargs)
            cls.names.append(called)

    class Cube(Function, Named, called="cube"):
        """x³."""

        @override
        def forward(self, x: Array) -> Array:
            return x**3

    assert Cube.names == ["cube"]


def test_a_rule_may_have_a_new_of_its_own() -> None:
    """It is called, and nothing is put in its place."""
    made: list[type] = []

    class Counted(Square):
        @override
        def __new__(cls, *args: Any) -> Any:
            made.append(cls)
            node = super().__new__(cls)
            node._free = True
            return node

        def __init__(self, k: float) -> None:
            self.k = k

    assert Counted(2.0)(leaf(3.0)).data == 9.0
    assert made == [Counted]


def test_a_forward_takes_as_many_arrays_as_its_kind_has() -> None:
    """Or any number; too few are an error where the class is written."""
    with pytest.raises(SignatureError, match="forward takes 1 arrays, but its kind has 2"):

        class Short(BinaryFunction):
            def forward(self, a: Array) -> Array:  # type: ignore[override]  # on purpose
                return a

    class Open(BinaryFunction):
        @override
        def forward(self, *xs: Array) -> Array:
            return np.asarray(xs[0] + xs[1])

    assert Open()(leaf(1.0), leaf(2.0)).data == 3.0


def test_what_is_said_of_a_function_of_two_made_with_an_operand() -> None:
    """It says how a function of two is called."""
    made: Any = Add
    with pytest.raises(SignatureError, match=r"call that, Add\(\)\(a, b\)$"):
        made(leaf(1.0))


# -- What the sweep gives --------------------------------------------------------------------------


class Same(Function, fresh=True):
    """y = x, by a rule that gives the cotangent itself."""

    @override
    def forward(self, x: Array) -> Array:
        return x.copy()

    @override
    def backward(self, gy: Array) -> Array:
        return gy


class Seen(Function, fresh=True):
    """y = x, by a rule that gives a view of the cotangent."""

    @override
    def forward(self, x: Array) -> Array:
        return x.copy()

    @override
    def backward(self, gy: Array) -> Array:
        return gy[...]


class SameTwice(BinaryFunction, fresh=True):
    """a + b, by a rule that gives the cotangent itself to one and a view of it to the other."""

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return a + b

    @override
    def backward(self, gy: Array) -> tuple[Array, Array]:
        return gy, gy[...]


@pytest.mark.parametrize("rule", [Same, Seen])
def test_a_rule_that_gives_its_cotangent_gives_a_gradient_of_its_own(rule: type[Function]) -> None:
    """No two gradients share memory, declared as fresh or not."""
    x = leaf([1.0, 2.0])
    y = rule()(x)
    z = y * 2.0
    z.backward()
    assert not np.shares_memory(grad(x), grad(y))


def test_so_does_a_rule_of_two() -> None:
    """Neither the one that gets the cotangent nor the one that gets a view of it shares it."""
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    y = SameTwice()(a, b)
    z = y * 2.0
    z.backward()
    found = [grad(v) for v in (a, b, y)]
    assert not any(np.shares_memory(p, q) for p in found for q in found if p is not q)


class Wide(BinaryFunction):
    """a b, by a rule that gives its gradients in another dtype."""

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return a * b

    @override
    def backward(self, gy: Array) -> tuple[Array, Array]:
        other = np.float32 if gy.dtype == np.float64 else np.float64
        return (gy * self.b).astype(other), (gy * self.a).astype(other)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_gradient_of_another_dtype_is_refused(dtype: Any) -> None:
    """Also of a function of two, whichever is the wider."""
    a, b = (Variable(np.array([1.0, 2.0], dtype)) for _ in range(2))
    with pytest.raises(TypeError, match=r"Wide\.backward returned for input 0 must have dtype"):
        Wide()(a, b).sum().backward()


def test_what_was_assigned_to_the_root_stays_when_gradients_are_added() -> None:
    """Every other gradient is added to; that of the root is the seed, and no sum."""
    x = leaf(3.0)
    y = x * 2.0
    z = y * 5.0
    z.grad = np.array(7.0)
    for _ in range(2):
        z.backward(accumulate=True)
    assert [grad(v).item() for v in (z, y, x)] == [7.0, 70.0, 140.0]


def test_a_cotangent_that_is_a_variable_has_the_shape_of_the_value() -> None:
    """Else nothing that it is multiplied by would say so."""
    x = leaf([1.0, 2.0])
    with pytest.raises(GradientShapeError, match=r"gy must have shape \(2,\), got \(1,\)"):
        gradients(x * x, [x], leaf([1.0]))


def calls_behind(v: Variable) -> set[str]:
    """The names of all rules that `v` was computed by."""
    found, open_ = set[str](), [v]
    while open_:
        node = open_.pop().creator
        if node is not None:
            found.add(type(node).__name__)
            open_.extend(node.inputs)
    return found


def test_a_gradient_reads_what_the_call_read() -> None:
    """No step stands between, unless other data were assigned since."""
    x = leaf([1.0, 2.0])
    y = Square()(x)
    (plain,) = gradients(y, [x])
    x.data = np.array([5.0, 6.0])
    (after,) = gradients(y, [x])
    assert AsItWas.__name__ not in calls_behind(plain)
    assert AsItWas.__name__ in calls_behind(after)
    assert after.data.tolist() == [2.0, 4.0]


class Squared(Function):
    """x², by a rule that is not declared fresh: its arrays are lent to it."""

    @override
    def forward(self, x: Array) -> Array:
        return x * x

    @override
    def backward(self, gy: Array) -> Array:
        gx: Array = gy * 2.0 * self.x
        return gx


def test_what_was_lent_is_still_what_the_call_read() -> None:
    """A view through which nobody can write is no other array."""
    x = leaf([1.0, 2.0])
    y = Squared()(x)
    y.backward()
    (gx,) = gradients(y, [x])
    assert "Multiply" in calls_behind(gx)
    assert AsItWas.__name__ not in calls_behind(gx)


def test_arrays_of_other_libraries_are_compared_as_objects() -> None:
    """They need not say where their memory is."""
    dask = pytest.importorskip("dask.array")
    x = Variable(dask.ones(3))
    y = x * x
    x.data = dask.zeros(3)
    (gx,) = gradients(y, [x])
    assert np.asarray(gx.data).tolist() == [2.0] * 3


class Peak(Function):
    """The largest element, whose place `forward` keeps: an integer carries no derivative."""

    @override
    def forward(self, x: Array) -> Array:
        self.place = np.array([x.argmax()])
        return np.asarray(x[self.place[0]] ** 2)

    @override
    def backward(self, gy: Array) -> Array:
        hot = np.arange(self.x.size) == self.place[0]
        gx: Array = gy * 2.0 * self.x * hot
        return gx


def test_a_rule_may_keep_integers_for_its_backward() -> None:
    """Also where it is differentiated again: only floats would carry a derivative."""
    x = leaf([1.0, 3.0])
    (gx,) = gradients(Peak()(x), [x])
    (gxx,) = gradients(gx.sum(), [x])
    assert gx.data.tolist() == [0.0, 6.0]
    assert gxx.data.tolist() == [0.0, 2.0]


# -- Operands and arguments ------------------------------------------------------------------------


class Dtypes(BinaryFunction):
    """a + b, of the dtypes that it notes."""

    seen: ClassVar[list[np.dtype[Any]]] = []

    @override
    def forward(self, a: Array, b: Array) -> Array:
        self.seen.extend([a.dtype, b.dtype])
        return a + b


def test_a_rule_meets_floats() -> None:
    """A constant of integers beside a Variable is one of floats to the rule."""
    Dtypes()(leaf([1.0, 2.0]), bp.array([1, 2]))
    assert Dtypes.seen == [np.dtype(np.float64)] * 2


def test_a_list_with_rows_of_numbers_and_of_variables() -> None:
    """A row that holds no Variable is an array of numbers."""
    a = leaf(2.0)
    table: list[Any] = [[a, 1.0], [3.0, 4.0]]
    y = bp.sum(table)
    y.backward()
    assert y.data == 10.0
    assert grad(a) == 1.0


def test_operands_of_any_number_are_converted_too() -> None:
    """As those with a place of their own: containers by their values, lists as one Variable."""
    several: list[Any] = [leaf(2.0), 3.0]
    rows, columns = bp.broadcast_arrays(several, pd.Series([1.0, 2.0]))
    assert rows.data.tolist() == [2.0, 3.0]
    assert columns.data.tolist() == [1.0, 2.0]


def test_an_item_of_a_value_of_many_paths_is_found_soon() -> None:
    """Each step is looked at once, however many ways lead back from it."""
    other = leaf(1.0)

    def f(x: Variable) -> Variable:
        y = other
        for _ in range(60):
            y = y + y
        return x * y.item()

    _, pullback = vjp(f, np.array(1.0))
    assert pullback(np.array(1.0))[0] == 2.0**60


# -- Modes, NumPy and messages ---------------------------------------------------------------------


def test_no_grad_does_not_check() -> None:
    """Another mode is open, not that one."""
    with no_grad():
        assert not is_checking()


def test_a_changed_operand_of_a_function_of_two_is_named() -> None:
    """By its place, as that of one."""
    with checking():
        a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
        y = (a * b).sum()
        b.data[0] = 9.0
        with pytest.raises(ChangedError, match="input 1 of Multiply"):
            y.backward()


def test_the_first_function_that_is_asked_for_loads_the_rules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A method of Variable finds its function then."""
    handed = dict(rules.TABLE)
    monkeypatch.setattr(rules, "TABLE", {})
    monkeypatch.setattr(rules, "PROTOCOLS", {})
    monkeypatch.setitem(rules.LOADERS, "functions", lambda: rules.TABLE.update(handed))
    assert leaf([1.0, 2.0]).sum().data == 3.0


def test_the_first_operator_loads_the_rules_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that names Variable alone has them."""
    handed, unloaded = dict(vars(operators.RULES)), operators.Rules()
    monkeypatch.setattr(operators, "RULES", unloaded)
    monkeypatch.setitem(rules.LOADERS, "operators", lambda: vars(unloaded).update(handed))
    assert (leaf([1.0, 2.0]) + 1.0).data.tolist() == [2.0, 3.0]
    assert (-leaf([1.0, 2.0])).data.tolist() == [-1.0, -2.0]
    assert vars(unloaded) == handed


def test_what_a_function_does_at_a_kink_is_kept_for_its_users() -> None:
    """The table of functions reads it there; a smooth function has nothing to say."""
    assert "0" in KINKS[bp.absolute]
    assert bp.sin not in KINKS


@pytest.mark.parametrize(
    "call",
    [
        lambda v: np.var(v, mean=np._NoValue),
        lambda v: np.vstack([v], casting="_".join(["same", "kind"])),  # type: ignore[call-overload]  # another text
        lambda v: np.concatenate([v], out=None),
    ],
    ids=["a mark of NumPy's", "a word", "None"],
)
def test_a_default_of_numpys_may_be_spelled_out(call: Callable[[Any], Any]) -> None:
    """A keyword that ours does not know changes nothing where it is what NumPy takes anyway."""
    assert isinstance(call(leaf([1.0, 2.0])), Variable)


def test_what_is_said_of_a_keyword_that_would_change_something() -> None:
    """The text of our function, which knows all that NumPy's ufuncs know."""
    v: Any = leaf([1.0, 2.0])
    with pytest.raises(UnsupportedError, match=r"knows no where=\.\.\., only what changes nothing"):
        np.exp(v, where=[True, False])


def test_a_function_without_a_rule_is_named_with_its_module() -> None:
    """As NumPy's only if it is NumPy's."""
    v: Any = leaf(1.0)
    with pytest.raises(UnsupportedError, match=r"^numpy\.frexp has no derivative rule"):
        np.frexp(v)
    with pytest.raises(UnsupportedError, match=r"^gamma has no derivative rule"):
        scipy.special.gamma(v)


def test_only_what_is_masked_is_said_to_be_masked() -> None:
    """Another subclass of ndarray has no masked elements to fill."""

    class Unit(np.ndarray):
        """An array with a unit."""

    with pytest.raises(DataError, match=r"pass np.asarray\(data\)$"):
        Variable(np.ones(2).view(Unit))


def test_a_value_of_a_hundred_characters_is_shown_whole() -> None:
    """One more, and it is cut to as many."""
    assert brief("x" * 98) == repr("x" * 98)
    assert len(brief("x" * 99)) == 100
