"""What single policies ask beyond the paper forms, where it follows from the rest.

Nothing is drawn here: whoever is to move lives in a harsh place and has consented, a hardened
road has a width and a bus. What offices record of their own help is drawn in `services`.
Everything else of the kind was collected of nobody, as in a city that has just begun to ask.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangfu import dictionary
from bangfu.demo import columns as col
from bangfu.demo.columns import Ints
from bangfu.demo.homes import MOVED, NOT

_FIELDS = dictionary.entity("household").fields
_ROAD_WIDTH = np.array([0, 3, 3.5, 4.5])  # metres: none, earth, gravel, hardened
_WISHES = ("county_town", "township", "central_village")


def of_households(relocation: Ints, road_grade: pa.Array) -> Mapping[str, pa.Array]:
    """Surroundings and relocation papers of the households of a county."""
    count = len(relocation)
    concerned, moved = relocation != NOT, relocation == MOVED
    road = pc.index_in(road_grade, pa.array(_FIELDS["road_grade"].codes)).fill_null(0)
    nobody = col.bools(np.zeros(count, bool))
    # Whoever stays would settle nearest, if asked.
    wish = np.where(concerned, np.arange(count) % len(_WISHES), len(_WISHES) - 1)
    return {
        "hamlet_road_width": col.money(_ROAD_WIDTH[np.asarray(road)]),
        "harsh_environment": col.bools(concerned),
        "geohazard": nobody,
        "relocation_reason": col.pick(np.zeros(count, int), ("poverty",), concerned),
        "relocation_surveyed": col.bools(concerned),
        "relocation_consent": col.bools(concerned),
        "relocation_plan_year": col.ints(np.where(moved, 2016, 2017), concerned),
        "settlement_wish": col.pick(wish, _WISHES),
        "settlement_mode": col.pick(np.zeros(count, int), ("concentrated",), concerned),
        "settler_kind": col.pick(np.zeros(count, int), ("none",)),
        "special_hardship": nobody,
    }


def of_villages(road_hardened: pa.Array) -> Mapping[str, pa.Array]:
    """Water, land and buses of the villages of a county."""
    nowhere = col.bools(np.zeros(len(road_hardened), bool))
    return {
        "severe_water_shortage": nowhere,
        "carrying_exceeded": nowhere,
        "contiguous_renovation": nowhere,
        "near_tourism": nowhere,
        "has_bus": road_hardened,
        "bus_feasible": road_hardened,
    }
