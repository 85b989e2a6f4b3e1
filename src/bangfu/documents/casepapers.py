"""The papers of one case that no layout prescribes: its forms and notices, as Word or to print.

A form or notice for which the pack has a layout (annex 1 …) is left to that. Names on notices
are masked before they reach the writer; on forms they are in full for whoever may see them.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

from bangfu import audit
from bangfu.access import crypto, mask
from bangfu.access.scope import Scope
from bangfu.documents import html, plain, problems, word
from bangfu.documents.paper import Paper
from bangfu.findings import packs
from bangfu.kernel import clock
from bangfu.policy.documents.checking import load
from bangfu.policy.documents.filling import Piece
from bangfu.policy.procedures.definition import Form, Step
from bangfu.procedures import facts, queries
from bangfu.procedures.models import Case
from bangfu.registry import divisions
from bangfu.registry import queries as registry
from bangfu.registry.models import Household, Person

MOST = 2000  # lines of one notice
OPENING = "open"


@dataclass(frozen=True)
class CasePaper:
    """One paper a case offers: `key` is form:step, form:open or notice:step."""

    key: str
    title: str
    title_en: str
    step: str

    @property
    def kind(self) -> str:
        """form or notice."""
        return self.key.partition(":")[0]


def papers_of(case: Case) -> list[CasePaper]:
    """The papers of the case's procedure that no layout of its pack prescribes, in order."""
    content = case.content
    layouts = [x for x in load(packs.get(case.pack)).values() if x.procedure == case.procedure]
    forms, noticed = {x.form for x in layouts if x.form}, {s for x in layouts for s in x.steps}
    found = []
    first = content.forms.get(content.opening.form)
    if first is not None and not content.opening.batched:
        found.append(CasePaper(f"form:{OPENING}", first.title.zh, first.title.en, ""))
    for step in content.steps.values():
        form = content.forms.get(step.form)
        if form is not None and form.id not in forms:
            found.append(CasePaper(f"form:{step.id}", form.title.zh, form.title.en, step.id))
        if step.notice is not None and step.id not in noticed:
            title = step.notice.title
            found.append(CasePaper(f"notice:{step.id}", title.zh, title.en, step.id))
    return found


def _paper(scope: Scope, case_id: int, key: str) -> tuple[Case, CasePaper, Paper]:
    case = queries.case(scope, case_id)
    one = next((p for p in papers_of(case) if p.key == key), None)
    if one is None:
        raise problems.UNKNOWN(pack=case.pack, document=key[:40])
    step = case.content.steps.get(one.step)
    if one.kind == "notice":
        assert step is not None
        return case, one, Paper(plain.LETTER, list(_notice(scope, case, step)))
    form = case.content.forms[step.form if step else case.content.opening.form]
    return case, one, Paper(plain.PAGE, list(_form(scope, case, form, step)))


def _form(scope: Scope, case: Case, form: Form, step: Step | None) -> Iterator[Piece]:
    _state, entries = queries.trail(scope, case)
    wanted = ("done", step.id) if step else ("open", "")
    actions = [e.record.action for e in reversed(entries)]
    done = next((a for a in actions if (a.act, a.step) == wanted), None)
    head, persons = _who(scope, case, masked=not scope.has("household.reveal"))
    about = plain.About(
        place=divisions.full_name(case.region_code), subject=case.title or case.subject, head=head,
        persons=persons, values=done.values if done else {}, items=done.items if done else {},
        points=facts.points(
            case.content, form, case.region_code, done.on if done else clock.today()
        ),
    )  # fmt: skip
    return plain.form(case.content, form, step, about)


def _who(scope: Scope, case: Case, *, masked: bool) -> tuple[str, str]:
    """(name, persons) of a household or person; nothing for other subjects."""
    kind = case.content.subject
    if kind == "person":
        person = Person.objects.filter(scope.q(), person_no=case.subject).first()
        name = (crypto.unseal(person.name_sealed) or "") if person else ""
        return mask("name", name) if masked else name, ""
    if kind != "household":
        return "", ""
    row = registry.annotated(
        Household.objects.filter(scope.q(), household_no=case.subject)
    ).first()  # fmt: skip
    if row is None:
        return "", ""
    name = crypto.unseal(row.head_sealed) or ""
    return mask("name", name) if masked else name, str(row.persons or "")


def _notice(scope: Scope, case: Case, step: Step) -> Iterator[Piece]:
    """With everybody who hangs on the same notice; before it is posted, everybody of the place
    and batch who stands at the step."""
    assert step.notice is not None
    hung = case.notice if case.notice and case.notice.step == step.id else None
    length = queries.LENGTH[step.notice.level]
    found = Case.objects.filter(scope.q("region_code"), pack=case.pack, procedure=case.procedure)
    if hung is not None:
        found = found.filter(notice=hung)
    else:
        found = found.filter(batch=case.batch_id, step=step.id,
                             region_code__startswith=case.region_code[:length])  # fmt: skip
    cases = list(found.order_by("region_code", "subject")[:MOST]) or [case]
    about = plain.Hung(
        place=divisions.full_name(case.region_code[:length]), rows=rows(scope, case.content.subject, cases),
        phone=hung.phone if hung else "", where=hung.place if hung else "",
        posted=str(hung.posted_on) if hung else "", until=str(hung.ends_on) if hung else "",
    )  # fmt: skip
    return plain.notice(case.content, step, step.notice, about)


def rows(scope: Scope, kind: str, cases: list[Case]) -> list[tuple[str, str, str]]:
    """Whom a public list names: (group or place, masked name, persons), in order."""
    numbers = [c.subject for c in cases]
    if kind == "household":
        homes = Household.objects.filter(scope.q(), household_no__in=numbers)
        return [
            (h.group_no or h.hamlet_name or "", mask("name", crypto.unseal(h.head_sealed) or ""),
             str(h.persons or ""))
            for h in registry.annotated(homes.order_by("village_code", "household_no"))
        ]  # fmt: skip
    if kind == "person":
        people = Person.objects.filter(scope.q(), person_no__in=numbers).order_by("person_no")
        return [("", mask("name", crypto.unseal(p.name_sealed) or ""), "") for p in people]
    return [
        (
            divisions.full_name(c.region_code),
            c.title or divisions.names().get(c.subject, c.subject),
            "",
        )
        for c in cases
    ]


def _audited(scope: Scope, case: Case, one: CasePaper, sha256: str, how: str) -> None:
    with audit.event(
        "document.made", actor=scope.actor, region_code=case.region_code, subject=f"case:{case.pk}",
        detail={"document": one.key, "pack": case.pack, "procedure": case.procedure,
                "layout": case.content.hash, "papers": 1, "as": how, "sha256": sha256,
                "personal": "masked" if one.kind == "notice" else "full"},
    ):  # fmt: skip
        pass


def as_word(scope: Scope, case_id: int, key: str) -> tuple[bytes, str]:
    """One paper as a Word file: (content, name). Raises Problem `documents.unknown`,
    `procedures.case_not_found`."""
    case, one, paper = _paper(scope, case_id, key)
    with tempfile.SpooledTemporaryFile(max_size=8 << 20) as out:
        word.write(out, [paper], one.title)
        out.seek(0)
        content = out.read()
    _audited(scope, case, one, hashlib.sha256(content).hexdigest(), "word")
    place = divisions.full_name(case.region_code)
    return content, f"{one.title}-{place}-{case.title or case.subject}.docx"


def as_sheets(scope: Scope, case_id: int, key: str) -> tuple[CasePaper, Paper, list[str]]:
    """The same as printable HTML. Raises Problem as `as_word`."""
    case, one, paper = _paper(scope, case_id, key)
    made = list(html.sheets([paper]))
    _audited(scope, case, one, hashlib.sha256("".join(made).encode()).hexdigest(), "print")
    return one, paper, made
