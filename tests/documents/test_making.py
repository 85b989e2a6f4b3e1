"""Papers filled from registry, findings and cases: whose, how many, masked where they hang."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import docx
import pytest

from bangfu.audit import verify
from bangfu.audit.models import Event
from bangfu.documents import commands, queries
from bangfu.documents.finding import Wanted
from bangfu.findings import commands as findings
from bangfu.jobs import commands as jobs
from bangfu.kernel.problems import Problem
from tests import world
from tests.findings import town as judged
from tests.procedures import town


@pytest.fixture
def place(world: None) -> None:
    """The small world with its records, not evaluated."""
    judged.record()


@pytest.fixture
def evaluated(transactional_db: None) -> Iterator[None]:
    """The same, evaluated."""
    from bangfu.registry import divisions

    judged.build()
    findings.start(judged.system(), period=judged.PERIOD, now=True)
    yield
    divisions._names.cache_clear()


def wanted(document: str, region: str = world.GAOLING, **more: Any) -> Wanted:
    """Papers of the Hechi pack for 2016."""
    return Wanted(document, "hechi", region, 2016, **more)


def opened(content: bytes) -> Any:
    """A Word file read back."""
    return docx.Document(io.BytesIO(content))


def words(document: Any) -> str:
    """All text of a document."""
    cells = (c.text for t in document.tables for row in t.rows for c in row.cells)
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


@pytest.mark.usefixtures("evaluated")
def test_form_of_one_household_stands_on_registry_and_findings() -> None:
    content, name = commands.one(town.TOWN, wanted("annex-1", subject=judged.FAILING))
    assert (
        name == f"附件1贫困户脱贫摘帽“双认定”验收表-都安瑶族自治县高岭镇-{judged.FAILING}-2016.docx"
    )
    form = opened(content)
    assert "黄秀兰" in words(form)
    assert "三联村" in words(form)
    rows = form.tables[0].rows
    found = {row.cells[1].text: row.cells[3].text for row in rows[1:10]}
    assert "数据比对：未达标" in found["有住房保障"]
    assert "数据比对：未达标" in found["有饮用水"]
    assert "数据比对：达标" in found["有电用"]
    assert "当年人均纯收入 " in found["年人均纯收入超过国家扶贫标准"]
    event = Event.objects.filter(action="document.made").latest("chain_no")
    assert event.detail["papers"] == 1
    assert event.detail["personal"] == "full"
    assert verify().ok


@pytest.mark.usefixtures("place")
def test_verified_case_shows_what_the_team_found() -> None:
    made = town.batch()
    (case,) = town.enrolled(made, judged.READY)
    items = dict.fromkeys(town.ITEMS, ("met", "已核实"))
    town.do(town.TOWN, case, town.verified(items=items))
    content, _name = commands.one(town.TOWN, wanted("annex-1", subject=judged.READY, batch=made.pk))
    form = opened(content).tables[0]
    assert all("达标☑，未达标□" in row.cells[3].text for row in form.rows[1:10])
    assert "数据比对：达标" in form.rows[1].cells[3].text  # kept with the record


@pytest.mark.usefixtures("place")
def test_lists_hang_masked_and_count_the_cases_that_came_so_far() -> None:
    made = town.batch()
    case, _early = town.enrolled(made, judged.READY, judged.FAILING)
    with pytest.raises(Problem, match=r"documents.nothing_to_print"):
        commands.one(town.TOWN, wanted("annex-2", batch=made.pk))
    town.to_notice(case)
    content, _name = commands.one(town.TOWN, wanted("annex-2", batch=made.pk, phone="0778-1234567"))
    notice = words(opened(content))
    assert "定福村有1户（2人）" in notice
    assert "公示期3天" in notice
    assert "0778-1234567" in notice
    assert "韦*明" in notice
    assert not [secret for secret in world.secrets() if secret in notice]
    assert judged.READY not in notice


@pytest.mark.usefixtures("place")
def test_whole_township_by_the_worker() -> None:
    user = world.user("clerk2", "township_clerk", world.GAOLING)
    from bangfu.access import scope_of

    scope = scope_of(user)
    made = town.batch()
    town.enrolled(made, judged.READY, judged.FAILING)
    job = commands.start(scope, wanted("annex-1", batch=made.pk))
    jobs.perform(job, reraise=True)
    assert job.state == "done"
    assert job.result["count"] == 2
    kept = commands.path(job.pk).read_bytes()
    assert not kept.startswith(b"PK")  # sealed
    form = opened(b"".join(commands.content(scope, job)))
    assert len(form.tables) == 2
    assert [m.there for m in queries.made(scope, made.pk)] == [True]
    actions = set(Event.objects.values_list("action", flat=True))
    assert {"document.made", "document.downloaded"} <= actions


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: commands.one(town.TOWN, wanted("annex-1", world.DISU)), "access.out_of_scope"),
        (lambda: commands.one(town.TOWN, wanted("annex-1", subject=judged.LACKING)),
         "registry.household_not_found"),
        (lambda: commands.one(town.TOWN, wanted("annex-9")), "documents.unknown"),
        (lambda: commands.one(world.scope(world.DUAN, "county_department"), wanted("annex-1")),
         "access.no_right"),
        (lambda: commands.one(town.TOWN, wanted("annex-7")), "documents.nothing_to_print"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("place")
def test_refusals(make: Callable[[], Any], code: str) -> None:
    with pytest.raises(Problem) as told:
        make()
    assert told.value.code == code


@pytest.mark.usefixtures("place")
def test_villages_and_counties_by_their_figures() -> None:
    from bangfu import audit
    from bangfu.registry.models import VillageYear

    with audit.event("test.figures", actor=world.ACTOR, region_code="45"):
        VillageYear.objects.update_or_create(
            village_code=world.DINGFU, year=2016,
            defaults={"households_total": 400, "households_water_ok": 380,
                      "residents_poor": 30, "residents_total": 1600},
        )  # fmt: skip
    content, _name = commands.one(town.COUNTY, wanted("annex-4", subject=world.DINGFU))
    form = words(opened(content))
    assert "定福村" in form
    assert "未解决饮水问题的 20 户" in form
    assert "本村贫困发生率 1.88% " in form
    content, _name = commands.one(town.COUNTY, wanted("annex-7", world.DUAN))
    assert "都安瑶族自治县扶贫开发领导小组（盖章）" in words(opened(content))


@pytest.mark.usefixtures("place")
def test_print_says_the_same() -> None:
    _source, made = commands.sheets(town.TOWN, wanted("annex-1", subject=judged.READY))
    assert len([part for part in made if part.startswith("<section")]) == 1
    assert "韦大明" in "".join(made)
