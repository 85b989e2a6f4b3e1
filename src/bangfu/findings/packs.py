"""Policy packs kept ready: parsing and checking one takes longer than judging a household."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from bangfu.findings.rules import RuleSet, of_pack
from bangfu.policy import Pack


def get(pack_id: str) -> Pack:
    """The pack as its files are now. Raises Problem `policy.pack_not_found`, `pack_invalid`."""
    found, stamp = _KEPT.get(pack_id, (None, None))
    if found is None or stamp != _stamp(found.root):
        from bangfu import policy

        found = policy.load_pack(pack_id)
        _KEPT[pack_id] = (found, _stamp(found.root))
    return found


_KEPT: dict[str, tuple[Pack, tuple[int, int]]] = {}


def _stamp(root: Path) -> tuple[int, int]:
    """Changes when a file of the pack is written, added or removed."""
    times = [f.stat().st_mtime_ns for f in root.rglob("*.yaml")]
    return len(times), max(times, default=0)


def parameter_title(name: str, lang: str = "zh") -> str | None:
    """What a parameter of the current run's pack is called; None for one it does not have."""
    from bangfu.findings.models import Run

    shown = Run.objects.filter(is_current=True).values_list("pack", flat=True).first()
    parameter = get(shown).parameters.get(name) if shown else None
    return parameter.title.show(lang) if parameter is not None else None


_RULES: dict[tuple[str, date], RuleSet] = {}


def rules_at(pack: Pack, day: date) -> RuleSet:
    """The pack's rules on a day, kept for the days asked for lately."""
    key = (pack.hash, day)
    if key not in _RULES:
        if len(_RULES) > 32:
            _RULES.clear()
        _RULES[key] = of_pack(pack, day)
    return _RULES[key]


def known() -> list[tuple[str, str]]:
    """(id, Chinese title) of the packs there are; a pack that does not load is left out."""
    from bangfu import policy
    from bangfu.kernel.problems import Problem

    found = []
    for pack_id in policy.known_packs():
        try:
            found.append((pack_id, get(pack_id).title.zh))
        except Problem:
            continue
    return found
