"""The library's lists: clauses, duties, contradictions, groups. Page and Excel file are made from
the same columns and rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access import Scope
from bangfu.findings import library, packs
from bangfu.findings.library import ClauseFilter
from bangfu.findings.models import Clause
from bangfu.policy.declared import Contradiction, Overlap
from bangfu.policy.pack import UNITS, Pack
from bangfu.web import language
from bangfu.web.listing import Column, Listing

KINDS = {
    "entitlement": mark("享受"), "criterion": mark("标准"), "limit": mark("限额"),
    "alert": mark("预警"), "duty": mark("责任"), "computed": mark("参与计算的"),
}  # fmt: skip
ENTITIES = {
    "person": mark("个人"), "household": mark("户"), "village": mark("村"), "county": mark("县"),
    "township": mark("乡镇"), "loan": mark("贷款"), "enterprise": mark("企业"),
    "cooperative": mark("合作社"), "project": mark("项目"), "student": mark("学生"),
    "city": mark("市"), "department": mark("部门"), "region": mark("自治区"),
    "school": mark("学校"), "lender": mark("金融机构"), "site": mark("安置点"),
    "cadre": mark("干部"), "teacher": mark("教师"), "university": mark("高校"),
    "grid": mark("电网"), "training class": mark("培训班"), "village doctor": mark("村医"),
}  # fmt: skip
NATURES = {
    "rule": mark("规则"), "amount": mark("数额"), "date": mark("期限"), "figure": mark("数字"),
    "wording": mark("措辞"), "scope": mark("范围"),
}  # fmt: skip
GROUP_KINDS = {
    "exclusive": mark("互斥"), "stacking": mark("可叠加"), "cap": mark("合计封顶"),
}  # fmt: skip
BASES = {"stated": mark("原文写明"), "inferred": mark("按目的推定")}


def word(table: dict[str, str], key: str) -> str:
    """A code in the page's language; the code itself where there is no word."""
    return str(_(table[key])) if key in table else key


def unit_of(unit: str) -> str:
    """A unit for people."""
    return UNITS.get(unit, (unit, unit))[1 if language.current() == "en" else 0]


def title_of(clause: Clause) -> str:
    """A clause's title in the page's language."""
    return (language.current() == "en" and clause.title_en) or clause.title


def pack_title(pack_id: str) -> str:
    """A pack's title in the page's language."""
    return packs.get(pack_id).title.show(language.current())


def rule_href(pack: str, rule: str) -> str:
    """A rule's page."""
    return reverse("policies:rule", args=[pack, rule])


def filter_of(query: QueryDict, kind: str = "") -> ClauseFilter:
    """The filter a page's address asks for; a day that is none is left out."""
    try:
        on = date.fromisoformat(query.get("on", ""))
    except ValueError:
        on = None
    return ClauseFilter(
        q=query.get("q", "")[:100], pack=query.get("pack", ""), document=query.get("document", ""),
        plan=query.get("plan", ""), kind=kind or query.get("kind", ""),
        entity=query.get("entity", ""), department=query.get("department", "")[:40], on=on,
        year=query.get("year", "")[:4],
    )  # fmt: skip


_RULE = Column("rule", mark("编号"), lambda c: c.rule, sort="rule", lead=True)
_TITLE = Column("title", mark("名称"), title_of, sort="title")
_PAPER = (
    Column("pack", mark("政策包"), lambda c: pack_title(c.pack), usual=False, sort="pack"),
    Column("document", mark("文件"), lambda c: c.document_title, sort="document"),
    Column("section", mark("条款"), lambda c: c.section),
)
_DEPARTMENT = Column("department", mark("责任单位"), lambda c: c.department, sort="department")
CLAUSES = Listing(
    "clauses",
    [
        _RULE,
        _TITLE,
        Column("kind", mark("类别"), lambda c: word(KINDS, c.kind), sort="kind"),
        Column("entity", mark("对象"), lambda c: word(ENTITIES, c.entity), sort="entity"),
        *_PAPER,
        _DEPARTMENT,
        Column("starts", mark("施行"), lambda c: c.starts.isoformat() if c.starts else "",
               usual=False, sort="starts"),
        Column("ends", mark("止"), lambda c: c.ends.isoformat() if c.ends else "", usual=False,
               sort="ends"),
        Column("line", mark("原文行号"), lambda c: c.line if c.line is not None else "",
               usual=False, numeric=True),
    ],
)  # fmt: skip
DUTIES = Listing(
    "duties",
    [
        _RULE,
        _TITLE,
        _DEPARTMENT,
        Column("deadline", mark("时限"), lambda c: c.deadline, sort="deadline"),
        Column("measure", mark("衡量"), lambda c: c.measure),
        Column("target", mark("目标"), lambda c: c.target),
        Column("unit", mark("单位"), lambda c: unit_of(c.unit)),
        *(Column(c.name, c.label, c.value, usual=c.name == "document", sort=c.sort)
          for c in _PAPER),
        Column("entity", mark("对象"), lambda c: word(ENTITIES, c.entity), usual=False,
               sort="entity"),
    ],
)  # fmt: skip


@dataclass(frozen=True)
class Said:
    """One clause of a contradiction as the page shows it."""

    paper: str
    text: str
    rules: list[tuple[str, str]]


@dataclass(frozen=True)
class ConflictRow:
    """One contradiction: what each clause says, what the pack does."""

    entry: Contradiction
    pack: Pack
    says: list[Said]

    @property
    def title(self) -> str:
        """In the page's language."""
        return self.entry.title.show(language.current())

    @property
    def treatment(self) -> str:
        """In the page's language."""
        return self.entry.treatment.show(language.current())

    @property
    def switch(self) -> str:
        """The parameter or variable that turns to the other reading, by its title."""
        name = self.entry.switch
        if not name:
            return ""
        found = self.pack.parameters.get(name) or next(
            (v for (_e, n), v in self.pack.variables.items() if n == name), None
        )
        shown = found.title.show(language.current()) if found else ""
        return f"{shown}（{name}）" if shown else name

    @property
    def between(self) -> bool:
        """Whether different papers contradict each other, not one itself."""
        return len({(s.pack, s.cite.document) for s in self.entry.says}) > 1


def conflict_row(pack: Pack, entry: Contradiction) -> ConflictRow:
    """A contradiction with its papers named and its rules linked."""
    lang = language.current()
    says = []
    for saying in entry.says:
        home = packs.get(saying.pack) if saying.pack else pack
        paper = home.documents.get(saying.cite.document)
        named = f"{paper.title if paper else saying.cite.document} {saying.cite.section}"
        links = [(rule, rule_href(home.id, rule)) for rule in saying.rules if rule in home.rules]
        says.append(Said(named.strip(), saying.says.show(lang), links))
    return ConflictRow(entry, pack, says)


def conflicts(scope: Scope, query: QueryDict) -> list[ConflictRow]:
    """Contradictions that pass the page's filters."""
    q, pack_id = query.get("q", "").strip().lower(), query.get("pack", "")
    nature, between = query.get("nature", ""), query.get("between", "")
    found = [
        conflict_row(pack, entry)
        for pack in library.known(scope) if pack_id in ("", pack.id)
        for entry in pack.contradictions if nature in ("", entry.nature)
    ]  # fmt: skip
    if between in ("papers", "one"):
        found = [row for row in found if row.between == (between == "papers")]
    return [row for row in found if q in _conflict_text(row).lower()] if q else found


def _conflict_text(row: ConflictRow) -> str:
    said = " ".join(f"{s.paper} {s.text}" for s in row.says)
    return " ".join([row.entry.id, row.title, said, row.treatment, *row.entry.all_rules])


CONFLICT_COLUMNS: list[tuple[str, Callable[[ConflictRow], Any]]] = [
    (mark("编号"), lambda r: r.entry.id),
    (mark("事项"), lambda r: r.title),
    (mark("性质"), lambda r: word(NATURES, r.entry.nature)),
    (mark("各处说法"), lambda r: "；".join(f"{s.paper}：{s.text}" for s in r.says)),
    (mark("政策包的处理"), lambda r: r.treatment),
    (mark("切换参数"), lambda r: r.switch),
    (mark("涉及规则"), lambda r: "、".join(r.entry.all_rules)),
    (mark("政策包"), lambda r: r.pack.title.show(language.current())),
]


@dataclass(frozen=True)
class GroupRow:
    """One group of rules with their titles."""

    group: Overlap
    pack: Pack
    rules: list[tuple[str, str, str]]  # id, title, address

    @property
    def title(self) -> str:
        """In the page's language."""
        return self.group.title.show(language.current())

    @property
    def note(self) -> str:
        """In the page's language."""
        return self.group.note.show(language.current())

    @property
    def cite(self) -> str:
        """Paper and section."""
        paper = self.pack.documents.get(self.group.cite.document)
        return f"{paper.title if paper else ''} {self.group.cite.section}".strip()


def group_row(pack: Pack, group: Overlap) -> GroupRow:
    """A group with its rules named and linked."""
    lang = language.current()
    named = [(r, pack.rules[r].title.show(lang), rule_href(pack.id, r)) for r in group.rules]
    return GroupRow(group, pack, named)


def group_rows(scope: Scope, query: QueryDict) -> list[GroupRow]:
    """Groups that pass the page's filters."""
    kind, pack_id = query.get("kind", ""), query.get("pack", "")
    q = query.get("q", "").strip().lower()
    found = [
        group_row(pack, group)
        for pack in library.known(scope) if pack_id in ("", pack.id)
        for group in pack.overlaps if kind in ("", group.kind)
    ]  # fmt: skip
    return [
        r for r in found
        if q in " ".join([r.group.id, r.title, r.note, *(f"{i} {t}" for i, t, _h in r.rules)]).lower()
    ]  # fmt: skip


GROUP_COLUMNS: list[tuple[str, Callable[[GroupRow], Any]]] = [
    (mark("编号"), lambda r: r.group.id),
    (mark("名称"), lambda r: r.title),
    (mark("关系"), lambda r: word(GROUP_KINDS, r.group.kind)),
    (mark("按谁比较"), lambda r: word(ENTITIES, r.group.per)),
    (mark("规则"), lambda r: "；".join(f"{i} {t}" for i, t, _h in r.rules)),
    (mark("根据"), lambda r: word(BASES, r.group.basis)),
    (mark("条款"), lambda r: r.cite),
    (mark("说明"), lambda r: r.note),
    (mark("政策包"), lambda r: r.pack.title.show(language.current())),
]
