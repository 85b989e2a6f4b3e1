"""What only the whole shows: fields that nothing fills, rules and steps that do not exist.
Called by `bangfu policy check`; `load` gives the documents of a pack that has none of these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from bangfu import dictionary
from bangfu.policy import problems
from bangfu.policy.documents import definition as d
from bangfu.policy.documents.reading import files, read
from bangfu.policy.pack import Pack
from bangfu.policy.procedures.definition import Procedure
from bangfu.policy.reader import Reader

# What the documents room knows of every paper, and of each kind.
COMMON = ("region", "city", "county", "year", "batch", "phone", "copies", "holders", "today",
          "households", "persons", "notice.days", "blank")  # fmt: skip
OF_PLACE = ("incidence", "gap.housing", "gap.water", "gap.electricity")  # fmt: skip
OF_VILLAGE = ("township", "village")
OF_HOUSEHOLD = (*OF_VILLAGE, "head", "size", "group", "hamlet", "household_no")
ROSTER = ("no", "group", "head", "size", "household_no", "hamlet")
_ENTITIES = {"household": ("household",), "village": ("village",), "county": ("county",)}
# Variables that a run keeps for every household.
_KEPT = {"household": ("household.net_income_per_capita",)}


def check(root: Path, pack: Pack, procedures: Mapping[str, Procedure], reader: Reader
          ) -> dict[str, d.Document]:  # fmt: skip
    """The pack's documents by id; every fault noted with `reader`."""
    found: dict[str, d.Document] = {}
    for file in files(root):
        shown = f"{root.name}/{file.relative_to(root).as_posix()}"
        document = read(file.read_text(encoding="utf-8"), shown, pack, reader)
        if document is None:
            continue
        reader.rule = document.id
        if document.id != file.stem:
            reader.refuse(document.place, "document_id", id=document.id, name=file.stem)
        _one(document, pack, procedures, reader)
        reader.rule = None
        found[document.id] = document
    for document in found.values():
        for name in document.attach:
            other = found.get(name)
            if other is None or other.attach or other.about != document.about:
                reader.rule = document.id
                reader.refuse(document.place, "document_attach", name=name)
                reader.rule = None
    return found


def _one(
    document: d.Document, pack: Pack, procedures: Mapping[str, Procedure], reader: Reader
) -> None:
    at = document.place
    procedure = procedures.get(document.procedure)
    if document.procedure and procedure is None:
        reader.refuse(at, "unknown_procedure", name=document.procedure)
    known = names(document.about, pack, procedure)
    for field in fields(document):
        if field not in known:
            reader.refuse(at, "document_field", name=field, known="、".join(sorted(known)[:40]))
    for rule in document.rules:
        if rule not in pack.rules:
            reader.refuse(at, "unknown_rule", id=rule)
        elif pack.rules[rule].entity != document.about:
            reader.refuse(at, "document_rule", id=rule, entity=pack.rules[rule].entity)
    listed = (c.field for b in document.blocks if isinstance(b, d.Roster) for c in b.columns)
    for field in listed:
        if field not in ROSTER:
            reader.refuse(at, "document_field", name=field, known="、".join(ROSTER))
    if procedure is not None:
        _in_procedure(document, procedure, reader)


def _in_procedure(document: d.Document, procedure: Procedure, reader: Reader) -> None:
    """Its steps, its form and the form's indicators are the procedure's."""
    at = document.place
    for step in (*document.steps, *((document.since,) if document.since else ())):
        if step not in procedure.steps:
            reader.refuse(at, "unknown_step", name=step, known="、".join(procedure.steps))
    if document.form and document.form not in procedure.forms:
        reader.refuse(at, "unknown_form", name=document.form, known="、".join(procedure.forms))
    items = {i.id for f in procedure.forms.values() if f.id == document.form for i in f.items}
    for table in (b for b in document.blocks if isinstance(b, d.Table)):
        for row in table.rows:
            if isinstance(row, d.ItemRow) and row.item and row.item not in items:
                reader.refuse(at, "document_field", name=row.item, known="、".join(sorted(items)))


def names(about: str, pack: Pack, procedure: Procedure | None) -> set[str]:
    """Every field that a document about `about` may name."""
    known = set(COMMON)
    known |= {"household": {*OF_HOUSEHOLD}, "village": {*OF_VILLAGE, *OF_PLACE},
              "county": {*OF_PLACE}}[about]  # fmt: skip
    known |= {v for v in _KEPT.get(about, ()) if (about, v.split(".")[1]) in pack.variables}
    for entity in _ENTITIES[about]:
        spec = dictionary.entity(entity).fields
        known |= {f"{entity}.{n}" for n, field in spec.items() if not field.pii}
    if procedure is not None:
        known |= {f"{f.id}.{b.id}" for f in procedure.forms.values() for b in f.fields}
    return known


def fields(document: d.Document) -> list[str]:
    """Fields a document names in its words, each once."""
    found: dict[str, None] = {}
    for words in _templates(document.blocks):
        found.update(dict.fromkeys(p.field for p in words if p.field))
    return list(found)


def _templates(blocks: Iterable[d.Block | d.BoxPart]) -> Iterable[d.Template]:
    for block in blocks:
        match block:
            case d.Label() | d.Heading() | d.Line() | d.Paragraph():
                yield block.words
            case d.Seal():
                yield block.by
            case d.Signs():
                yield from block.labels
            case d.Notes():
                yield from block.notes
            case d.Roster():
                yield from _templates(block.foot)
            case d.Table():
                for row in block.rows:
                    if isinstance(row, d.BoxRow):
                        yield from _templates(row.parts)
                    else:
                        yield row.reason


def load(pack: Pack) -> dict[str, d.Document]:
    """The documents of a pack by id. Raises PACK_INVALID naming every error."""
    stamp = tuple((str(f), f.stat().st_mtime_ns) for f in
                  (*files(pack.root), *sorted((pack.root / "procedures").glob("*.yaml"))))  # fmt: skip
    return dict(_load(_Held(pack), stamp))


class _Held:
    """A pack as a key of the cache: equal when its text is."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.pack.hash == self.pack.hash

    def __hash__(self) -> int:
        return hash(self.pack.hash)


@lru_cache(maxsize=16)
def _load(held: _Held, stamp: tuple[tuple[str, int], ...]) -> dict[str, d.Document]:
    from bangfu.policy.procedures import checking as procedures

    pack, reader = held.pack, Reader()
    found = check(pack.root, pack, procedures.check(pack.root, pack, Reader()), reader)
    if reader.problems:
        shown = "\n".join(problem.show() for problem in reader.problems[:20])
        raise problems.PACK_INVALID(pack=pack.id, count=len(reader.problems), list=shown)
    return found
