"""What a simulation changes in a pack: parameters set to other values, rules switched off or on.

`read` turns what a person wrote ("dibao_standard=3200", "cropland_per_head@451228=0.8") into
checked `Changes`; `applied` gives the pack with them, which the production engine then judges
by as by any other. Nothing here evaluates.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from bangfu.kernel import region as divisions
from bangfu.policy import problems
from bangfu.policy.amounts import as_text, value_of
from bangfu.policy.pack import (
    FAR,
    Pack,
    Parameter,
    ParameterValue,
    Rule,
    Value,
    Version,
    require_in_force,
)
from bangfu.policy.reasons import REASONS


@dataclass(frozen=True)
class Setting:
    """One parameter set to `value`, everywhere or in the division `region` only."""

    name: str
    value: Value
    region: str = ""

    @property
    def key(self) -> str:
        """NAME or NAME@REGION."""
        return f"{self.name}@{self.region}" if self.region else self.name


@dataclass(frozen=True)
class Changes:
    """Everything a simulation changes, in a fixed order."""

    settings: tuple[Setting, ...] = ()
    off: tuple[str, ...] = ()
    on: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.settings or self.off or self.on)

    def as_dict(self) -> dict[str, Any]:
        """JSON-able; values as `read` takes them."""
        return {
            "set": {s.key: as_text(s.value) for s in self.settings},
            "off": list(self.off), "on": list(self.on),
        }  # fmt: skip

    @property
    def digest(self) -> str:
        """Hash of the changes."""
        told = json.dumps(self.as_dict(), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()


def read(
    pack: Pack,
    as_of: date,
    settings: Iterable[str] | Mapping[str, str] = (),
    off: Iterable[str] = (),
    on: Iterable[str] = (),
) -> Changes:
    """Changes as written, checked against the pack.

    `settings` are "NAME=VALUE" or "NAME@REGION=VALUE" texts, or a mapping of key to value.
    Raises AS_OF_OUTSIDE_PACK, PARAMETER_UNKNOWN, OVERRIDE_INVALID, OVERRIDE_UNIT,
    OVERRIDE_NEGATIVE, CHANGE_REGION, CHANGE_RULE_UNKNOWN, RULE_IS_DUTY, RULE_NOT_IN_FORCE,
    RULE_IN_FORCE, RULE_LACKS, CHANGE_TWICE, NOTHING_CHANGED.
    """
    require_in_force(pack, as_of)
    found: dict[str, Setting] = {}
    for key, text in _pairs(settings):
        setting = _setting(pack, key, text)
        if setting.key in found:
            raise problems.CHANGE_TWICE(what=setting.key)
        found[setting.key] = setting
    switched_off, switched_on = (tuple(sorted({r.strip() for r in some})) for some in (off, on))
    for rule in switched_off:
        if rule in switched_on:
            raise problems.CHANGE_TWICE(what=rule)
        _require_in_use(rule_of(pack, rule), as_of)
    changes = Changes(
        tuple(s for s in sorted(found.values(), key=lambda s: s.key) if _differs(pack, as_of, s)),
        switched_off, switched_on,
    )  # fmt: skip
    for rule in switched_on:
        _require_sleeping(rule_of(pack, rule), as_of)
    if not changes:
        raise problems.NOTHING_CHANGED(as_of=as_of)
    if switched_on:
        _require_bindable(applied(pack, changes, as_of), as_of, switched_on)
    return changes


def _pairs(settings: Iterable[str] | Mapping[str, str]) -> Iterable[tuple[str, str]]:
    if isinstance(settings, Mapping):
        yield from settings.items()
        return
    for text in settings:
        key, sign, value = text.partition("=")
        if not sign:
            raise problems.OVERRIDE_INVALID(name=key, value="", reason="要写成 名称=值")
        yield key, value


def _setting(pack: Pack, key: str, text: str) -> Setting:
    name, at, where = (part.strip() for part in key.partition("@"))
    parameter = parameter_of(pack, name)
    if at:
        within = pack.jurisdiction
        if not divisions.is_code(where) or not where.startswith(within):
            raise problems.CHANGE_REGION(region=where or "（空）", pack=pack.id, within=within)
    return Setting(name, value_of(parameter, text.strip()), where)


def parameter_of(pack: Pack, name: str) -> Parameter:
    """A parameter by name. Raises PARAMETER_UNKNOWN with the nearest names."""
    found = pack.parameters.get(name)
    if found is None:
        raise problems.PARAMETER_UNKNOWN(pack=pack.id, name=name, **_near(name, pack.parameters))
    return found


def rule_of(pack: Pack, rule_id: str) -> Rule:
    """A rule by id. Raises CHANGE_RULE_UNKNOWN with the nearest ids."""
    found = pack.rules.get(rule_id)
    if found is None:
        near = _near(rule_id, pack.rules)
        raise problems.CHANGE_RULE_UNKNOWN(pack=pack.id, rule=rule_id, **near)
    return found


def _near(name: str, known: Iterable[str]) -> dict[str, str]:
    listed = list(known)
    near = difflib.get_close_matches(name, listed, 3, 0.5)
    near = near or [one for one in listed if name and (name in one or one in name)][:3]
    return {"near": "、".join(near) or "—"}


def _differs(pack: Pack, as_of: date, setting: Setting) -> bool:
    """Whether the setting changes anything: else it is no change to judge by."""
    values = pack.parameters[setting.name].in_force(as_of)
    inside = [v for v in values if v.region.startswith(setting.region)]
    if setting.region and not any(v.region == setting.region for v in inside):
        # Nothing of its own there: it has what the next larger division or kind has.
        return not (len(values) == 1 and values[0].value == setting.value)
    return not inside or any(v.value != setting.value for v in inside)


def _require_in_use(rule: Rule, as_of: date) -> None:
    if rule.kind == "duty":
        raise problems.RULE_IS_DUTY(rule=rule.id)
    if rule.at(as_of) is None:
        raise problems.RULE_NOT_IN_FORCE(rule=rule.id, as_of=as_of)


def _require_sleeping(rule: Rule, as_of: date) -> None:
    if rule.kind == "duty" or not rule.versions:
        raise problems.RULE_IS_DUTY(rule=rule.id)
    if rule.at(as_of) is not None:
        raise problems.RULE_IN_FORCE(rule=rule.id, as_of=as_of)


def _require_bindable(pack: Pack, as_of: date, rules: tuple[str, ...]) -> None:
    """A rule that begins later may read what has no value yet."""
    from bangfu.policy.book import Misplaced, bind_all

    try:
        bind_all(pack, as_of)
    except Misplaced as fault:
        reason = REASONS[fault.refused.code][0].format(**fault.refused.details)
        raise problems.RULE_LACKS(rule=fault.rule or rules[0], reason=reason) from fault


# --- the changed pack ------------------------------------------------------------------------


def applied(pack: Pack, changes: Changes, as_of: date) -> Pack:
    """The pack with the changes, for judging at `as_of`; its hash tells it from every other."""
    parameters = dict(pack.parameters)
    # The widest first: a setting of a county holds within one for everywhere.
    for setting in sorted(changes.settings, key=lambda s: len(s.region)):
        parameters[setting.name] = _set(parameters[setting.name], setting, as_of)
    rules = {name: _switched(rule, changes, as_of) for name, rule in pack.rules.items()}
    told = f"{pack.hash}\0{as_of.isoformat()}\0{changes.digest}"
    return replace(
        pack, parameters=parameters, rules=rules, hash=hashlib.sha256(told.encode()).hexdigest()
    )


def _set(parameter: Parameter, setting: Setting, as_of: date) -> Parameter:
    kept = tuple(
        v for v in parameter.in_force(as_of)
        if setting.region and not v.region.startswith(setting.region)
    )  # fmt: skip
    new = ParameterValue(date.min, setting.value, parameter.place, region=setting.region)
    return replace(parameter, values=(*kept, new))


def _switched(rule: Rule, changes: Changes, as_of: date) -> Rule:
    if rule.id in changes.off:
        return replace(rule, versions=())
    if rule.id in changes.on:
        return replace(rule, versions=(_nearest(rule, as_of),))
    if any(part in changes.off for part in rule.components):
        # What is switched off is no longer asked for; it does not count as failed.
        left = tuple(part for part in rule.components if part not in changes.off)
        return replace(rule, components=left) if left else rule
    return rule


def _nearest(rule: Rule, as_of: date) -> Version:
    """The wording to switch on: the next one to come, else the last one there was."""
    later = [v for v in rule.versions if v.start > as_of]
    found = min(later, key=lambda v: v.start) if later else max(rule.versions, key=lambda v: v.end)
    return replace(found, start=date.min, end=FAR)


def frozen(pack: Pack, day: date) -> Pack:
    """The pack as it stood on `day`, for judging on any other: the policy of one day with the
    ages and facts of another. Raises AS_OF_OUTSIDE_PACK."""
    require_in_force(pack, day)

    def stretched(version: Any) -> Any:
        return replace(version, start=date.min, end=FAR)

    rules = {
        name: replace(rule, versions=(stretched(v),) if (v := rule.at(day)) else ())
        for name, rule in pack.rules.items()
    }
    variables = {
        key: replace(variable, versions=(stretched(w),) if (w := variable.at(day)) else ())
        for key, variable in pack.variables.items()
    }
    parameters = {
        name: replace(parameter, values=tuple(stretched(v) for v in parameter.in_force(day)))
        for name, parameter in pack.parameters.items()
    }
    told = hashlib.sha256(f"{pack.hash}\0as it stood on\0{day.isoformat()}".encode()).hexdigest()
    return replace(pack, rules=rules, variables=variables, parameters=parameters, hash=told)
