"""`inspections.yaml`: one sheet per kind of subject, in the syntax of procedure forms, with what
the text prescribes of the drawing. `check` is part of `bangfu policy check`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bangfu.policy.pack import Cite, Pack, Place, Text
from bangfu.policy.procedures import parts
from bangfu.policy.procedures.definition import Form
from bangfu.policy.reader import Reader, place
from bangfu.policy.source import Node, SourceError, parse

FILE = "inspections.yaml"
SUBJECTS = ("household", "village", "county")
_OWN = ("cite", "note", "share", "approval")  # beside the keys of a form
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class Sheet:
    """What is looked at in one kind of subject. `share` = percent that the text has drawn (0 =
    it names none); `approval` = whose leave a third-party evaluation needs, empty for nobody's."""

    form: Form
    place: Place
    cite: Cite
    share: int
    approval: Text


def read(text: str, shown: str, reader: Reader, documents: Iterable[str] | None = None
         ) -> dict[str, Sheet]:  # fmt: skip
    """Sheets by kind of subject; every fault goes to `reader`. `documents` = what may be cited;
    None takes any, for a text kept from a pack that was checked."""
    try:
        node = parse(text, shown)
    except SourceError as fault:
        reader.problems.append(fault.problem)
        return {}
    if not node.is_map:
        reader.refuse(node, "not_mapping")
        return {}
    found = {}
    for name, child in node.items():
        if name not in SUBJECTS:
            reader.refuse(child, "check_subject", name=name, known="、".join(SUBJECTS))
            continue
        reader.rule = name
        if (sheet := _sheet(reader, name, child, documents)) is not None:
            found[name] = sheet
        reader.rule = None
    return found


def _sheet(reader: Reader, name: str, node: Node, documents: Iterable[str] | None) -> Sheet | None:
    if not node.is_map:
        reader.refuse(node, "not_mapping")
        return None
    own = Node({k: v for k, v in node.items() if k not in _OWN}, node.line, node.file)
    form = parts.form(reader, name, own)
    if form is None:
        return None
    cited = node.get("cite")
    known = [str(n.value) for n in (cited.get("document"),) if n] if cited else []
    share = parts.whole(reader, node, "share", 0, least=1)
    if share > 100:
        reader.refuse(node, "bad_value", key="share", want="1 至 100 的百分数",
                      want_en="a percentage from 1 to 100", got=share)  # fmt: skip
    return Sheet(
        form, place(node), reader.cite(node, known if documents is None else documents),
        min(share, 100), reader.text(node, "approval"),
    )  # fmt: skip


def check(root: Path, pack: Pack, reader: Reader) -> dict[str, Sheet]:
    """The pack's sheets; every fault noted with `reader`, with file and line."""
    file = root / FILE
    if not file.is_file():
        return {}
    shown, text = f"{root.name}/{FILE}", file.read_text(encoding="utf-8")
    found = read(text, shown, reader, pack.documents)
    for name, node in parse(text, shown).items() if found else ():
        if name in found:
            reader.rule = name
            _whole(pack, reader, found[name], node)
            reader.rule = None
    return found


def _whole(pack: Pack, reader: Reader, sheet: Sheet, node: Node) -> None:
    """What only the sheet as a whole, beside its pack, shows."""
    form = sheet.form
    if not form.fields and not form.items:
        reader.refuse(node, "check_empty")
    options = {f"{form.id}.{f.id}": [o.value for o in f.options] for f in form.fields}
    for part in ("fields", "items"):
        seen: dict[str, Node] = {}
        for child in node.get(part) or ():
            _named(reader, child, seen)
            if child.get("prefill") is not None:
                reader.refuse(child, "check_prefill")
            _rule(pack, reader, form.id, child)
            _when(reader, child, options)


def _named(reader: Reader, node: Node, seen: dict[str, Node]) -> None:
    name = node.get("id")
    if name is None or not isinstance(name.value, str):
        return  # noted by the reader of the form
    if not _NAME.fullmatch(name.value):
        reader.refuse(name, "bad_name", name=name.value)
    if (first := seen.get(name.value)) is not None:
        reader.refuse(name, "duplicate_id", id=name.value, first=f"{first.file}:{first.line}")
    seen.setdefault(name.value, name)


def _rule(pack: Pack, reader: Reader, subject: str, node: Node) -> None:
    name = node.get("rule")
    if name is None:
        return
    rule = pack.rules.get(str(name.value))
    if rule is None:
        reader.refuse(name, "unknown_rule", id=name.value)
    elif rule.entity != subject:
        reader.refuse(name, "check_rule", id=rule.id, entity=rule.entity, subject=subject)


def _when(reader: Reader, node: Node, options: dict[str, list[str]]) -> None:
    """A condition asks for another blank of the same sheet, and for an answer it can have."""
    when = node.get("when")
    for name, value in when.items() if when is not None else ():
        if name not in options:
            reader.refuse(value, "unknown_name", name=name)
            continue
        for one in value if value.is_list else (value,):
            if options[name] and one.value not in options[name]:
                reader.refuse(one, "unknown_code", field=name, given=one.value,
                              known="、".join(options[name]))  # fmt: skip
