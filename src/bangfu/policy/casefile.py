"""Reads case files (shared/cases/sample.yaml is the model) into rows for the `src_` tables.

`household_no` and `person_no` are made from the case; father, mother and spouse may name a
member's `ref`, and `none` says there is none. Values are checked against the dictionary.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from bangfu import dictionary
from bangfu.policy.source import Node, read

_GIVEN = ("household", "members", "village", "county", *dictionary.OTHERS)
CASE_KEYS = ("case", "pack", "as_of", *_GIVEN, "parameters", "expect", "note")
_KIN = ("father_no", "mother_no", "spouse_no")
NO_VILLAGE = "0" * 12


class Fault(Exception):
    """A case that cannot be run or read, in Chinese."""


@dataclass(frozen=True)
class Case:
    """One case as written; `fault` says what is wrong with its frame."""

    file: str
    line: int
    name: str
    pack: str
    as_of: date | None
    given: dict[str, Any]
    expect: dict[str, Any]
    fault: str = ""
    settings: tuple[tuple[str, str], ...] = ()


@dataclass
class Rows:
    """The case as table rows; `refs` maps a member's ref to person_no, `others` those of
    loans, enterprises … by entity."""

    tables: dict[str, list[dict[str, Any]]]
    refs: dict[str, str] = field(default_factory=dict)
    others: dict[str, dict[str, str]] = field(default_factory=dict)
    household_no: str = ""
    village: str = ""
    township: str = ""
    county: str = ""

    def subject(self, entity: str, ref: str) -> str:
        """Key of the row an expectation speaks of. Raises Fault."""
        if entity == "person":
            if not ref:
                raise Fault("这是个人规则，须写成 规则@成员")
            if ref not in self.refs:
                raise Fault(f"案例中没有成员 {ref}")
            return self.refs[ref]
        if entity in ("household", *dictionary.PLACES):
            if ref:
                raise Fault(f"这不是个人规则，不能用 @{ref}")
            return {"household": self.household_no, "village": self.village,
                    "township": self.township, "county": self.county}[entity]  # fmt: skip
        known = self.others.get(entity, {})
        if ref not in known and (ref or len(known) != 1):
            raise Fault(f"案例中没有 {entity} {ref}".rstrip())
        return known[ref] if ref else next(iter(known.values()))


def read_cases(path: Path) -> list[Case]:
    """Cases of a file. Raises SourceError when it is not YAML."""
    root = read(path)
    if root.value is None:
        return []
    if not root.is_list:
        return [Case(str(path), root.line, path.stem, "", None, {}, {}, "案例文件应为列表")]
    return [_case(node, str(path)) for node in root]


def _case(node: Node, file: str) -> Case:
    if not node.is_map:
        return Case(file, node.line, "", "", None, {}, {}, "案例应为“名称: 值”")
    name = node.get("case")
    pack, as_of, expect = node.get("pack"), node.get("as_of"), node.get("expect")
    fault = ""
    unknown = [key for key, _ in node.items() if key not in CASE_KEYS]
    if unknown:
        fault = f"不认识的键 {'、'.join(unknown)}"
    if as_of is None or not isinstance(as_of.value, date):
        fault = fault or "as_of 应为日期"
    return Case(
        file=file,
        line=node.line,
        name=str(name.value) if name else "",
        pack=str(pack.value) if pack else "",
        as_of=as_of.value if as_of and not fault else None,
        given={k: v.plain() for k, v in node.items() if k in _GIVEN and v.value is not None},
        expect=expect.plain() if expect and expect.is_map else {},
        fault=fault,
        settings=_settings(node.get("parameters")),
    )


def _settings(node: Node | None) -> tuple[tuple[str, str], ...]:
    """What the case lets the county set, as a simulation's settings are written."""
    plain = node.plain() if node is not None and node.is_map else {}
    return tuple(
        (name, ",".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in sorted(plain.items())
    )


def rows_of(case: Case, index: int) -> Rows:
    """The case as rows, distinct from those of the other cases. Raises Fault."""
    household = _fields("household", case.given.get("household") or {})
    members = case.given.get("members") or []
    if not isinstance(members, list):
        raise Fault("members 应为列表")
    code = household.get("village_code")
    number = f"{code or NO_VILLAGE}{index:06d}"
    rows = Rows(
        {entity: [] for entity in dictionary.ENTITIES}, household_no=number,
        village=f"v{index}", township=f"t{index}", county=f"c{index}",
    )  # fmt: skip
    links = {"_village": rows.village, "_township": rows.township, "_county": rows.county}
    if "household" in case.given or members:
        rows.tables["household"].append({**household, "household_no": number, **links})
    for position, member in enumerate(members, start=1):
        if not isinstance(member, dict):
            raise Fault("成员应为“名称: 值”")
        ref = str(member.get("ref", position))
        if ref in rows.refs:
            raise Fault(f"成员 ref {ref} 重复")
        rows.refs[ref] = f"{number}{position:02d}"
    for member, person_no in zip(members, rows.refs.values(), strict=True):
        rows.tables["person"].append(_person(member, person_no, number, rows.refs))
    village = _fields("village", case.given.get("village") or {})
    county = _fields("county", case.given.get("county") or {})
    if code:
        village.setdefault("village_code", code)
    if village.get("village_code"):
        county.setdefault("county_code", str(village["village_code"])[:6])
    rows.tables["village"].append({**village, **links})
    rows.tables["county"].append({**county, "_county": rows.county})
    place = str(village.get("village_code") or county.get("county_code") or NO_VILLAGE)
    _add_others(rows, case, number, place, links)
    return rows


def _add_others(rows: Rows, case: Case, number: str, place: str, links: dict[str, str]) -> None:
    """The township, and loans, enterprises … each one mapping or a list of them with refs. A
    loan belongs to the case's household, else to its first enterprise or cooperative."""
    if "township" in case.given:
        given = _fields("township", case.given["township"])
        rows.tables["township"].append({"township_code": place[:9], **given, **links})
    for entity in ("enterprise", "cooperative", "project", "loan"):
        listed = case.given.get(entity, [])
        names = rows.others.setdefault(entity, {})
        for position, one in enumerate(listed if isinstance(listed, list) else [listed], start=1):
            if not isinstance(one, dict):
                raise Fault(f"{entity} 应为“名称: 值”")
            ref = str(one.get("ref", position))
            if ref in names:
                raise Fault(f"案例中 {entity} 的 ref {ref} 重复")
            names[ref] = f"{number}-{entity}-{position}"
            given = _fields(entity, {k: v for k, v in one.items() if k != "ref"})
            row = {"region_code": place, **given, dictionary.KEYS[entity]: names[ref], **links}
            if entity == "loan":
                row = {**_borrower(rows), **row}
            rows.tables[entity].append(row)


def _borrower(rows: Rows) -> dict[str, str]:
    for entity in dictionary.LINKS["loan"]:
        if rows.tables[entity]:
            key = dictionary.KEYS[entity]
            return {dictionary.LINKS["loan"][entity]: rows.tables[entity][0][key]}
    return {}


def _person(
    member: dict[str, Any], person_no: str, household_no: str, refs: dict[str, str]
) -> dict[str, Any]:
    given = _fields("person", {k: v for k, v in member.items() if k != "ref"})
    for key in _KIN:
        if given.get(key) in refs and given[key] != "none":
            given[key] = refs[str(given[key])]
    return {**given, "person_no": person_no, "household_no": household_no}


def _fields(entity: str, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise Fault(f"{entity} 应为“名称: 值”")
    fields = dictionary.entity(entity).fields
    made = () if entity in dictionary.PLACES else (
        dictionary.KEYS[entity], *dictionary.LINKS.get(entity, {}).values()
    )  # fmt: skip
    found = {}
    for name, value in given.items():
        spec = fields.get(name)
        if spec is None:
            raise Fault(f"{entity} 没有字段 {name}")
        if name in made or spec.pii:
            raise Fault(f"案例不能给出 {entity}.{name}")
        if value is not None:
            found[name] = fitted(spec, value)
    return found


def fitted(spec: dictionary.Field, value: Any) -> Any:
    """A value in its field's type. Raises Fault."""
    kinds: dict[str, tuple[type, ...]] = {
        "str": (str,), "int": (int,), "decimal": (int, Decimal), "bool": (bool,),
        "date": (date,), "code": (str,), "codes": (list, tuple),
    }  # fmt: skip
    wrong = not isinstance(value, kinds[spec.type]) or isinstance(value, datetime)
    if wrong or (isinstance(value, bool) and spec.type != "bool"):
        raise Fault(f"{spec.entity}.{spec.name} 的值 {value!r} 类型不对")
    if spec.type == "decimal":
        exact = Decimal(value).quantize(Decimal("0.01"))
        if exact != Decimal(value):
            raise Fault(f"{spec.entity}.{spec.name} 只保留两位小数：{value}")
        return exact
    listed = value if spec.type == "codes" else [value]
    if spec.codes and (bad := [code for code in listed if code not in spec.codes]):
        raise Fault(f"{spec.entity}.{spec.name} 没有代码 {'、'.join(map(str, bad))}")
    return value
