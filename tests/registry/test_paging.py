"""Keyset paging: every row once, in order, both ways, with unknown values last."""

from __future__ import annotations

import pytest
from django.db.models import QuerySet

from bangfu import audit
from bangfu.kernel.problems import Problem
from bangfu.registry import paging
from bangfu.registry.models import Household
from tests.world import ACTOR, DINGFU

SCORES = ["30", None, "50", "30", None, "70", "50", "30"]


@pytest.fixture
def scored(world: None) -> None:
    """Eight households with scores that repeat and are missing."""
    with audit.event("test", actor=ACTOR):
        Household.objects.bulk_create(
            Household(household_no=f"{DINGFU}9{n:05d}", village_code=DINGFU, poverty_score=score)
            for n, score in enumerate(SCORES, start=1)
        )


def scored_ones() -> QuerySet[Household]:
    """Those eight, without the families of the small world."""
    return Household.objects.filter(household_no__gte=f"{DINGFU}9", village_code=DINGFU)


def walk(sort: str, size: int, *, back: bool = False) -> list[str]:
    """Serials in the order that paging gives them, forwards or backwards from the end."""
    found: list[str] = []
    after = before = ""
    while True:
        page = paging.paged(
            scored_ones(), key="household_no", sort=sort, after=after, before=before,
            size=size,
        )  # fmt: skip
        serials = [h.household_no[-1] for h in page.items]
        if before:
            found = serials + found
            if not page.has_previous:
                return found
            before = page.previous
        else:
            found += serials
            if page.has_next:
                after = page.next
            elif back and page.has_previous:
                found, before, after = serials, page.previous, ""
            else:
                return found


@pytest.mark.parametrize(
    ("sort", "order"),
    [("", "12345678"), ("poverty_score", "14837625"), ("-poverty_score", "63714825")],
)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 20])
def test_every_row_once_both_ways(scored: None, sort: str, order: str, size: int) -> None:
    """Ties by number; unknown last whichever way it sorts."""
    assert "".join(walk(sort, size)) == order
    assert "".join(walk(sort, size, back=True)) == order


def test_counts_up_to_a_limit(scored: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A count of a million rows is not worth waiting for."""
    monkeypatch.setattr(paging, "COUNT_TO", 5)
    page = paging.paged(scored_ones(), key="household_no")
    assert (page.total, page.total_is_floor) == (5, True)


@pytest.mark.parametrize("cursor", ["x", "bm9uZQ", "WzEsMiwzXQ", "W251bGw", "🙂"])
def test_a_foreign_cursor_is_refused(scored: None, cursor: str) -> None:
    """Not a fault."""
    with pytest.raises(Problem) as refused:
        paging.paged(scored_ones(), key="household_no", after=cursor)
    assert refused.value.code == "registry.bad_cursor"
