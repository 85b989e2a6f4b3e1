"""Which columns live in which table: the plan that bulk writes, undo and snapshots share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from bangfu.dictionary import Field, entity

# Tables of people carry the village they are scoped by; households and villages own theirs.
CARRIES_VILLAGE = frozenset({"person"})


@dataclass(frozen=True)
class Plan:
    """Where one entity is kept. `main` and `annual` are column names besides key and year."""

    entity: str
    key: str
    table: str
    year_table: str
    main: tuple[str, ...]
    annual: tuple[str, ...]
    # columns of the year table that repeat a main one, for scope
    carried: tuple[str, ...]

    @property
    def stage_columns(self) -> tuple[str, ...]:
        """Columns of a staging table besides its own bookkeeping."""
        return (self.key, *self.main, *self.annual)


def stored(field: Field) -> tuple[str, ...]:
    """Column names of a dictionary field: itself, or sealed value and blind index."""
    return (f"{field.name}_sealed", f"{field.name}_blind") if field.pii else (field.name,)


@cache
def plan(name: str) -> Plan:
    """The plan of entity `name`."""
    spec = entity(name)
    main = [c for f in spec.select(annual=False) if f.name != spec.key for c in stored(f)]
    if name in CARRIES_VILLAGE:
        main.insert(0, "village_code")
    return Plan(
        entity=name,
        key=spec.key,
        table=f"registry_{name}",
        year_table=f"registry_{name}_year",
        main=tuple(main),
        annual=tuple(c for f in spec.select(annual=True) for c in stored(f)),
        carried=("village_code",) if name in ("household", "person") else (),
    )


def compared(column: str) -> bool:
    """Whether a column says if a row differs: a sealed value never does (each sealing is
    different); its blind index does."""
    return not column.endswith("_sealed")
