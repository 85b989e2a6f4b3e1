"""What only a whole procedure shows: names that lead nowhere, steps that cannot be reached,
loops without exit, roles that do not exist. Called by `bangfu policy check`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from bangfu import dictionary
from bangfu.access.roles import ROLES
from bangfu.policy.pack import Pack, Place
from bangfu.policy.procedures.definition import (
    Condition,
    Evidence,
    Form,
    Procedure,
    Span,
    Step,
)
from bangfu.policy.procedures.reading import files, read
from bangfu.policy.procedures.scoring import in_force, over, parameters
from bangfu.policy.reader import Reader

EFFECTS = ("household.status", "household.exited_on", "household.poverty_score",
           "village.exited_on", "county.exited_on")  # fmt: skip

_BEHIND = (("criterion", "household"), ("alert", "household"), ("alert", "person"))


def check(root: Path, pack: Pack, reader: Reader) -> dict[str, Procedure]:
    """The pack's procedures by id; every fault noted with `reader`."""
    found: dict[str, Procedure] = {}
    for file in files(root):
        shown = f"{root.name}/{file.relative_to(root).as_posix()}"
        procedure = read(file.read_text(encoding="utf-8"), shown, pack.id, pack.documents, reader)
        if procedure is None:
            continue
        if procedure.id != file.stem:
            reader.refuse(procedure.place, "procedure_id", id=procedure.id, name=file.stem)
        found[file.stem] = procedure
    for procedure in found.values():
        reader.rule = procedure.id
        _Checker(procedure, pack, reader, found).run()
        reader.rule = None
    return found


class _Checker:
    def __init__(
        self, procedure: Procedure, pack: Pack, reader: Reader, all_: Mapping[str, Procedure]
    ) -> None:
        self.p, self.pack, self.reader, self.all = procedure, pack, reader, all_
        forms = procedure.forms.values()
        self.names = {f"{f.id}.{b.id}" for f in forms for b in f.fields}
        self.scores = [f"${f.id}.{f.scoring.id}" for f in forms if f.scoring]

    def refuse(self, place: Place, code: str, **details: object) -> None:
        self.reader.refuse(place, code, **details)

    def run(self) -> None:
        """Note every fault."""
        if not self.p.steps:
            self.refuse(self.p.place, "no_steps")
            return
        self._actors()
        self._forms()
        self._opening()
        for step in self.p.steps.values():
            self._step(step)
        for name in self.p.steps:
            if name in self.p.ends:
                self.refuse(self.p.steps[name].place, "name_taken", name=name)
        for end in self.p.ends.values():
            if end.restart and end.restart not in self.all:
                self.refuse(self.p.place, "unknown_procedure", name=end.restart)
            elif end.restart and self.all[end.restart].subject != self.p.subject:
                self.refuse(self.p.place, "restart_subject", name=end.restart)
        self._graph()

    # --- names ---------------------------------------------------------------------------

    def _known(self, place: Place, name: str, known: Iterable[str], code: str) -> bool:
        options = tuple(known)
        if name not in options:
            self.refuse(place, code, name=name, known="、".join(options) or "—")
        return name in options

    def _actors(self) -> None:
        for actor in self.p.actors.values():
            for role in actor.roles:
                if not self._known(self.p.place, role, ROLES, "unknown_role"):
                    continue
                if actor.level not in ROLES[role][2]:
                    self.refuse(self.p.place, "role_level", role=role, level=actor.level)

    def _forms(self) -> None:
        for form in self.p.forms.values():
            for blank in form.fields:
                self._condition(self.p.place, blank.when)
                for name in blank.prefill.split(" - ") if blank.prefill else ():
                    if not self._prefill(name):
                        self.refuse(self.p.place, "unknown_prefill", name=name)
            for item in form.items:
                if item.rule and item.rule not in self.pack.rules:
                    self.refuse(self.p.place, "unknown_rule", id=item.rule)
                for name in item.behind:
                    self._behind(name)
            self._points(form)
            self._award(form)

    def _behind(self, name: str) -> None:
        """What lists households: a criterion of households, or an alert of theirs."""
        rule = self.pack.rules.get(name)
        if rule is None:
            self.refuse(self.p.place, "unknown_rule", id=name)
        elif (rule.kind, rule.entity) not in _BEHIND:
            self.refuse(self.p.place, "behind_rule", id=name)

    def _award(self, form: Form) -> None:
        """The planned year must be a number of the subject's, the yuan parameters in yuan."""
        if form.award is None:
            return
        entity, _, rest = form.award.plan.partition(".")
        known = entity == self.p.subject and rest in dictionary.entity(entity).fields
        if not known or dictionary.entity(entity).fields[rest].type != "int":
            self.refuse(self.p.place, "award_plan", name=form.award.plan)
        for name in (form.award.on_time, form.award.early):
            found = self.pack.parameters.get(name)
            if found is None or found.unit != "yuan":
                self.refuse(self.p.place, "award_parameter", name=name)

    def _points(self, form: Form) -> None:
        """Points that parameters give: they must be there, in points, and add up."""
        names = [*parameters(form)]
        for name in names:
            found = self.pack.parameters.get(name)
            if found is None or found.unit != "score":
                self.refuse(self.p.place, "score_parameter", name=name)
                return
        said = {title for title, _points, _most in over(form, {})}  # refused with its line
        values = [v for n in names for v in self.pack.parameters[n].values]
        for region, start in dict.fromkeys((v.region, v.start) for v in values):
            given = {n: v for n in names
                     if (v := in_force(self.pack.parameters[n], region, start)) is not None}  # fmt: skip
            for title, points, most in over(form, given):
                if title not in said:
                    self.refuse(self.p.place, "score_parameter_over", name=title, points=points,
                                max=most, region=region or "—")  # fmt: skip

    def _prefill(self, name: str) -> bool:
        entity, _, rest = name.partition(".")
        if entity in dictionary.ENTITIES:
            known = rest in dictionary.entity(entity).fields
            return known or (entity, rest) in self.pack.variables
        return name in self.pack.rules

    def _condition(self, place: Place, condition: Condition) -> None:
        for name, _values in condition.tests:
            entity, _, rest = name.partition(".")
            own = entity in dictionary.ENTITIES and rest in dictionary.entity(entity).fields
            if not own and name not in self.names:
                self.refuse(place, "unknown_name", name=name)
                continue
            if own and (codes := dictionary.entity(entity).fields[rest].codes):
                for value in _values:
                    if value is not None and value not in codes:
                        self.refuse(place, "unknown_code", field=name, given=value,
                                    known="、".join(codes))  # fmt: skip

    def _opening(self) -> None:
        opening, at = self.p.opening, self.p.place
        for name in (opening.actor, *opening.enrols):
            self._known(at, name, self.p.actors, "unknown_actor")
        if opening.form:
            self._known(at, opening.form, self.p.forms, "unknown_form")
        self._condition(at, opening.only)

    # --- steps ---------------------------------------------------------------------------

    def _step(self, step: Step) -> None:
        at, before = step.place, [*self.p.steps][: self.p.number(step.id) - 1]
        actors, forms = [step.actor], [step.form, step.review]
        if step.notice:
            actors.append(step.notice.objections_to)
        for part in (step.entries, step.sampling):
            if part:
                actors.append(part.actor)
                forms.append(part.form)
        for name in actors:
            self._known(at, name, self.p.actors, "unknown_actor")
        for name in filter(None, forms):
            self._known(at, name, self.p.forms, "unknown_form")
        for name in step.returns:
            if self._known(at, name, self.p.steps, "unknown_step") and name not in before:
                self.refuse(at, "return_forward", name=name)
        for name in step.not_by:
            if self._known(at, name, self.p.steps, "unknown_step") and name == step.id:
                self.refuse(at, "separate_self")
        self._needs(step, step.evidence)
        self._due(step)
        self._outcomes(step)

    def _needs(self, step: Step, evidence: tuple[Evidence, ...]) -> None:
        for piece in evidence:
            self._condition(step.place, piece.when)
        for signature in step.signatures:
            if signature.unless is not None:
                self._condition(step.place, signature.unless)

    def _due(self, step: Step) -> None:
        calendars = [c.id for c in self.p.calendars]
        for name, limit in step.due.items():
            if name:
                self._known(step.place, name, calendars, "unknown_calendar")
            if isinstance(limit, Span):
                self._after(step, limit)
            elif not calendars:
                self.refuse(step.place, "only_batched")
        if step.due and "" not in step.due:
            for name in calendars:
                if name not in step.due:
                    self.refuse(step.place, "calendar_gap", name=name)
        if step.wait:
            self._after(step, step.wait)

    def _after(self, step: Step, span: Span) -> None:
        if not span.after or not self._known(step.place, span.after, self.p.steps, "unknown_step"):
            return
        # Without the step `after`, nothing may lead here: then it is always done before.
        if step.id in self._reach(self.p.first, without=span.after):
            self.refuse(step.place, "after_later", name=span.after)

    def _outcomes(self, step: Step) -> None:
        if not step.outcomes:
            self.refuse(step.place, "no_outcomes")
            return
        if all(o.tone == "fail" for o in step.outcomes):
            self.refuse(step.place, "no_way_forward")
        known = [*self.p.steps, *self.p.ends]
        form = self.p.forms.get(step.form)
        ids = set()
        for outcome in step.outcomes:
            if outcome.id in ids:
                first = f"{step.place.file}:{step.place.line}"
                self.refuse(step.place, "duplicate_id", id=outcome.id, first=first)
            ids.add(outcome.id)
            for position, branch in enumerate(outcome.to, start=1):
                self._known(step.place, branch.to, known, "unknown_step")
                self._condition(step.place, branch.when)
                last = position == len(outcome.to)
                if last and branch.when.tests:
                    self.refuse(step.place, "branch_open")
                if not last and not branch.when.tests:
                    self.refuse(step.place, "branch_closed", to=outcome.to[position].to)
            if outcome.items and (form is None or not form.items):
                self.refuse(step.place, "items_without")
            for effect in outcome.effects:
                self._effect(step, effect.field, effect.value)

    def _effect(self, step: Step, name: str, value: str) -> None:
        entity, _, rest = name.partition(".")
        if name not in EFFECTS or entity != self.p.subject:
            self.refuse(step.place, "unknown_effect", name=name)
            return
        if name == "household.poverty_score" and value not in self.scores:
            self.refuse(step.place, "effect_score", name=name, known="、".join(self.scores) or "—")
        codes = dictionary.entity(entity).fields[rest].codes
        if codes and value not in codes:
            self.refuse(step.place, "unknown_code", field=name, given=value, known="、".join(codes))

    # --- the graph -----------------------------------------------------------------------

    def _next(self, name: str) -> set[str]:
        step = self.p.steps.get(name)
        return {b.to for o in step.outcomes for b in o.to} if step else set()

    def _reach(self, start: str, without: str = "") -> set[str]:
        seen, todo = set(), [start]
        while todo:
            name = todo.pop()
            if name in seen or name == without:
                continue
            seen.add(name)
            todo.extend(self._next(name))
        return seen

    def _graph(self) -> None:
        reached = self._reach(self.p.first)
        for name, step in self.p.steps.items():
            if name not in reached:
                self.refuse(step.place, "unreachable", id=name)
            elif not self._reach(name) & set(self.p.ends):
                self.refuse(step.place, "no_exit", id=name)
        for name in self.p.ends:
            if name not in reached:
                self.refuse(self.p.place, "unreachable_end", id=name)
