"""Scope against its plainest description: a code lies inside when it begins with mine."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bangfu.access import RIGHTS, ROLES, rights_of, scope_of, system_scope
from bangfu.access.models import User
from bangfu.kernel import region
from bangfu.kernel.problems import Problem
from tests import world

regions = st.sampled_from(sorted(region.LEVELS)).flatmap(
    lambda n: st.text("0123456789", min_size=n, max_size=n)
)
# numbers near one another, so that ranges begin and end among them
codes = st.builds(
    lambda head, tail: (head + tail)[:18],
    st.sampled_from(["4512", "451228", "451229", "45122810", "451", "46", "4599", "99"]),
    st.text("0189", max_size=14),
)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(mine=codes.filter(lambda c: 0 < len(c) <= 12), all_codes=st.lists(codes, max_size=12))
@pytest.mark.django_db
def test_sql_range_equals_prefix(db: None, mine: str, all_codes: list[str]) -> None:
    scope = world.scope(mine)
    condition, values = scope.sql("code")
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT code FROM (SELECT unnest(%s::text[]) COLLATE "C" AS code) x WHERE {condition}',
            [all_codes, *values],
        )
        found = sorted(row[0] for row in cursor.fetchall())
    assert found == sorted(c for c in all_codes if c.startswith(mine))
    assert found == sorted(c for c in all_codes if scope.covers(c))


def test_q_is_the_same_condition(world: None) -> None:
    from bangfu.registry.models import Household
    from tests import world as made

    for code in ("4512", made.DUAN, made.GAOLING, made.DINGFU, "451299"):
        found = set(Household.objects.filter(made.scope(code).q()).values_list("pk", flat=True))
        assert found == {f[0] for f in made.FAMILIES if f[0].startswith(code)}


@given(regions, regions)
def test_narrowing_never_widens(mine: str, wanted: str) -> None:
    scope = world.scope(mine)
    try:
        narrowed = scope.narrowed(wanted)
    except Problem as problem:
        assert problem.code == "access.out_of_scope"
        assert not wanted.startswith(mine)
    else:
        assert narrowed.region_code == wanted
        assert wanted.startswith(mine)
    assert scope.narrowed("") is scope
    assert scope.narrowed(None) is scope


@pytest.mark.parametrize(
    "code", ["451228101%", "4512281012", "451228101'--", "451228101\n", "４５"]
)
def test_what_is_no_division_code_narrows_to_nothing(code: str) -> None:
    with pytest.raises(Problem, match="access.out_of_scope"):
        world.scope(world.GAOLING).narrowed(code)


def test_rights_come_from_one_word_list() -> None:
    for role, (zh, en, levels, rights) in ROLES.items():
        assert rights <= set(RIGHTS), role
        assert rights_of(role) == rights
        assert zh
        assert en
        assert set(levels) <= set(region.LEVELS.values())
    assert rights_of("nobody") == frozenset()
    with pytest.raises(KeyError):
        system_scope().has("no.such.right")


def test_a_missing_right_is_a_refusal_with_names() -> None:
    scope = world.scope(world.CITY, "inspector")
    scope.require("household.view")
    with pytest.raises(Problem) as refused:
        scope.require("import.apply")
    assert refused.value.code == "access.no_right"
    assert "督查人员" in refused.value.message()


def test_a_department_sees_its_own_department_only() -> None:
    user = User(
        username="edu", role="county_department", region_code=world.DUAN, department="教育局"
    )
    assert scope_of(user).department == "教育局"
    assert "教育局" in scope_of(user).reason
    user = User(username="clerk", role="township_clerk", region_code=world.GAOLING)
    assert scope_of(user).department is None
