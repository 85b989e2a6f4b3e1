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

_KEYS = ("case", "pack", "as_of", "household", "members", "village", "county", "expect", "note")
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


@dataclass
class Rows:
    """The case as table rows; `refs` maps a member's ref to person_no."""

    tables: dict[str, list[dict[str, Any]]]
    refs: dict[str, str] = field(default_factory=dict)
    household_no: str = ""
    village: str = ""
    county: str = ""

    def subject(self, entity: str, ref: str) -> str:
        """Key of the row an expectation speaks of. Raises Fault."""
        if entity == "person":
            if not ref:
                raise Fault("这是个人规则，须写成 规则@成员")
            if ref not in self.refs:
                raise Fault(f"案例中没有成员 {ref}")
            return self.refs[ref]
        if ref:
            raise Fault(f"这不是个人规则，不能用 @{ref}")
        return {"household": self.household_no, "village": self.village,
                "county": self.county}[entity]  # fmt: skip


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
    unknown = [key for key, _ in node.items() if key not in _KEYS]
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
        given={k: v.plain() for k, v in node.items() if k in _KEYS[3:7] and v.value is not None},
        expect=expect.plain() if expect and expect.is_map else {},
        fault=fault,
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
        {"household": [], "person": [], "village": [], "county": []},
        household_no=number, village=f"v{index}", county=f"c{index}",
    )  # fmt: skip
    links = {"_village": rows.village, "_county": rows.county}
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
    return rows


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
    made = {"household": ("household_no",), "person": ("person_no", "household_no")}.get(entity, ())
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
