"""What a generated city holds, beside the published figures scaled to its size."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bangfu.demo import figures
from bangfu.demo.city import CountyPart

_ACTIVE = pa.array(["registered", "returned"])


@dataclass(frozen=True)
class Line:
    """One figure: Chinese label, value in the city, published value at this size, source."""

    zh: str
    found: int
    expected: int
    source: str


@dataclass
class Summary:
    """Counts gathered county by county."""

    asked: int
    seed: int
    counties: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    defects: Counter[str] = field(default_factory=Counter)

    def add(self, part: CountyPart) -> None:
        """Count one county."""
        self.counties += 1
        counts, homes = self.counts, part.household
        sizes = _sizes(part)
        active = pc.fill_null(pc.is_in(homes["status"], _ACTIVE), False)
        relocation = pc.fill_null(homes["relocation"], "none")
        unsolved = pc.fill_null(pc.equal(homes["water_source"], "none"), False)
        no_tv = pc.fill_null(pc.invert(homes["has_tv"]), False)
        poor_villages = part.village.filter(part.village["is_poverty_village"])
        in_poor = pc.is_in(homes["village_code"], poor_villages["village_code"].combine_chunks())
        counts["persons_collected"] += part.person.num_rows
        counts["households"] += homes.num_rows
        counts["persons_registered"] += _sum(sizes, active)
        counts["relocation_objects"] += _sum(sizes, pc.not_equal(relocation, "none"))
        counts["relocation_moved_2016"] += _sum(sizes, pc.equal(relocation, "moved"))
        counts["water_unsolved"] += _sum(sizes, pc.and_(unsolved, active))
        counts["tv_unsolved"] += pc.sum(pc.and_(pc.and_(no_tv, active), in_poor)).as_py() or 0
        counts["poverty_villages"] += poor_villages.num_rows
        for row in part.defects["kind"].value_counts().to_pylist():
            self.defects[row["values"]] += row["counts"]

    def lines(self) -> list[Line]:
        """Each published figure with what the city has; villages do not scale."""
        scale = self.asked / figures.value("persons_collected")
        told = []
        for name, spec in figures.load().items():
            if name not in self.counts:
                continue
            factor = 1 if name == "poverty_villages" else scale
            line = f" L{spec['line']}" if "line" in spec else ""
            expected = round(spec["value"] * factor)
            told.append(Line(spec["zh"], self.counts[name], expected, f"{spec['source']}{line}"))
        return told

    def figures(self) -> dict[str, Any]:
        """The counts for a manifest."""
        return {"seed": self.seed, **dict(sorted(self.counts.items()))}


def _sizes(part: CountyPart) -> pa.Array:
    """Members of each household, in the order of the household table."""
    grouped = part.person["household_no"].value_counts()
    place = pc.index_in(part.household["household_no"], grouped.field("values"))
    return grouped.field("counts").take(place.combine_chunks())


def _sum(sizes: pa.Array, which: pa.ChunkedArray) -> int:
    return int(pc.sum(sizes.filter(which.combine_chunks())).as_py() or 0)
