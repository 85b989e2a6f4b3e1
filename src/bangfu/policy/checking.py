"""`bangfu policy check`: a pack read, bound at every date that matters, and compiled.

Collects everything `loading` notes plus what only binding shows: unknown fields, wrong
types, cycles, forbidden functions, parameters without a value on some day of a rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

from bangfu.policy import ir
from bangfu.policy.book import Book, Misplaced, truth_name
from bangfu.policy.declared import check_declared
from bangfu.policy.documents.checking import check as check_documents
from bangfu.policy.inspections.reading import check as check_inspections
from bangfu.policy.loading import pack_path, read_pack
from bangfu.policy.pack import FAR, Pack, Parameter, Place, Rule
from bangfu.policy.procedures.checking import check as check_procedures
from bangfu.policy.reader import Reader
from bangfu.policy.reasons import PackProblem, Refused
from bangfu.policy.rewriting import Rewriter


def check(pack_dir: str | Path) -> list[PackProblem]:
    """Every error of a pack, its procedures, documents and sheets of inspection included, in file
    order. Raises PACK_NOT_FOUND."""
    root = pack_path(pack_dir)
    pack, found = check_pack(root)
    if pack is not None:
        reader = Reader()
        check_documents(root, pack, check_procedures(root, pack, reader), reader)
        check_inspections(root, pack, reader)
        found += reader.problems
    return found


def check_pack(root: Path) -> tuple[Pack | None, list[PackProblem]]:
    """The pack at `root`, None when unreadable, and its problems."""
    pack, reader = read_pack(root)
    if pack is not None:
        _Checker(pack, reader).run()
    order = sorted(reader.problems, key=lambda p: (p.file, p.line, p.rule or "", p.code))
    return pack, order


class _Checker:
    """Binds a pack at each date on which something begins."""

    def __init__(self, pack: Pack, reader: Reader) -> None:
        self.pack, self.reader = pack, reader

    def run(self) -> None:
        """Note every problem with the reader."""
        for rule in self.pack.rules.values():
            for part in rule.components:
                self._component(rule, part)
            for old in rule.supersedes:
                self._supersedes(rule, old)
        for day in self._days():
            self._bind_at(day)
        self._coverage()
        check_declared(self.reader, self.pack)

    def _component(self, rule: Rule, part: str) -> None:
        self.reader.rule = rule.id
        if part not in self.pack.rules:
            self.reader.refuse(rule.place, "unknown_rule", id=part)
        self.reader.rule = None

    def _supersedes(self, rule: Rule, name: str) -> None:
        """A clause replaces one that began before it and has ended when it begins."""
        self.reader.rule = rule.id
        old = self.pack.rules.get(name)
        if old is None:
            self.reader.refuse(rule.place, "unknown_rule", id=name)
        elif rule.versions and old.versions:
            start, before, end = rule.versions[0].start, old.versions[0].start, old.versions[-1].end
            if start <= before:
                self.reader.refuse(rule.place, "supersedes_before", id=rule.id, old=name,
                                   start=start, before=before)  # fmt: skip
            elif end >= start:
                self.reader.refuse(rule.place, "supersedes_together", id=rule.id, old=name,
                                   start=start, end="今" if end == FAR else end)  # fmt: skip
        self.reader.rule = None

    def _days(self) -> list[date]:
        """First days of the pack, of rule and variable versions: wording changes only then."""
        days = {self.pack.start}
        days |= {v.start for r in self.pack.rules.values() for v in r.versions}
        days |= {v.start for var in self.pack.variables.values() for v in var.versions}
        return sorted(day for day in days if self.pack.start <= day <= self.pack.end)

    def _bind_at(self, day: date) -> None:
        book = Book(self.pack, day)
        for (entity, name), variable in self.pack.variables.items():
            if variable.at(day) is None or (entity, name) in book.derived:
                continue
            try:
                book.bind_variable(entity, name)
            except Misplaced as fault:
                self._note(fault)
            except Refused as fault:
                self._gapless(fault, variable.place, None)
        for rule in self.pack.rules.values():
            try:
                book.bind_rule(rule)
            except Misplaced as fault:
                self._note(fault)
            else:
                self._unit(rule, book)
        self._cycles(book)

    def _note(self, fault: Misplaced) -> None:
        self._gapless(fault.refused, fault.place, fault.rule)

    def _gapless(self, fault: Refused, place: Place, rule: str | None) -> None:
        if fault.code == "values_gap" and fault.details["name"] in self.pack.parameters:
            return  # said once, with the whole gap, by _coverage
        self.reader.rule = rule
        self.reader.refuse(place, fault.code, **fault.details)
        self.reader.rule = None

    def _unit(self, rule: Rule, book: Book) -> None:
        """An amount that is simply a parameter must be in the parameter's unit."""
        version = rule.at(book.as_of)
        if version is None or version.amount is None or not rule.has_amount:
            return
        name = version.amount.text.strip().removeprefix("param.")
        parameter = self.pack.parameters.get(name)
        if parameter is None or not version.amount.text.strip().startswith("param."):
            return
        if version.unit and parameter.unit != version.unit:
            self.reader.rule = rule.id
            self.reader.refuse(version.amount.place, "unit_differs", name=name,
                               unit=parameter.unit, rule_unit=version.unit)  # fmt: skip
            self.reader.rule = None

    # --- cycles --------------------------------------------------------------------------

    def _cycles(self, book: Book) -> None:
        graph = {key: set(_reads(d.expr)) for key, d in book.derived.items()}
        done: set[tuple[str, str]] = set()
        found = False
        for start in graph:
            path = _cycle_from(graph, start, done)
            if path:
                found = True
                done.update(path)
                self._cycle(book, path)
        if not found and not self.reader.problems:
            self._compiles(book)

    def _cycle(self, book: Book, path: list[tuple[str, str]]) -> None:
        shown: list[str] = []
        for _, name in path:
            whole = name.split("#")[0].removesuffix("?")
            if not shown or shown[-1] != whole:
                shown.append(whole)
        first = self.pack.rules.get(shown[0])
        place = first.place if first else self.pack.variables[path[0]].place
        self.reader.rule = first.id if first else None
        self.reader.refuse(place, "cycle", path=" → ".join(shown))
        self.reader.rule = None

    def _compiles(self, book: Book) -> None:
        """Quotients may exceed the digits we carry: found only when they are expanded."""
        rewriter = Rewriter(book)
        for (entity, name), derived in list(book.derived.items()):
            try:
                rewriter.columns(derived)
            except Refused as fault:
                rule = self.pack.rules.get(name.split("#")[0].removesuffix("?"))
                place = rule.place if rule else self.pack.variables[entity, name].place
                self._gapless(fault, place, rule.id if rule else None)

    # --- dates of parameters -------------------------------------------------------------

    def _coverage(self) -> None:
        """Every parameter has a value on every day of every rule version that uses it."""
        said: set[tuple[str, str]] = set()
        for rule in self.pack.rules.values():
            for version in rule.versions:
                start, end = version.start, min(version.end, self.pack.end)
                for day in self._days():
                    if start <= day <= end:
                        for name in self._used(rule, day):
                            if (rule.id, name) not in said and self._gap(rule, name, day, end):
                                said.add((rule.id, name))

    def _used(self, rule: Rule, day: date) -> list[str]:
        book = _Recorder(self.pack, day)
        with suppress(Misplaced, Refused):
            book.bind_rule(rule)
        return list(book.used)

    def _gap(self, rule: Rule, name: str, start: date, end: date) -> bool:
        parameter = self.pack.parameters[name]
        if parameter.to_be_set:
            return False
        gap = uncovered(parameter, start, end)
        if gap is None:
            return False
        code = "values_gap" if not _only_regional(parameter, gap[0]) else "no_general_value"
        self.reader.rule = rule.id
        self.reader.refuse(parameter.place, code, name=name, start=gap[0],
                           end="以后" if gap[1] == FAR else gap[1])  # fmt: skip
        self.reader.rule = None
        return True


class _Recorder(Book):
    """Notes the parameters a rule uses, through its variables too."""

    def __init__(self, pack: Pack, as_of: date) -> None:
        super().__init__(pack, as_of)
        self.used: dict[str, None] = {}

    def parameter(self, name: str, entity: str) -> ir.Node:
        if name in self.pack.parameters:
            self.used[name] = None
            if not self.pack.parameters[name].in_force(self.as_of):
                return ir.Unset(name, ir.MONEY)
        return super().parameter(name, entity)

    def parameter_lists(
        self, name: str, entity: str
    ) -> tuple[tuple[tuple[ir.Node, tuple[str, ...]], ...], tuple[str, ...] | None]:
        if name in self.pack.parameters:
            self.used[name] = None
            if not self.pack.parameters[name].in_force(self.as_of):
                return (), ()
        return super().parameter_lists(name, entity)


def uncovered(parameter: Parameter, start: date, end: date) -> tuple[date, date] | None:
    """The first stretch of [start, end] on which the parameter has no general value."""
    spans = sorted(_general_spans(parameter))
    day = start
    for first, last in spans:
        if first > day:
            return day, min(end, first - timedelta(days=1))
        if last >= day:
            if last >= end:
                return None
            day = last + timedelta(days=1)
    return (day, end) if day <= end else None


def _general_spans(parameter: Parameter) -> Iterator[tuple[date, date]]:
    values = sorted(
        (v for v in parameter.values if not v.region and not v.county_kind), key=lambda v: v.start
    )
    for index, value in enumerate(values):
        following = values[index + 1].start if index + 1 < len(values) else None
        end = value.end
        if following is not None and end == FAR:
            end = following - timedelta(days=1)
        yield value.start, end


def _only_regional(parameter: Parameter, day: date) -> bool:
    return any(v.region or v.county_kind for v in parameter.in_force(day))


def _reads(node: ir.Node) -> Iterator[tuple[str, str]]:
    for leaf in ir.walk(node):
        if isinstance(leaf, ir.Var):
            yield leaf.entity, leaf.name
        elif isinstance(leaf, ir.Agg):
            yield from _reads(leaf.where)
            if leaf.value is not None:
                yield from _reads(leaf.value)


def _cycle_from(
    graph: dict[tuple[str, str], set[tuple[str, str]]],
    start: tuple[str, str],
    done: set[tuple[str, str]],
) -> list[tuple[str, str]]:
    """A path that returns to itself, reached from `start`; empty when there is none."""
    path: list[tuple[str, str]] = []
    stack: list[tuple[tuple[str, str], bool]] = [(start, False)]
    while stack:
        key, leaving = stack.pop()
        if leaving:
            done.add(path.pop())
            continue
        if key in path:
            return [*path[path.index(key) :], key]
        if key in done or key not in graph:
            continue
        path.append(key)
        stack.append((key, True))
        stack.extend((below, False) for below in sorted(graph[key]))
    return []


__all__ = ["check", "check_pack", "truth_name", "uncovered"]
