"""Papers made from a procedure's own definition, where no document prescribes a layout.

A form as a table of its blanks, indicators and scoring table, with room for signatures and the
seal of whoever fills it in; a public notice with its list. Filled with what was recorded, or
left blank to be taken along. Nothing here looks anything up; called by `casepapers`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bangfu.policy.documents import definition as d
from bangfu.policy.documents.filling import (
    TICKED,
    WHITE,
    Cell,
    Grid,
    Para,
    Piece,
    Row,
    Run,
)
from bangfu.policy.procedures import scoring
from bangfu.policy.procedures.definition import Form, FormField, Notice, Procedure, Step
from bangfu.policy.procedures.trail import Judged

PAGE = d.Page(top=25, bottom=22, left=22, right=22)
LETTER = d.Page()
_WIDTH = 166  # mm between the margins of PAGE
_DAY = "　　年　　月　　日"
KINDS = {"household": "户", "person": "人", "village": "村", "township": "乡镇", "county": "县",
         "project": "项", "application": "件"}  # fmt: skip


@dataclass(frozen=True)
class About:
    """What stands above the table: where, who, and what was recorded so far."""

    place: str
    subject: str
    head: str = ""
    persons: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    items: Mapping[str, Judged] = field(default_factory=dict)
    points: Mapping[str, Decimal] = field(default_factory=dict)


def _cell(text: str, align: d.Align = "left", *, bold: bool = False, span: int = 1) -> Cell:
    lines = text.split("\n")
    return Cell(tuple(Para((Run(line, bold=bold),), "cell", align) for line in lines), span)


def _number(points: Decimal | None) -> str:
    if points is None:
        return ""
    text = f"{points:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def form(procedure: Procedure, form_: Form, step: Step | None, about: About) -> Iterator[Piece]:
    """The form of `step` (None: the paper a case begins with) about one subject."""
    if form_.annex:
        yield Para((Run(form_.annex),), "label")
    yield Para((Run(form_.title.zh),), "heading", "center")
    named = f"{about.head}　{about.subject}" if about.head else about.subject
    yield Para((Run(about.place),), "small", "center")
    persons = f"　　人口：{about.persons}" if about.persons else ""
    yield Para((Run(f"对象：{named}{persons}"),), "small", "center")
    rows = [*_blanks(form_, about)]
    if rows:
        yield Grid((28, 55, 28, 55), tuple(rows))
    if form_.items:
        yield _indicators(form_, about)
    if form_.scoring is not None:
        yield _scoring(form_, about)
    yield Grid((28, _WIDTH - 28), tuple(_opinions(procedure, step)))
    copies = f"一式{form_.copies}份。" if form_.copies > 1 else ""
    name = f"说明：本表用于“{procedure.title.zh}”" + (
        f"第{procedure.number(step.id)}步" if step else ""
    )
    yield Para((Run(f"{name}。{copies}"),), "note")


def said(blank: FormField, value: Any) -> str:
    """What was answered, as paper shows it: choices with boxes; '' where nothing may stand."""
    if blank.options:
        chosen = value if isinstance(value, list) else [value]
        return "　".join(
            f"{TICKED if o.value in chosen else WHITE}{o.title.zh}" for o in blank.options
        )
    if blank.type == "bool":
        yes = TICKED if value is True else WHITE
        return f"{yes}是　{TICKED if value is False else WHITE}否"
    if value is None or isinstance(value, dict):  # personal: sealed, to be written in by hand
        return ""
    return f"{value}{blank.unit}" if blank.unit else str(value)


def _blanks(form_: Form, about: About) -> Iterator[Row]:
    """Two short blanks to a row, a long one alone."""
    waiting: list[Cell] = []
    for blank in form_.plain:
        title, text = blank.title.zh, said(blank, about.values.get(blank.id))
        wide = blank.type == "long_text" or len(text) > 18 or len(blank.options) > 3
        if blank.unit and not text:
            title = f"{title}（{blank.unit}）"
        if wide:
            if waiting:
                yield Row((*waiting, _cell("", span=2)), height=9)
                waiting = []
            tall = 20 if blank.type == "long_text" else 9
            yield Row((_cell(title, "center"), _cell(text, span=3)), height=tall)
            continue
        waiting += [_cell(title, "center"), _cell(text)]
        if len(waiting) == 4:
            yield Row(tuple(waiting), height=9)
            waiting = []
    if waiting:
        yield Row((*waiting, _cell("", span=2)), height=9)


def _indicators(form_: Form, about: About) -> Grid:
    head = Row(
        tuple(_cell(t, "center", bold=True) for t in ("序号", "指标", "认定", "原因")), header=True
    )
    rows = [head]
    for number, item in enumerate(form_.items, start=1):
        found = about.items.get(item.id)
        met = TICKED if found and found.outcome == "met" else WHITE
        not_met = TICKED if found and found.outcome == "not_met" else WHITE
        rows.append(Row((
            _cell(str(number), "center"), _cell(item.title.zh),
            _cell(f"达标{met}　未达标{not_met}"), _cell(found.reason if found else ""),
        ), height=9))  # fmt: skip
    return Grid((12, 64, 42, _WIDTH - 118), tuple(rows))


def _scoring(form_: Form, about: About) -> Grid:
    """Groups, items with every answer and its points, the points given, the total and lines."""
    table = form_.scoring
    assert table is not None
    blanks = {f.id: f for f in form_.fields}
    worth = scoring.points_of(form_, about.values, about.points)
    rows = [Row(tuple(_cell(t, "center", bold=True) for t in ("类别", "评分项", "情况和分值", "得分")),
                header=True)]  # fmt: skip
    for group in table.groups:
        most = _number(scoring.known(group.maximum, about.points))
        title = f"{group.title.zh}\n（{most}分）" if most else group.title.zh
        for position, name in enumerate(group.items):
            blank, chosen = blanks[name], about.values.get(name)
            options = [
                f"{TICKED if o.value == chosen else WHITE}{o.title.zh}"
                + (f"（{n}分）" if (n := _number(scoring.known(o.points, about.points))) else "")
                for o in blank.options
            ]
            rows.append(Row((
                _cell(title if not position else "", "center"), _cell(blank.title.zh, "center"),
                _cell("　".join(options)), _cell(_number(worth.get(name)), "center"),
            ), height=9))  # fmt: skip
    most = _number(scoring.known(table.maximum, about.points))
    full = f"{table.title.zh}合计" + (f"（满分{most}分）" if most else "")
    kept = about.values.get(table.id)
    total = _number(Decimal(str(kept))) if kept is not None else ""
    rows.append(Row((_cell(full, "right", bold=True, span=3), _cell(total, "center", bold=True)),
                    height=9))  # fmt: skip
    for line in table.lines:
        at = _number(scoring.known(line.at, about.points))
        rows.append(Row((_cell(line.title.zh, "right", span=3), _cell(at, "center")), height=9))
    return Grid((30, 34, _WIDTH - 82, 18), tuple(rows))


def _opinions(procedure: Procedure, step: Step | None) -> Iterator[Row]:
    """Room for each party that signs, and for the seal of whoever does the step."""
    for party in step.signatures if step else ():
        names = "　　　　　　　　".join("签名：" for _ in range(max(1, party.minimum)))
        yield Row((_cell(party.title.zh, "center"), _cell(f"{names}\n\n{_DAY}")), height=16)
    if step is None:
        yield Row((_cell("申请（登记）人", "center"), _cell(f"签名：\n\n{_DAY}")), height=16)
    actor = procedure.actor_of(step.id) if step else procedure.actors[procedure.opening.actor]
    seal = Cell((Para((Run(f"{actor.title.zh}（盖章）"),), "cell", "right"),
                 Para((Run(_DAY),), "cell", "right")))  # fmt: skip
    outcome = "　".join(f"{WHITE}{o.title.zh}" for o in step.outcomes) if step else ""
    yield Row((_cell("办理意见", "center"), Cell((*_cell(outcome).paras, *seal.paras))), height=22)


@dataclass(frozen=True)
class Hung:
    """A notice as it hangs or is to hang: its place, days, telephone, and whom it lists: rows of
    group, name (masked before it comes here), persons."""

    place: str
    rows: Sequence[tuple[str, str, str]]
    phone: str = ""
    where: str = ""
    posted: str = ""
    until: str = ""


def notice(procedure: Procedure, step: Step, notice_: Notice, hung: Hung) -> Iterator[Piece]:
    """The public notice of a step with its list."""
    days = f"{notice_.span.days}个工作日" if notice_.span.working else f"{notice_.span.days}天"
    kind, count = KINDS[procedure.subject], len(hung.rows)
    to = procedure.actors[notice_.objections_to].title.zh
    period = f"（{hung.posted}至{hung.until}）" if hung.posted and hung.until else ""
    people = sum(int(p) for _g, _n, p in hung.rows if p.isdigit())
    told = f"{count}{kind}" + (f"（{people}人）" if people else "")
    if notice_.annex:
        yield Para((Run(notice_.annex),), "label")
    yield Para((Run(notice_.title.zh),), "heading", "center")
    told = (
        f"“{procedure.title.zh}”办理到“{step.title.zh}”，{hung.place}共{told}，名单附后，现予公示。"
    )
    yield Para((Run(told),), "text", "justify")
    yield Para(
        (Run(f"公示期{days}{period}。如有异议，请在公示期内向{to}反映。"),), "text", "justify"
    )
    yield Para(
        (Run("监督电话："), Run(hung.phone) if hung.phone else Run(underline=True, blank=8)), "text"
    )
    yield Para((Run(f"张贴地点：{hung.where or notice_.place.zh}"),), "text")
    yield Para((Run(f"{procedure.actor_of(step.id).title.zh}（盖章）"),), "line", "right")
    yield Para((Run(_DAY),), "line", "right")
    first = "村民小组" if procedure.subject in ("household", "person") else "所在地"
    name = {"household": "户主姓名", "person": "姓名"}.get(procedure.subject, "名称")
    titles = ("序号", first, name, "家庭人口数" if procedure.subject == "household" else "备注")
    rows = [Row(tuple(_cell(t, "center", bold=True) for t in titles), header=True)]
    rows += [
        Row((_cell(str(n), "center"), *(_cell(text, "center") for text in row)), height=8)
        for n, row in enumerate(hung.rows, start=1)
    ]
    yield Grid((16, 45, 60, 35), tuple(rows))
    if notice_.copies > 1:
        yield Para((Run(f"说明：此公示一式{notice_.copies}份。"),), "note")
