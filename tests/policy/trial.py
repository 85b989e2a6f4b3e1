"""Small packs and snapshots made on the spot: every test says what it needs in full."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from bangfu import dictionary, lake

HEAD = """
id: {id}
title: {{zh: 试验}}
jurisdiction: "4512"
from: 2016-01-01
documents:
  paper: {{title: 文件, number: 文号}}
"""
CITE = "cite: {document: paper, section: 一, line: 1}"
AS_OF = date(2016, 12, 31)
VILLAGE = "451228100200"
Rows = Iterable[Mapping[str, Any]]


def write_pack(
    folder: Path,
    rules: str = "[]",
    *,
    variables: str = "",
    parameters: str = "",
    head: str = "",
    name: str = "trial",
    cases: str = "",
) -> Path:
    """A pack directory under `folder`; `CITE` in the rules stands for a citation."""
    root = folder / "packs" / name
    (root / "programmes").mkdir(parents=True, exist_ok=True)
    (root / "pack.yaml").write_text(HEAD.format(id=name) + textwrap.dedent(head))
    (root / "parameters.yaml").write_text(textwrap.dedent(parameters))
    (root / "variables.yaml").write_text(textwrap.dedent(variables))
    (root / "programmes" / "rules.yaml").write_text(textwrap.dedent(rules).replace("CITE", CITE))
    if cases:
        (root / "cases").mkdir(exist_ok=True)
        (root / "cases" / "cases.yaml").write_text(textwrap.dedent(cases))
    return root


def rule(
    expr: str,
    *,
    id: str = "R-1",
    entity: str = "household",
    kind: str = "criterion",
    start: str = "2016-01-01",
    more: str = "",
) -> str:
    """One rule with one condition, as YAML; `more` is added to its version."""
    return f"""
- id: {id}
  title: {{zh: 规则}}
  kind: {kind}
  entity: {entity}
  {CITE}
  department: 办公室
  versions:
    - from: {start}
      when:
        - zh: 条件
          expr: >-
            {expr}
{textwrap.indent(textwrap.dedent(more), " " * 6)}
"""


def table(entity: str, rows: Rows) -> pa.Table:
    """Rows in a snapshot's types; whole numbers may stand for money."""
    fields = dictionary.entity(entity).fields

    def fitted(row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            k: Decimal(v) if fields[k].type == "decimal" and v is not None else v
            for k, v in row.items()
        }

    return pa.Table.from_pylist([fitted(row) for row in rows], schema=lake.arrow_schema(entity))


def write_snapshot(out: Path, **tables: Rows) -> Path:
    """A snapshot at `out`, each table split by county."""
    with lake.SnapshotWriter(out, "2016-12", "test") as writer:
        for entity in dictionary.ENTITIES:
            key = dictionary.KEYS[entity]
            groups: dict[str, list[Mapping[str, Any]]] = {}
            for row in tables.get(entity, ()):
                groups.setdefault(str(row[key])[:6], []).append(row)
            for county, rows in groups.items():
                writer.write(entity, county, table(entity, rows))
    return out


def household(number: int = 1, village: str = VILLAGE, **fields: Any) -> dict[str, Any]:
    """A household row."""
    return {"household_no": f"{village}{number:06d}", "village_code": village, **fields}


def person(number: int = 1, home: int = 1, village: str = VILLAGE, **fields: Any) -> dict[str, Any]:
    """A person row of household `home`."""
    household_no = f"{village}{home:06d}"
    return {"person_no": f"{household_no}{number:02d}", "household_no": household_no, **fields}
