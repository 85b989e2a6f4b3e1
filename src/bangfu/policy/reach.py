"""Which rows an expression can reach from a row: above it by name, below it in aggregates."""

from __future__ import annotations

from bangfu import dictionary

KIN = ("father", "mother", "spouse")


def _hops(entity: str) -> dict[str, str]:
    """Rows a row can name with a dot: what it belongs to, where it lies, its kin."""
    above = dictionary.places("household" if entity == "person" else entity)
    found = {name: name for name in (*dictionary.LINKS.get(entity, ()), *above)}
    found.pop(entity, None)
    return found | (dict.fromkeys(KIN, "person") if entity == "person" else {})


def _children(entity: str) -> dict[str, str]:
    """Rows below a row, by the name they have in an aggregate (a person is a `member`)."""
    if entity == "person":
        return {"child": "person"}
    below = [child for child in dictionary.ENTITIES if entity in _hops(child)]
    return {"member" if child == "person" else child: child for child in below}


HOPS = {name: _hops(name) for name in dictionary.ENTITIES}
CHILDREN = {name: _children(name) for name in dictionary.ENTITIES}
