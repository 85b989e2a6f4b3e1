"""The library finds a clause by its words, its department and its day; the index follows the packs."""

from __future__ import annotations

from datetime import date

import pytest

from bangfu.findings import library, words
from bangfu.findings.library import ClauseFilter
from bangfu.findings.models import Clause
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def scope() -> object:
    """A village officer: the least that may read the library."""
    found = world.scope(world.DINGFU, "village_officer")
    library.refresh(found)
    return found


def ids(scope: object, **asked: object) -> list[str]:
    return [c.rule for c in library.clauses(scope, ClauseFilter(**asked))]  # type: ignore[arg-type]


def test_every_rule_and_duty_of_every_pack_is_there(scope: object) -> None:
    packs = library.known(scope)  # type: ignore[arg-type]
    assert Clause.objects.count() == sum(len(pack.rules) for pack in packs) > 1200
    assert library.refresh(scope) is False  # type: ignore[arg-type]


def test_a_changed_pack_is_indexed_again(scope: object) -> None:
    Clause.objects.filter(pack="hechi").update(pack_hash="older")
    assert library.refresh(scope) is True  # type: ignore[arg-type]
    assert not Clause.objects.filter(pack_hash="older").exists()


FINDS = {
    "寄宿生活补助": "HC2-E-129",
    "危房改造": "HC1-D-111",
    "危房改": "HC1-D-111",
    "HC2-E-134": "HC2-E-134",
    "hc2-e-134": "HC2-E-134",
    "Boarding allowance": "HC2-E-129",
    "市民政局 低保标准": "HC2-D-104",
    "boarding_primary": "HC2-E-129",
    "学前": "HC2-E-127",
}
ODD = ("'", "a & | ! b", "：*", "\\", "%", "查无此事的词语甲乙丙")


def test_words_find_their_clause(scope: object) -> None:
    missed = {q: r for q, r in FINDS.items() if r not in ids(scope, q=q, pack="hechi")[:40]}
    assert not missed


def test_anything_may_be_asked(scope: object) -> None:
    for asked in ODD:
        assert len(ids(scope, q=asked)) < 1200, asked
    assert len(ids(scope, q="  ")) > 1200


def test_the_title_counts_more_than_a_remark(scope: object) -> None:
    assert ids(scope, q="雨露计划本科新生补助", pack="hechi")[0] == "HC2-E-140"


def test_filters_narrow(scope: object) -> None:
    all_of = ids(scope, pack="hechi")
    computed, duties = (
        ids(scope, pack="hechi", kind="computed"),
        ids(scope, pack="hechi", kind="duty"),
    )
    assert len(computed) + len(duties) == len(all_of)
    assert set(ids(scope, pack="hechi", entity="village")) < set(all_of)
    assert all(c.department.find("民政局") >= 0 for c in library.clauses(
        scope, ClauseFilter(department="民政局")))  # type: ignore[arg-type]  # fmt: skip
    assert set(ids(scope, document="hechi-dibao")) < set(duties) | set(computed)


def test_a_day_shows_what_was_in_force(scope: object) -> None:
    before = ids(scope, pack="guangxi", kind="computed", on=date(2017, 3, 20))
    after = ids(scope, pack="guangxi", kind="computed", on=date(2017, 3, 21))
    assert "GX17-R-112" in before
    assert "GX17-R-111" not in before
    assert "GX17-R-111" in after
    assert "GX17-R-112" not in after


def test_choices_are_what_occurs(scope: object) -> None:
    found = library.choices(scope, "hechi", "duty")  # type: ignore[arg-type]
    assert "2020" in found.years
    assert any("教育局" in name for name in found.departments)
    assert ("hechi-exit", "精准脱贫摘帽实施方案") in found.documents


def test_words_are_cut_for_search() -> None:
    assert {"建档立卡", "贫困", "贫困户"} <= set(words.words("建档立卡贫困户"))
    assert words.query("贫困户的 HC2-E-1") == "'hc2-e-1':* & '贫困户':* & '的':*"
    assert words.vector([("免'费", "A")]).count("''") == 0
