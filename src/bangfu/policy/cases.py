"""Worked cases: `bangfu policy test`. A case is a household in words and what the law gives it.

All cases of one pack and date are evaluated together by the batch's own SQL. Fields not
given are unknown. A case fails by itself: a bad field or an unknown pack fails that case,
not the run.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from bangfu import dictionary
from bangfu.kernel.problems import Problem
from bangfu.policy import casefile, loading, problems, sources
from bangfu.policy.casefile import Case, Fault
from bangfu.policy.loading import load_pack
from bangfu.policy.pack import Pack
from bangfu.policy.program import Asked, Program, compile_batch
from bangfu.policy.source import SourceError

UNDECIDED, NOT_IN_FORCE = "undecided", "not_in_force"


@dataclass(frozen=True)
class CaseFailure:
    """One expectation not met, or a case that could not be run (`rule` empty)."""

    file: str
    line: int
    case: str
    rule: str
    expected: str
    got: str
    why: str

    def show(self, lang: str = "zh") -> str:
        """Lines for the terminal."""
        head = f"{self.file}:{self.line} {self.case}"
        if not self.rule:
            return f"{head}\n    {self.why}"
        if lang == "en":
            told = f"expected {self.expected}, got {self.got}"
            return f"{head}\n    {self.rule} {told}: {self.why}"
        return f"{head}\n    {self.rule} 应为 {self.expected}，得 {self.got}：{self.why}"


@dataclass(frozen=True)
class CaseReport:
    """How many cases passed and failed, and each failure."""

    passed: int
    failed: int
    failures: tuple[CaseFailure, ...] = field(default=())

    @property
    def total(self) -> int:
        """Cases run."""
        return self.passed + self.failed

    @property
    def summary(self) -> str:
        """`N passed, M failed`."""
        return f"{self.passed} passed, {self.failed} failed"


@dataclass(frozen=True)
class CaseOutcome:
    """One worked case of a rule: what it expects, and whether the engine says so."""

    name: str
    as_of: date | None
    expected: tuple[tuple[str, str], ...]
    passed: bool
    why: str = ""


def case_files(paths: Iterable[str | Path]) -> list[Path]:
    """YAML files named or in the directories named; of all packs when none is. Raises
    CASES_NOT_FOUND."""
    asked = [Path(path) for path in paths] or sorted(loading.packs_dir().glob("*/cases"))
    found: list[Path] = []
    for path in asked:
        if path.is_dir():
            folders = [path / "cases"] if (path / "pack.yaml").is_file() else [
                pack.parent / "cases" for pack in sorted(path.glob("*/pack.yaml"))
            ]  # fmt: skip
            found += [f for folder in folders or [path] for f in sorted(folder.rglob("*.yaml"))]
        elif path.is_file():
            found.append(path)
        else:
            raise problems.CASES_NOT_FOUND(path=str(path))
    return list(dict.fromkeys(found))


def run_cases(files: Iterable[str | Path] = (), *, pack: str | None = None) -> CaseReport:
    """Run case files; `pack` keeps only the cases that name it. Raises CASES_NOT_FOUND."""
    failures: list[CaseFailure] = []
    cases: list[Case] = []
    for path in case_files(files):
        try:
            cases += casefile.read_cases(path)
        except SourceError as fault:
            p = fault.problem
            failures.append(CaseFailure(p.file, p.line, "", "", "", "", p.reason))
    cases = [case for case in cases if pack is None or case.pack == pack]
    for group in _together(cases):
        failures += _run_group(group)
    bad = {(f.file, f.line, f.case) for f in failures}
    return CaseReport(
        passed=sum(1 for case in cases if (case.file, case.line, case.name) not in bad),
        failed=len(bad),
        failures=tuple(sorted(failures, key=lambda f: (f.file, f.line, f.rule))),
    )


def cases_of(pack_id: str, rule_id: str) -> list[CaseOutcome]:
    """The pack's own worked cases that expect something of a rule, each run.

    Raises PACK_NOT_FOUND.
    """
    found: list[Case] = []
    for file in sorted((loading.pack_path(pack_id) / "cases").rglob("*.yaml")):
        with suppress(SourceError):
            found += casefile.read_cases(file)
    mine = [
        replace(case, expect=asked) for case in found if case.pack == pack_id
        if (asked := {k: v for k, v in case.expect.items() if k.partition("@")[0] == rule_id})
    ]  # fmt: skip
    failures = [failure for group in _together(mine) for failure in _run_group(group)]
    why = {(f.file, f.line): f.why or f.got for f in failures}
    return [
        CaseOutcome(
            case.name, case.as_of, tuple((k, _shown(v)) for k, v in case.expect.items()),
            (case.file, case.line) not in why, why.get((case.file, case.line), ""),
        )
        for case in mine
    ]  # fmt: skip


def _together(cases: Iterable[Case]) -> list[list[Case]]:
    """Cases that one program judges: of one pack, day and choice of parameters."""
    groups: dict[tuple[Any, ...], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.pack, case.as_of, case.settings), []).append(case)
    return list(groups.values())


def _unrunnable(case: Case, why: str) -> CaseFailure:
    return CaseFailure(case.file, case.line, case.name, "", "", "", why)


def _run_group(group: list[Case]) -> list[CaseFailure]:
    """Cases of one pack and date."""
    first = group[0]
    if first.fault or first.as_of is None:
        return [_unrunnable(case, case.fault or "缺少 as_of") for case in group]
    try:
        pack = _pack_of(first, first.as_of)
        program = compile_batch(pack, first.as_of, asked=_asked(pack, group))
    except Problem as problem:
        return [_unrunnable(case, problem.message("zh")) for case in group]
    ready: list[tuple[Case, casefile.Rows]] = []
    failures: list[CaseFailure] = []
    for index, case in enumerate(group):
        try:
            ready.append((case, casefile.rows_of(case, index)))
        except Fault as fault:
            failures.append(_unrunnable(case, str(fault)))
    try:
        results = _evaluate(program, [rows for _, rows in ready])
    except duckdb.OutOfRangeException:  # figures beyond 18 digits, as in a whole snapshot
        program = compile_batch(pack, first.as_of, wide=True, asked=_asked(pack, group))
        results = _evaluate(program, [rows for _, rows in ready])
    for case, rows in ready:
        failures += _judge(case, rows, pack, program, results)
    return failures


def _pack_of(case: Case, as_of: date) -> Pack:
    """The case's pack (the one it stands in, else by name), with what the county sets in it."""
    home = Path(case.file).resolve().parents
    beside = len(home) > 1 and home[1].name == case.pack and (home[1] / "pack.yaml").is_file()
    pack = load_pack(home[1] if beside else case.pack)
    if not case.settings:
        return pack
    from bangfu.policy import changes

    return changes.applied(pack, changes.read(pack, as_of, dict(case.settings)), as_of)


def _asked(pack: Pack, group: list[Case]) -> Asked:
    """The rules and variables that some case of the group expects something of."""
    names = {asked.partition("@")[0] for case in group for asked in case.expect}
    formulas = {v.name for name in names if (v := pack.formula(name)) is not None}
    variables = {name.removeprefix("var:") for name in names if name.startswith("var:")}
    return Asked(frozenset(names & pack.rules.keys()), frozenset(variables | formulas))


Results = dict[tuple[str, str], dict[str, Any]]  # (entity, subject) -> columns


def _evaluate(program: Program, rows: list[casefile.Rows]) -> Results:
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        sources.create_tables(connection)
        for entity in dictionary.ENTITIES:
            sources.insert(connection, entity, [r for one in rows for r in one.tables[entity]])
        found: Results = {}
        for statement in program.statements:
            connection.execute(f"CREATE TEMP TABLE {statement.name} AS {statement.sql()}")
        keys = {**dictionary.KEYS, **{place: f"_{place}" for place in dictionary.PLACES}}
        for entity, table in program.tables.items():
            for part in filter(None, (table, program.missing.get(entity))):
                cursor = connection.execute(f"SELECT * FROM {part}")  # our own name
                names = [column[0] for column in cursor.description]
                for values in cursor.fetchall():
                    row = dict(zip(names, values, strict=True))
                    found.setdefault((entity, row[keys[entity]]), {}).update(row)
    return found


def _judge(
    case: Case, rows: casefile.Rows, pack: Pack, program: Program, results: Results
) -> list[CaseFailure]:
    failures = []
    for asked, expected in case.expect.items():
        try:
            got, why = _result(asked, rows, pack, program, results)
        except Fault as fault:
            failures.append(_differs(case, asked, expected, "—", str(fault)))
            continue
        if not _same(expected, got):
            if not why:
                why = "" or _explain(asked, rows, pack, program)
            failures.append(_differs(case, asked, expected, _shown(got), why))
    if not case.expect:
        failures.append(_unrunnable(case, "没有 expect"))
    return failures


def _differs(case: Case, asked: str, expected: Any, got: str, why: str) -> CaseFailure:
    return CaseFailure(case.file, case.line, case.name, asked, _shown(expected), got, why)


def _result(
    asked: str, rows: casefile.Rows, pack: Pack, program: Program, results: Results
) -> tuple[Any, str]:
    """What the engine says to `RULE`, `RULE@ref`, `var:NAME` or `var:NAME@ref`."""
    name, _, ref = asked.partition("@")
    variable = pack.formula(name) if name not in pack.rules else None
    if variable is not None:
        name = f"var:{variable.name}"
    if name.startswith("var:"):
        return _variable(name.removeprefix("var:"), ref, rows, pack, program, results)
    rule = pack.rules.get(name)
    if rule is None:
        raise Fault(f"政策包 {pack.id} 没有规则 {name}")
    if rule.kind == "duty":
        raise Fault(f"{name} 是责任条款，不参与计算")
    if rule.at(program.as_of) is None:
        return NOT_IN_FORCE, f"{program.as_of} 没有施行中的版本"
    row = results.get((rule.entity, rows.subject(rule.entity, ref)))
    if row is None:
        raise Fault(f"没有 {rule.entity} 的数据")
    value = row[rule.id]
    if value is None:
        return UNDECIDED, "缺少 " + "、".join(row[f"missing.{rule.id}"] or ["—"])
    return value, ""


def _variable(
    name: str, ref: str, rows: casefile.Rows, pack: Pack, program: Program, results: Results
) -> tuple[Any, str]:
    entities = [e for e in dictionary.ENTITIES if (e == "person") == bool(ref)]
    for entity in entities:
        if (entity, name) not in pack.variables:
            continue
        if (entity, name) not in program.book.derived:
            return NOT_IN_FORCE, f"{program.as_of} 没有施行中的公式"
        row = results.get((entity, rows.subject(entity, ref)))
        if row is not None:
            value = row[f"var.{name}"]
            return (UNDECIDED, "公式中有未登记的数据") if value is None else (value, "")
    raise Fault(f"政策包 {pack.id} 没有变量 {name}")


def _explain(asked: str, rows: casefile.Rows, pack: Pack, program: Program) -> str:
    """The conditions of the rule as they came out."""
    from bangfu.policy.explaining import explain_tables

    name, _, ref = asked.partition("@")
    if name not in pack.rules:
        return "公式结果不同"
    entity = pack.rules[name].entity
    about = "household" if entity in ("person", "household", *dictionary.PLACES) else entity
    if not rows.tables[about]:
        return "结果不同"
    told = explain_tables(pack, program.as_of, about, rows.tables)
    subject = rows.subject(entity, ref)
    for rule in told.rules:
        if rule.id == name and (rule.subject == subject or entity in dictionary.PLACES):
            words = {True: "是", False: "否", None: "未知"}
            return "；".join(f"{c.zh}＝{words[c.truth]}" for c in rule.conditions) or "无条件"
    return "结果不同"


def _same(expected: Any, got: Any) -> bool:
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    if isinstance(expected, int | Decimal) and isinstance(got, int | Decimal):
        return Decimal(expected) == Decimal(got)
    return bool(expected == got)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value)
