"""Policy packs kept ready: parsing and checking one takes longer than judging a household."""

from __future__ import annotations

from pathlib import Path

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
