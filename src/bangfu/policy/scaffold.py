"""`bangfu policy new`: the beginning of a county's pack that extends another, with comments that
say what to fill in, and a first rule with a case on each side, so that check and test pass.
"""

from __future__ import annotations

import os
from pathlib import Path

from bangfu.kernel import region as divisions
from bangfu.policy import problems
from bangfu.policy.loading import load_pack, pack_path, packs_dir
from bangfu.policy.pack import Pack
from bangfu.policy.rulefile import valid_name

_SCHEMA = "# yaml-language-server: $schema={path}/{name}.schema.json\n"
_PACK = """# {id}：承接 {parent} 的县级政策包。这里登记县里自己的文件；上级的文件、参数、规则都已承接。
# A county's pack that takes over {parent}. Enter the county's own papers here.
id: {id}
title: {{zh: {id} 县级政策包, en: Policy of {id}}}
jurisdiction: "{region}"
from: {start}
extends: {parent}
documents:
  {id}-notice:
    title: 县级实施细则（改成文件全名）
    number: 文号
    issued: {start}
"""
_PARAMETERS = """# 县里自己的数：每个数注明单位、出处和起始日期。改了标准就加一行新的 from，不改旧的。
# Numbers of the county, each with unit, citation and dates. A change is a new line, never an edit.
{id}_boarding_top_up:
  zh: 县级寄宿加补
  en: County top-up for boarders
  unit: yuan
  period: year
  cite: {{document: {id}-notice, section: 第一条}}
  values:
    - {{from: {start}, value: 200}}
"""
_VARIABLES = """# 派生量：写一次公式，多条规则引用。没有就留空。
# Derived quantities: a formula once, used by many rules. May stay empty.
"""
_PROGRAMME = """# 每条规则一个编号，注明条款；when 的各条都成立才享受；amount 引用参数，不直接写数。
# One id per rule, with its clause; all of `when` must hold; `amount` names a parameter.
programme: {{id: {id}-education, title: {{zh: 县级教育资助, en: County education aid}}}}
rules:
  - id: {upper}-1
    title: {{zh: 县级寄宿加补, en: County top-up for boarders}}
    kind: entitlement
    entity: person
    cite: {{document: {id}-notice, section: 第一条}}
    department: 县教育局
    versions:
      - from: {start}
        when:
          - {{zh: 在册贫困户, en: Registered household, expr: "household.status = 'registered'"}}
          - {{zh: 寄宿, en: Boards at school, expr: boarding}}
        amount: param.{id}_boarding_top_up
        unit: yuan
        period: year
"""
_CASES = """# 每条规则至少两个案例：刚够的和刚不够的。没写的字段就是没有登记。
# At least two cases for each rule: one that just fits and one that just does not.
- case: 寄宿生加补 200 元，走读生没有
  pack: {id}
  as_of: {day}
  household: {{status: registered}}
  members:
    - {{ref: boarder, boarding: true}}
    - {{ref: day, boarding: false}}
  expect: {{"{upper}-1@boarder": 200, "{upper}-1@day": 0}}
- case: 不在册的户没有
  pack: {id}
  as_of: {day}
  household: {{status: candidate}}
  members: [{{ref: boarder, boarding: true}}]
  expect: {{"{upper}-1@boarder": 0}}
"""
_README = """# Pack `{id}`

Extends `{parent}`. Say here which papers it rests on, from which days, and each reading taken
where the text is silent. Then:

    bangfu policy check {id}
    bangfu policy test packs/{id}
"""


def new_pack(name: str, folder: Path | None, extends: str, region: str = "") -> list[Path]:
    """Write the files of a new pack `name` into `folder` (default: where packs are).

    The pack it extends must stand in the same folder. Raises PACK_NAME, PACK_EXISTS,
    PACK_NOT_FOUND, PACK_INVALID (of the parent), PACK_REGION.
    """
    if not valid_name(name):
        raise problems.PACK_NAME(name=name)
    home = folder or packs_dir()
    parent = load_pack(pack_path(home / extends if folder else extends))
    root = home / name
    if root.exists() and any(root.iterdir()):
        raise problems.PACK_EXISTS(path=str(root))
    code = _region(region or parent.jurisdiction)
    written = []
    for path, text in _texts(name, parent, code, _schemas(home)).items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        written.append(file)
    return written


def _region(code: str) -> str:
    if code:
        try:
            divisions.level(code)
        except ValueError:
            raise problems.PACK_REGION(region=code) from None
    return code


def _schemas(home: Path) -> str:
    """Where a pack's files find the schemas: beside the packs, else those of the platform."""
    shipped = packs_dir() / "schema"
    return "../schema" if (home / "schema").is_dir() else os.path.relpath(shipped, home / "x")


def _texts(name: str, parent: Pack, region: str, schemas: str) -> dict[str, str]:
    start = parent.start.isoformat()
    words = {
        "id": name, "upper": name.upper().replace("_", "-"), "parent": parent.id,
        "region": region, "start": start, "day": f"{parent.start.year}-12-31",
    }  # fmt: skip

    def file(kind: str, text: str, *, below: bool = False) -> str:
        path = f"../{schemas}" if below else schemas
        return _SCHEMA.format(path=path, name=kind) + text.format(**words)

    return {
        "pack.yaml": file("pack", _PACK),
        "parameters.yaml": file("parameters", _PARAMETERS),
        "variables.yaml": file("variables", _VARIABLES),
        "programmes/education.yaml": file("programme", _PROGRAMME, below=True),
        "cases/education.yaml": file("case", _CASES, below=True),
        "README.md": _README.format(**words),
    }
