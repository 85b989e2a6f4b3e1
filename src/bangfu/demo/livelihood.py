"""Status, income by source, guarantee (dibao, wubao), cause of poverty of each household."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pyarrow as pa

from bangfu import dictionary
from bangfu.demo import columns as col
from bangfu.demo import figures
from bangfu.demo.chance import between, codes, worst
from bangfu.demo.columns import Bools, Floats, Ints
from bangfu.demo.people import People
from bangfu.demo.schooling import SENIOR
from bangfu.demo.wellbeing import MAJOR, ORDINARY, WEAK, Wellbeing

_FIELDS = dictionary.entity("household").fields
CANDIDATE, REGISTERED, OBSERVED, EXITED, RETURNED, REMOVED = range(6)
_EASE = np.array([0.1, 0.0, -1.0, -1.2, 0.5, -0.8])  # circumstances by status, on hardship
_REGISTERED_ON = [int(np.datetime64(d).astype(int)) for d in ("2014-05-01", "2015-10-20")]


def statuses(rng: np.random.Generator, hardship: Floats) -> Ints:
    """Status by hardship: the better off have left or are watched; shares from figures.yaml."""
    shares = figures.assumed("status")
    # 0.04: counties with many people lie a little deeper than the average one.
    rank = 0.7 * (hardship - 0.04) + 0.714 * rng.standard_normal(len(hardship))
    normal = NormalDist()
    exited = normal.inv_cdf(shares["exited"])
    observed = normal.inv_cdf(shares["exited"] + shares["observed"])
    left = 1 - shares["exited"] - shares["observed"]
    rare = np.array([shares["candidate"], shares["removed"]]) / left
    rest = codes(rng, len(hardship), (rare[0], rare[1], 1 - rare.sum()))
    active = np.where(rng.random(len(hardship)) < shares["returned_of_poor"], RETURNED, REGISTERED)
    status = np.select([rest == 0, rest == 1], [CANDIDATE, REMOVED], active)
    return np.asarray(np.where(rank < exited, EXITED, np.where(rank < observed, OBSERVED, status)))


def circumstances(hardship: Floats, status: Ints) -> Floats:
    """Hardship as it stands after help: about standard normal among the registered."""
    return np.asarray((hardship - 0.35) / 0.87 + _EASE[status])


@dataclass(frozen=True)
class Guarantee:
    """Who lives on dibao or wubao, by person; and the household's category."""

    dibao: Bools
    wubao: Bools
    category: Ints


def guarantee(
    rng: np.random.Generator, people: People, w: Wellbeing, hardship: Floats, active: Bools
) -> Guarantee:
    """Dibao by hardship, sickness and lack of hands; wubao for those who have nobody."""
    count = people.households
    size = people.count(np.ones(len(people), np.bool_))
    hands = people.count(w.labour <= ORDINARY)
    severe = people.count(w.severe)
    old = people.count(people.age >= 60)
    supported = (size == 1) & ((old == 1) | (severe > 0)) & (rng.random(count) < 0.42) & active
    need = (hardship + 0.9 * (hands == 0) + 0.7 * (severe > 0) - 0.45) / 1.15
    share = np.where(active, 1, 0.35)
    poor = worst(rng, need, 0.25, 0.7) & (rng.random(count) < share) & ~supported
    whole = rng.random(count) < 0.65
    frail = w.severe | (w.labour > ORDINARY)
    dibao = poor[people.household] & (whole[people.household] | frail)
    has = people.count(dibao) > 0
    category = np.where(supported, 2, np.where(has, 1, 0))
    return Guarantee(dibao, supported[people.household], category)


def incomes(
    rng: np.random.Generator, people: People, w: Wellbeing, g: Guarantee, hardship: Floats
) -> Mapping[str, pa.Array]:
    """Income by source; what is earned follows hands, months away and hardship."""
    count = people.households
    size = people.count(np.ones(len(people), np.bool_))
    hands = people.count(w.labour <= ORDINARY) + 0.4 * people.count(w.labour == WEAK)
    months = people.total(w.months_away)
    ability = (hands / size - 0.5) / 0.33
    noise = rng.standard_normal(count)
    per_head = np.exp(8.26 + 0.13 * ability - 0.22 * hardship + 0.36 * noise)
    net = np.round(per_head * size)
    standard = figures.value("dibao_standard_2016")
    granted = people.total(g.dibao) * standard * 0.62 + people.total(g.wubao) * standard * 1.5
    transfer = np.round(np.minimum(granted + size * rng.gamma(2, 110, count), 0.85 * net))
    earned = net - transfer
    has_premises = rng.random(count) < 0.02
    property_income = np.where(has_premises, 0.25, np.where(rng.random(count) < 0.15, 0.04, 0))
    other = np.where(rng.random(count) < 0.30, 0.10 * rng.random(count), 0)
    waged = np.clip(months / (months + 5), 0, 0.9) * (0.85 + 0.15 * rng.random(count))
    wages = np.where(months > 0, waged, np.where(rng.random(count) < 0.25, 0.3, 0))
    wages = wages * (1 - property_income - other)
    farm = earned * (1 - wages - property_income - other)
    cost = np.round(farm * (0.25 + 0.35 * rng.random(count)))
    industries = np.where(hands > 0, between(rng, 0, 3, count), 0)
    industries = np.where(
        (hands > 0) & (rng.random(count) < 0.6), np.maximum(industries, 1), industries
    )
    return {
        "income_business": col.money(np.round(farm) + cost),
        "income_wages": col.money(np.round(earned * wages)),
        "income_property": col.money(np.round(earned * property_income)),
        "income_transfer": col.money(transfer),
        "income_other": col.money(np.round(earned * other)),
        "production_cost": col.money(cost),
        "has_premises": col.bools(has_premises),
        "has_breeding_income": col.bools((hands > 0) & (rng.random(count) < 0.45)),
        "has_own_business": col.bools((hands > 0) & (rng.random(count) < 0.04)),
        "has_other_income": col.bools(np.round(earned * other) > 0),
        "industry_count": col.ints(industries),
        "in_cooperative": col.bools((industries > 0) & (rng.random(count) < 0.28)),
    }


def identification(
    rng: np.random.Generator, people: People, w: Wellbeing, stage: Ints, hardship: Floats
) -> Mapping[str, pa.Array]:
    """Score, grade and causes, in keeping with who lives there."""
    count = people.households
    score = np.clip(np.round(58 - 9 * hardship + 4 * rng.standard_normal(count), 1), 5, 98)
    grade = 3 - np.digitize(score, [38, 47, 56])
    causes = _FIELDS["cause_main"].codes
    drawn = codes(rng, count, (0, 0, 0, 5, 9, 6, 27, 12, 28, 9, 3, 1))
    ill = people.count(w.health == MAJOR) > 0
    disabled = people.count((w.disability > 0) & (w.disability < 3)) > 0
    studying = people.count(stage >= SENIOR) > 0
    nobody = people.count(w.labour <= WEAK) == 0
    sure = rng.random(count)
    main = np.select(
        [ill & (sure < 0.75), disabled & (sure < 0.75), studying & (sure < 0.6), nobody],
        [0, 1, 2, causes.index("labour")],
        drawn,
    )
    return {
        "poverty_score": col.money(score),
        "poverty_grade": col.pick(grade, _FIELDS["poverty_grade"].codes),
        "cause_main": col.pick(main, causes),
        "causes_other": _other_causes(rng, main, drawn, causes),
    }


def _other_causes(
    rng: np.random.Generator, main: Ints, drawn: Ints, causes: tuple[str, ...]
) -> pa.Array:
    """None, one or two further causes, never the main one or one twice."""
    second = codes(rng, len(main), (8, 6, 9, 5, 9, 6, 25, 12, 25, 9, 3, 1))
    pair = np.stack([drawn, second], axis=1)
    keep = np.stack([drawn != main, (second != main) & (second != drawn)], axis=1)
    keep &= rng.random(pair.shape) < np.array([0.55, 0.25])
    offsets = np.concatenate([[0], np.cumsum(keep.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), col.pick(pair[keep], causes))


def registered_on(rng: np.random.Generator, status: Ints) -> pa.Array:
    """A first round in 2014, the precise identification of 2015-16; none yet for candidates."""
    early = (rng.random(len(status)) < 0.35) | np.isin(status, (EXITED, REMOVED))
    day = np.where(early, _REGISTERED_ON[0], _REGISTERED_ON[1])
    return col.dates(day + between(rng, 0, 110, len(status)), status != CANDIDATE)


def is_active(status: Ints) -> Bools:
    """The poor of the plans: registered now, or returned to poverty."""
    return np.asarray((status == REGISTERED) | (status == RETURNED))


def is_candidate(status: Ints) -> Bools:
    """Proposed, not yet registered."""
    return np.asarray(status == CANDIDATE)
