"""A second opinion: every rule on persons and households, translated for OpenFisca, comes out
alike on a small demo city, and what is left out on both sides has a reason."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from bangfu.policy import ir, rowwise
from bench import folding, translate

AS_OF = translate.AS_OF


@pytest.mark.slow
def test_every_rule_both_can_express_comes_out_alike(tmp_path: Path) -> None:
    pytest.importorskip("openfisca_core")
    from bangfu import policy
    from bangfu.demo import export
    from bench import compare, openfisca_run

    snapshot, ours, module = tmp_path / "snapshot", tmp_path / "ours", tmp_path / "rules.py"
    export.write(3000, snapshot, seed=7, format="snapshot")
    made = translate.translate("hechi", AS_OF)
    module.write_text(made.source, encoding="utf-8")
    policy.evaluate(snapshot, "hechi", AS_OF, ours, rules=made.rules)
    openfisca_run.main(module, snapshot, tmp_path / "theirs")
    cells, wrong = compare.disagreements(ours, tmp_path / "theirs")
    assert cells > 60_000
    assert wrong == 0

    # The comparison sees a rule that is written wrongly: whoever has left poverty is supported.
    supported = next(line for line in made.source.splitlines() if "def " not in line
                     and line.count('h("household.status", t) == ') == 3)  # fmt: skip
    other = tmp_path / "wrong.py"
    exited = supported.replace("== 4)", "== 3)")
    assert exited != supported
    other.write_text(made.source.replace(supported, exited), encoding="utf-8")
    openfisca_run.main(other, snapshot, tmp_path / "wrong")
    assert compare.disagreements(ours, tmp_path / "wrong")[1] > 1000


def test_what_is_left_out_is_named_with_a_reason() -> None:
    from bangfu import policy
    from bangfu.policy.book import bind_all

    made = translate.translate("hechi", AS_OF)
    in_force = {rule.id: rule for rule in bind_all(policy.load_pack("hechi"), AS_OF).rules()}
    assert {*made.rules, *made.left} == set(in_force)
    assert not {*made.rules} & {*made.left}
    for rule, why in made.left.items():
        assert in_force[rule].entity in why, rule
    ours = {r for r, rule in in_force.items() if rule.entity in ("person", "household")}
    assert len(ours) > 150
    assert ours == {*made.rules}


@pytest.mark.parametrize("name", ["years", "months"])
@pytest.mark.parametrize("op", ["=", "<>", "<", "<=", ">", ">="])
@pytest.mark.parametrize("as_of", [date(2016, 12, 31), date(2016, 2, 29), date(2017, 2, 28)])
def test_a_span_compared_with_a_number_is_a_day_compared_with_a_day(
    name: str, op: str, as_of: date
) -> None:
    days = {"<>": lambda a, b: a != b, "=": lambda a, b: a == b, "<": lambda a, b: a < b,
            "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b}  # fmt: skip
    born = ir.Col("", "person", "birth_date", ir.DATE)
    span = ir.Call(name, (born, ir.Lit(as_of, ir.DATE)), ir.INT)
    number = 2 if name == "years" else 14
    folded = folding.fold(ir.Cmp(op, span, ir.Lit(number, ir.INT)))
    assert not any(isinstance(part, ir.Call) for part in ir.walk(folded))
    full = rowwise.years if name == "years" else rowwise._months
    for back in range(300, 1400):
        day = as_of - timedelta(days=back)
        assert _holds(folded, day) == days[op](full(day, as_of), number), day


def _holds(node: ir.Node, day: date) -> bool:
    match node:
        case ir.Cmp(op, _, ir.Lit(bound)):
            return day <= bound if op == "<=" else day > bound  # type: ignore[operator]
        case ir.Not(arg):
            return not _holds(arg, day)
        case ir.And(args):
            return all(_holds(arg, day) for arg in args)
        case ir.Or(args):
            return any(_holds(arg, day) for arg in args)
    raise TypeError(node)
