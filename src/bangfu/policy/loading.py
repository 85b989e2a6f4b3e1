"""Reads a pack directory into `pack.Pack`, collecting every error with its file and line.

`read_pack` gives the pack and its problems (for `policy check`); `load_pack` raises when
there is any. Expressions are only kept as text here: `checking` binds them.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from bangfu import dictionary
from bangfu.kernel import region
from bangfu.policy import problems
from bangfu.policy.declared import read_contradictions, read_overlaps
from bangfu.policy.pack import (
    FAR,
    PERIODS,
    UNITS,
    Document,
    Expr,
    Pack,
    Parameter,
    ParameterValue,
    Rule,
    Text,
    Variable,
    VariableVersion,
)
from bangfu.policy.reader import Reader, place
from bangfu.policy.rulefile import read_rule, valid_name, versioned
from bangfu.policy.source import Node, SourceError, read

_ROOT_FILES = ("pack.yaml", "parameters.yaml", "variables.yaml", "overlaps.yaml",
               "contradictions.yaml")  # fmt: skip
PACK_KEYS = ("id", "title", "jurisdiction", "from", "to", "extends", "documents", "note")
DOCUMENT_KEYS = ("title", "number", "issued", "source", "note")
PARAMETER_KEYS = ("zh", "en", "unit", "period", "cite", "values", "to_be_set", "note")
VALUE_KEYS = ("from", "to", "value", "region", "county_kind", "note")
VARIABLE_KEYS = ("zh", "en", "unit", "cite", "expr", "versions", "from", "to", "note",
                  "interpretation", "rule")  # fmt: skip
FORMULA_KEYS = ("from", "to", "expr", "note")
PROGRAMME_KEYS = ("programme", "rules", "note")
HEADING_KEYS = ("id", "title", "document", "department", "note")
PACK_NEEDS = ("id", "title", "jurisdiction", "from")
DOCUMENT_NEEDS = HEADING_NEEDS = ("title",)
PARAMETER_NEEDS = ("zh", "unit", "values")
VALUE_NEEDS = ("from", "value")
VARIABLE_NEEDS = ("zh",)
FORMULA_NEEDS = ("from", "expr")
PROGRAMME_NEEDS = ("rules",)


def packs_dir() -> Path:
    """Where packs are: `packs/` of the repository, or beside the installed package."""
    here = Path(__file__).resolve()
    for candidate in (here.parents[3] / "packs", here.parents[1] / "packs"):
        if candidate.is_dir():
            return candidate
    return here.parents[1] / "packs"


def known_packs() -> list[str]:
    """Ids of the packs at hand."""
    root = packs_dir()
    return sorted(p.parent.name for p in root.glob("*/pack.yaml")) if root.is_dir() else []


def pack_path(id_or_path: str | Path) -> Path:
    """Directory of a pack by id or path. Raises PACK_NOT_FOUND."""
    asked = Path(id_or_path)
    candidates = [asked] if asked.is_absolute() or len(asked.parts) > 1 else []
    candidates += [packs_dir() / str(id_or_path), asked]
    for path in candidates:
        if (path / "pack.yaml").is_file():
            return path.resolve()
    raise problems.PACK_NOT_FOUND(pack=str(id_or_path), known="、".join(known_packs()) or "—")


def pack_files(root: Path) -> list[Path]:
    """Files that make up a pack's meaning (not its cases), in a fixed order."""
    files = [root / name for name in _ROOT_FILES]
    files += sorted((root / "programmes").rglob("*.yaml"))
    return [file for file in files if file.is_file()]


def read_pack(root: Path, _seen: tuple[Path, ...] = ()) -> tuple[Pack | None, Reader]:
    """The pack at `root` as far as it can be read, and the Reader holding its problems."""
    reader = Reader()
    nodes = {file: _open(reader, root, file) for file in pack_files(root)}
    head = nodes.get(root / "pack.yaml")
    if head is None or not reader.mapping(head, PACK_KEYS, PACK_NEEDS):
        return None, reader
    parent = _parent(reader, head, root, _seen)
    start = reader.day(head, "from") or date.min
    pack = Pack(
        id=reader.string(head, "id"),
        title=reader.text(head, "title"),
        jurisdiction=_region(reader, head, "jurisdiction"),
        start=start,
        end=reader.day(head, "to") or FAR,
        documents={**(parent.documents if parent else {}), **_documents(reader, head)},
        parameters=dict(parent.parameters) if parent else {},
        variables=dict(parent.variables) if parent else {},
        rules=dict(parent.rules) if parent else {},
        root=root,
        hash=_digest(root, parent),
        extends=(*parent.extends, parent.id) if parent else (),
        programmes=dict(parent.programmes) if parent else {},
        overlaps=parent.overlaps if parent else (),
        contradictions=parent.contradictions if parent else (),
    )
    parameters = nodes.get(root / "parameters.yaml")
    if parameters is not None and parameters.value is not None:
        _parameters(reader, pack, parameters)
    variables = nodes.get(root / "variables.yaml")
    if variables is not None and variables.value is not None:
        _variables(reader, pack, variables)
    for file, node in nodes.items():
        if file.parent != root and node is not None and node.value is not None:
            _rules(reader, pack, node, file.stem)
    return _declared(reader, pack, nodes), reader


def _declared(reader: Reader, pack: Pack, nodes: dict[Path, Node | None]) -> Pack:
    """The pack with what it declares about its rules beside them."""
    overlaps, found = (nodes.get(pack.root / f"{n}.yaml") for n in ("overlaps", "contradictions"))
    if overlaps is not None and overlaps.value is not None:
        pack = replace(pack, overlaps=pack.overlaps + read_overlaps(reader, pack, overlaps))
    if found is not None and found.value is not None:
        more = read_contradictions(reader, pack, found)
        pack = replace(pack, contradictions=pack.contradictions + more)
    return pack


def _open(reader: Reader, root: Path, file: Path) -> Node | None:
    try:
        return read(file, f"{root.name}/{file.relative_to(root).as_posix()}")
    except SourceError as fault:
        reader.problems.append(fault.problem)
        return None


def _digest(root: Path, parent: Pack | None) -> str:
    digest = hashlib.sha256(parent.hash.encode() if parent else b"")
    for file in pack_files(root):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _parent(reader: Reader, head: Node, root: Path, seen: tuple[Path, ...]) -> Pack | None:
    name = reader.string(head, "extends")
    if not name:
        return None
    node = head.value["extends"]
    path = root.parent / name
    if not (path / "pack.yaml").is_file() or not valid_name(name):
        reader.refuse(node, "parent_pack", pack=name)
        return None
    if path in (*seen, root):
        chain = [p.name for p in (*seen, root)]
        reader.refuse(node, "cycle", path=" → ".join([*chain, name]))
        return None
    parent, below = read_pack(path, (*seen, root))
    reader.problems.extend(below.problems)
    return parent


def _region(reader: Reader, node: Node, key: str) -> str:
    code = reader.string(node, key)
    if code:
        try:
            region.level(code)
        except ValueError:
            reader.refuse(node.value[key], "unknown_region", given=code)
    return code


def _documents(reader: Reader, head: Node) -> dict[str, Document]:
    found: dict[str, Document] = {}
    documents = head.get("documents")
    for name, node in documents.items() if documents else ():
        if reader.mapping(node, DOCUMENT_KEYS, DOCUMENT_NEEDS):
            found[name] = Document(
                name, reader.text(node, "title").zh, reader.text(node, "number").zh,
                reader.day(node, "issued"), reader.string(node, "source"),
            )  # fmt: skip
    return found


def _parameters(reader: Reader, pack: Pack, root: Node) -> None:
    if not root.is_map:
        reader.refuse(root, "not_mapping")
        return
    for name, node in root.items():
        if not valid_name(name):
            reader.refuse(node, "bad_name", name=name)
        if name in pack.parameters:
            first = pack.parameters[name].place
            reader.refuse(node, "duplicate_id", id=name, first=f"{first.file}:{first.line}")
        if not reader.mapping(node, PARAMETER_KEYS, PARAMETER_NEEDS):
            continue
        values = tuple(
            value for child in reader.children(node.get("values"))
            if (value := _value(reader, child)) is not None
        )  # fmt: skip
        _one_kind(reader, name, node, values)
        _no_overlap(reader, values)
        pack.parameters[name] = Parameter(
            name=name,
            title=Text(reader.string(node, "zh"), reader.string(node, "en")),
            unit=reader.choice(node, "unit", UNITS, "count"),
            cite=reader.cite(node, pack.documents),
            values=values,
            place=place(node),
            period=reader.choice(node, "period", PERIODS),
            to_be_set=reader.flag(node, "to_be_set"),
        )


def _value(reader: Reader, node: Node) -> ParameterValue | None:
    if not reader.mapping(node, VALUE_KEYS, VALUE_NEEDS):
        return None
    value, start = reader.value(node, "value"), reader.day(node, "from")
    if value is None or start is None:
        return None
    end = reader.day(node, "to") or FAR
    if end < start:
        reader.refuse(node, "version_backwards", start=start, to=end)
    kinds = dictionary.entity("county").fields["county_kind"].codes
    return ParameterValue(
        start, value, place(node), end,
        _region(reader, node, "region"), reader.choice(node, "county_kind", kinds),
    )  # fmt: skip


def _one_kind(reader: Reader, name: str, node: Node, values: tuple[ParameterValue, ...]) -> None:
    kinds = {
        "number" if isinstance(v.value, int | Decimal) and not isinstance(v.value, bool)
        else type(v.value).__name__
        for v in values
    }  # fmt: skip
    if len(kinds) > 1:
        reader.refuse(node, "mixed_values", name=name)
    if not values and not reader.flag(node, "to_be_set"):
        reader.refuse(node, "no_versions")


def _no_overlap(reader: Reader, values: tuple[ParameterValue, ...]) -> None:
    groups: dict[tuple[str, str], list[ParameterValue]] = {}
    for value in values:
        groups.setdefault((value.region, value.county_kind), []).append(value)
    for group in groups.values():
        group.sort(key=lambda v: v.start)
        for one, two in pairwise(group):
            if one.start == two.start or (one.end != FAR and one.end >= two.start):
                reader.refuse(
                    two.place, "overlapping_versions",
                    first=one.start.isoformat(), second=two.start.isoformat(),
                )  # fmt: skip


def _variables(reader: Reader, pack: Pack, root: Node) -> None:
    if not reader.mapping(root, dictionary.ENTITIES):
        return
    for entity, group in root.items():
        if entity not in dictionary.ENTITIES or not group.is_map:
            continue
        for name, node in group.items():
            if not valid_name(name) or name in ("age", "as_of"):
                reader.refuse(node, "bad_name", name=name)
            if name in dictionary.entity(entity).fields:
                reader.refuse(node, "shadows_field", name=name)
            if (entity, name) in pack.variables:
                first = pack.variables[entity, name].place
                reader.refuse(node, "duplicate_id", id=name, first=f"{first.file}:{first.line}")
            if reader.mapping(node, VARIABLE_KEYS, VARIABLE_NEEDS):
                pack.variables[entity, name] = _variable(reader, pack, entity, name, node)


def _variable(reader: Reader, pack: Pack, entity: str, name: str, node: Node) -> Variable:
    if node.get("versions") is None and node.get("expr") is None:
        reader.refuse(node, "missing_key", key="expr")
    versions: tuple[VariableVersion, ...] = ()
    if node.get("versions") is not None:
        listed = []
        for child in reader.children(node.get("versions")):
            reader.mapping(child, FORMULA_KEYS, FORMULA_NEEDS)
            listed.append(child)
        versions = tuple(
            VariableVersion(start, end, Expr(reader.expression(child, "expr"), place(child)))
            for child, start, end in versioned(reader, listed)
        )
    elif (only := node.get("expr")) is not None:
        expr = Expr(reader.expression(node, "expr"), place(only))
        versions = (VariableVersion(reader.day(node, "from") or date.min,
                                    reader.day(node, "to") or FAR, expr),)  # fmt: skip
    return Variable(
        entity, name, Text(reader.string(node, "zh"), reader.string(node, "en")),
        reader.choice(node, "unit", UNITS), reader.cite(node, pack.documents), versions,
        place(node), reader.string(node, "rule"),
    )  # fmt: skip


def _rules(reader: Reader, pack: Pack, root: Node, programme: str) -> None:
    if root.is_map:
        reader.mapping(root, PROGRAMME_KEYS, PROGRAMME_NEEDS)
        head = root.get("programme")
        if head is not None and reader.mapping(head, HEADING_KEYS, HEADING_NEEDS):
            programme = reader.string(head, "id", programme)
            pack.programmes[programme] = reader.text(head, "title")
    for node in reader.children(root.get("rules") if root.is_map else root):
        rule = read_rule(reader, pack, node, programme)
        reader.rule = None
        if rule is None:
            continue
        if (first := pack.rules.get(rule.id) or pack.formula(rule.id)) is not None:
            reader.rule = rule.id
            where = f"{first.place.file}:{first.place.line}"
            reader.refuse(node, "duplicate_id", id=rule.id, first=where)
            reader.rule = None
            continue
        pack.rules[rule.id] = rule


def parents_of(id_or_path: str | Path) -> list[Path]:
    """Directories of a pack and of what it extends, the furthest first, by the heads alone.
    Raises PACK_NOT_FOUND."""
    found = [pack_path(id_or_path)]
    while True:
        above = read(found[0] / "pack.yaml").get("extends")
        path = found[0].parent / str(above.value) if above is not None else None
        if path is None or path in found or not (path / "pack.yaml").is_file():
            return found
        found.insert(0, path)


def bare(root: Path) -> Pack:
    """A pack with its name alone, for reading one of its files."""
    return Pack(root.name, Text(""), "", date.min, FAR, {}, {}, {}, {}, root, "")


def days_before(day: date) -> date:
    """The day before, staying within the calendar."""
    return day - timedelta(days=1) if day > date.min else day


def load_pack(id_or_path: str | Path) -> Pack:
    """The pack, checked. Raises PACK_NOT_FOUND, or PACK_INVALID listing every error."""
    root = pack_path(id_or_path)
    stamp = tuple((str(f), f.stat().st_mtime_ns, f.stat().st_size) for f in files_beside(root))
    return _load(root, stamp)


def files_beside(root: Path) -> list[Path]:
    """A pack's files and, since it may extend them, those of its siblings."""
    return [file for folder in sorted(root.parent.iterdir()) if (folder / "pack.yaml").is_file()
            for file in pack_files(folder)]  # fmt: skip


@lru_cache(maxsize=32)
def _load(root: Path, stamp: tuple[tuple[str, int, int], ...]) -> Pack:
    from bangfu.policy.checking import check_pack

    pack, found = check_pack(root)
    if found or pack is None:
        shown = "\n".join(problem.show() for problem in found[:20])
        raise problems.PACK_INVALID(pack=root.name, count=len(found), list=shown)
    return pack


__all__ = ["Rule", "load_pack", "pack_files", "pack_path", "packs_dir", "read_pack"]
