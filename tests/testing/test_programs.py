"""Random chains and programs: held against central differences, printed, reaching every rule."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings, strategies as st

import backprop.numpy as bp
from backprop import Array, BinaryFunction, Exp, Function, Node, Sin, Square, Variable, gradients
from backprop.testing import (
    GradientMismatch,
    Program,
    Step,
    builtin_functions,
    chains,
    check_gradient,
    functions,
    inputs,
    numbers,
    programs,
    variables,
)
from backprop.testing.generators.expressions import Expression
from backprop.testing.generators.programs import _LARGEST, Move, admissible, moves
from backprop.testing.generators.strategies import ordinary
from backprop.testing.quiet import quiet

DTYPES = st.sampled_from(["float64", "float32"])


@pytest.mark.no_cover  # much slower with it, and no line is reached here alone
@given(DTYPES.flatmap(lambda dtype: chains(dtype=dtype)))
def test_every_random_chain_agrees_with_central_differences(chain: Program) -> None:
    """The gradient of any chain of built-in Functions is right."""
    check_gradient(chain, *chain.at, composed=True)


@pytest.mark.no_cover  # much slower with it, and no line is reached here alone
@given(DTYPES.flatmap(lambda dtype: programs(dtype=dtype)))
def test_every_random_program_agrees_with_central_differences(program: Program) -> None:
    """So is that of any DAG: fan-out, several inputs, broadcasting, products of matrices."""
    check_gradient(program, *program.at, composed=True)


@given(st.data(), inputs(shapes=[(), (3,)]))
def test_one_instance_called_many_times_in_a_chain_is_right(data: st.DataObject, x: Array) -> None:
    """A few instances, each called several times, give the same as new ones every time."""
    pool = [Sin(), Square(), Sin()]
    order = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=6))

    def shared(v: Variable) -> Variable:
        for i in order:
            v = pool[i](v)
        return v

    def fresh(v: Variable) -> Variable:
        for i in order:
            v = type(pool[i])()(v)
        return v

    one, other = Variable(x), Variable(x)
    with np.errstate(all="ignore"):
        shared(one).backward()
        fresh(other).backward()
    np.testing.assert_array_equal(one.grad, other.grad)


def _steps(strategy: st.SearchStrategy[Program], examples: int) -> Counter[Move]:
    counts: Counter[Move] = Counter()

    @settings(
        max_examples=examples,
        database=None,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def count(program: Program) -> None:
        counts.update(step.function for step in program.steps)

    count()
    return counts


@pytest.mark.no_cover
def test_chains_reach_every_function_of_one_input() -> None:
    """No rule is out of reach of the random chains."""
    unary = {cls for cls in builtin_functions() if issubclass(cls, Function)}
    assert set(_steps(chains(), 1500)) == unary


@pytest.mark.no_cover  # test_values has each line
@pytest.mark.parametrize("move", moves(), ids=range(len(moves())))
def test_programs_can_call_everything(move: type[Node] | Expression) -> None:
    """No function and no case is out of reach: where it is admissible, a program may choose it.

    Left out are those whose results are empty, of too many elements, or of too large ones.
    """
    rng = np.random.default_rng(3)
    domain = move.domain
    count = 1 if isinstance(move, type) and issubclass(move, Function) else 2
    shapes = move.shapes[0] if move.shapes else ((2, 3),) * count
    domains = domain if isinstance(domain, tuple) else (domain,) * len(shapes)
    results: list[Variable] = []
    with quiet():
        for _ in range(200):
            xs = [Variable(ordinary(d, s, "float64", rng)) for d, s in zip(domains, shapes)]
            if any(admissible(xs, (move,), 0, len(xs) - 1)):
                return
            results += [move(*xs)] if isinstance(move, Expression) else []
    assert results
    assert not any(0 < y.size <= 64 and abs(y.data).max() <= _LARGEST for y in results)


@pytest.mark.parametrize("strategy", [chains, programs])
def test_no_example_is_thrown_away(strategy: type[st.SearchStrategy[Program]]) -> None:
    """Every draw gives a program: asked for n, n come."""
    seen = []

    @settings(
        max_examples=200,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=(HealthCheck.too_slow,),
    )
    @given(strategy())
    def collect(program: Program) -> None:
        seen.append(program)

    collect()
    assert len(seen) >= 200


@given(programs())
def test_a_program_is_well_inside_every_domain(program: Program) -> None:
    """Its value is finite and moderate, so that differences have room."""
    with np.errstate(all="ignore"):
        y = program(*map(Variable, program.at))
    assert np.isfinite(y.data).all()
    assert (abs(y.data) <= 1e4).all()


@given(programs())
def test_the_source_of_a_program_is_a_script_that_gives_the_same(program: Program) -> None:
    """It needs backprop alone, and its value and gradients are bitwise those of the program."""
    names: dict[str, object] = {}
    exec(program.source(), names)
    again = names["program"]
    assert callable(again)
    ours, theirs = ([Variable(x) for x in program.at] for _ in range(2))
    with np.errstate(all="ignore"):
        y, again_y = program(*ours), again(*theirs)
        grads, again_grads = gradients(y, ours), gradients(again_y, theirs)
    np.testing.assert_array_equal(y.data, again_y.data)
    for g, h in zip(grads, again_grads, strict=True):
        np.testing.assert_array_equal(g.data, h.data)


class WrongSin(Function):
    def forward(self, x: Array) -> Array:
        return np.sin(x)

    def backward(self, gy: Array) -> Array:
        return gy * np.cos(self.x) * (1 + 1e-7)


def test_a_wrong_link_in_a_chain_is_found_and_its_script_fails_the_same_way() -> None:
    """One rule off by 1e-7 among right ones is rejected, by the script as well."""
    x = np.array([0.3, 0.7])
    chain = Program((x,), (Step(Exp, (0,)), Step(WrongSin, (1,)), Step(Square, (2,))))
    with pytest.raises(GradientMismatch) as caught:
        check_gradient(chain, x)
    script = caught.value.script
    assert "v2 = WrongSin()(v1)" in script
    script = script.replace(f"from {__name__} import WrongSin", "")
    with pytest.raises(GradientMismatch):
        exec(script, {"WrongSin": WrongSin})


def test_a_program_shrinks_to_the_step_that_matters() -> None:
    """The simplest program in which a rule of a kind is used is that rule alone."""
    binary = {cls for cls in builtin_functions() if issubclass(cls, BinaryFunction)}
    simplest = find(
        programs(),
        lambda program: any(step.function in binary for step in program.steps),
        settings=settings(max_examples=2000, database=None),
    )
    assert len(simplest.steps) == 1


def test_a_step_calls_functions_of_one_or_two_inputs_only() -> None:
    """Anything else is refused by name."""
    with pytest.raises(
        TypeError, match="a step calls a class that is a Function or a BinaryFunction, got"
    ):
        Program((np.array(1.0),), (Step(Node, (0,)),))(Variable(np.array(1.0)))


@given(st.data(), DTYPES)
def test_inputs_are_inside_the_domain_they_are_for(data: st.DataObject, dtype: str) -> None:
    """Of each domain of the built-ins, and of the dtype asked for."""
    cls = data.draw(st.sampled_from(builtin_functions()))
    domain = cls.domain[-1] if isinstance(cls.domain, tuple) else cls.domain
    x = data.draw(inputs(domain, dtype=dtype))
    assert x.dtype == dtype
    assert all(float(v) in domain for v in x.flat)


@given(functions(), functions(BinaryFunction))
def test_functions_gives_new_instances(one: Node, two: Node) -> None:
    """Each is a node of its own, of the kind asked for."""
    assert isinstance(one, Function)
    assert isinstance(two, BinaryFunction)


@given(variables(shapes=[(2,)]), st.from_type(Variable), numbers())
def test_variables_are_strategies_of_hypothesis(v: Variable, any_one: Variable, x: float) -> None:
    """variables(), and by the package's entry point st.from_type(Variable)."""
    assert v.shape == (2,)
    assert isinstance(any_one, Variable)
    assert np.isfinite(x)


def test_of_several_rules_that_cancel_wholly_a_rounding_may_be_left() -> None:
    """The third differences of three numbers are 0, and no slope says how large the terms were."""
    x = np.array([-1.45755136013031, -2.5797250270843506, 1.0006837844848633], np.float32)
    gy = np.array([9.5924542620196e-07, -1.2598501086813485e-07, 7.817659206921235e-05], np.float32)
    check_gradient(lambda v: bp.gradient(bp.gradient(bp.gradient(v))), x, gy=gy, composed=True)
