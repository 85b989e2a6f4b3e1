"""Where the people of the demo city live: real villages, which are poor, how many households.

Uses the divisions shipped with the registry. Poverty villages are chosen once by seed; the
684 and their exit years follow the plans (see figures.yaml).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from bangfu.demo import figures
from bangfu.demo.chance import between, generator, share_out
from bangfu.demo.columns import Bools, Floats, Ints

_PREFIX = "弄拉板巴龙下上那古六加内可百北"
_SUFFIX = "桃兰山林江寨坡桥田水石竹洞花木坪岭峒泥马牛羊凤怀弯台良京平岩朝旺满隆孟芽勒"
MAX_HAMLETS = 60


@dataclass(frozen=True)
class CountyPlan:
    """One county before its people: parallel arrays over its villages, in code order."""

    code: str
    persons: int
    depth: float
    villages: Ints
    is_poverty: Bools
    exit_year: Ints  # 0 = none
    hardship: Floats  # standard normal over the city's households, high = remote and poor
    weight: Floats  # of households; 0 = not populated at this scale

    def settle(self, households: int) -> Ints:
        """Village index of each household, ascending; every populated village gets some."""
        home = np.flatnonzero(self.weight)
        floor = min(3, households // len(home))
        return np.repeat(home, share_out(households, self.weight[home], floor))


@dataclass(frozen=True)
class Hamlets:
    """Natural villages (屯) of a county's households, all arrays by household but the last."""

    name: list[str]
    name_index: Ints
    size: Ints
    group: Ints
    hardship: Floats
    hamlet: Ints  # running number of the household's hamlet within the county


@cache
def divisions() -> tuple[tuple[str, str, str], ...]:
    """(code, name, parent) of Hechi's villages and communities, in code order."""
    path = files("bangfu.registry") / "data" / "hechi_divisions.csv"
    with path.open(encoding="utf-8") as stream:
        rows = [r for r in csv.DictReader(stream) if r["level"] == "village"]
    return tuple(sorted((r["code"], r["name"], r["parent_code"]) for r in rows))


def plan(persons: int, seed: int) -> list[CountyPlan]:
    """The counties with their villages, shares and poverty villages, by seed."""
    rng = generator(seed, 0)
    rows = divisions()
    code = np.array([int(r[0]) for r in rows])
    county = code // 10**6
    community = np.array(["居委会" in r[1] or "居民委员会" in r[1] for r in rows])
    hardship = rng.standard_normal(len(code))
    specs = figures.counties()
    poor = np.zeros(len(code), np.bool_)
    for name, spec in specs.items():
        rank = hardship + 0.8 * rng.standard_normal(len(code))
        rank[community | (county != int(name))] = -np.inf
        poor[np.argsort(-rank, kind="stable")[: spec["poverty_villages"]]] = True
    weight = np.exp(0.35 * rng.standard_normal(len(code)))
    weight *= np.where(poor, figures.assumed("poverty_village_weight"), 1.0)
    weight *= np.where(community, figures.assumed("community_weight"), 1.0)
    exit_year = _exit_years(rng, poor, hardship)
    # Villages about to leave have few registered poor left.
    weight *= np.where(exit_year == 2016, figures.assumed("leaving_village_weight"), 1.0)
    weight[~_populated(rng, persons, weight)] = 0
    mean = np.average(hardship, weights=weight)
    hardship = (hardship - mean) / np.sqrt(np.average((hardship - mean) ** 2, weights=weight))
    quota = share_out(persons, np.array([float(s["persons_k"]) for s in specs.values()]))
    plans = []
    for (name, spec), share in zip(specs.items(), quota, strict=True):
        at = np.flatnonzero(county == int(name))
        county_plan = CountyPlan(
            name, int(share), float(spec["depth"]), code[at], poor[at], exit_year[at],
            hardship[at], weight[at],
        )  # fmt: skip
        plans.append(county_plan)
    return plans


def _populated(rng: np.random.Generator, persons: int, weight: Floats) -> Bools:
    """Villages that get people at this scale: at least one in every township."""
    wanted = persons // figures.assumed("persons_per_populated_village")
    order = np.argsort(-weight * rng.random(len(weight)), kind="stable")
    parents = [r[2] for r in divisions()]
    chosen = np.zeros(len(weight), np.bool_)
    seen: set[str] = set()
    for index in order:
        if parents[index] not in seen:
            seen.add(parents[index])
            chosen[index] = True
    rest = [i for i in order if not chosen[i]]
    chosen[rest[: max(wanted - int(chosen.sum()), 0)]] = True
    return chosen


def _exit_years(rng: np.random.Generator, poor: Bools, hardship: Floats) -> Ints:
    """The easier villages leave first, in the numbers of the plan; 0 for other villages."""
    years = np.zeros(len(poor), np.int64)
    order = np.flatnonzero(poor)
    order = order[np.argsort(hardship[order] + 0.6 * rng.standard_normal(len(order)))]
    plan_by_year: dict[int, int] = figures.value("village_exit_plan")
    for year, end in _running(plan_by_year):
        years[order[end - plan_by_year[year] : end]] = year
    return years


def _running(plan_by_year: dict[int, int]) -> Iterator[tuple[int, int]]:
    total = 0
    for year, count in sorted(plan_by_year.items()):
        total += count
        yield year, total


def hamlets(
    rng: np.random.Generator, plan: CountyPlan, village: Ints, households_total: Ints
) -> Hamlets:
    """Households of each village spread over its hamlets; sizes add up to `households_total`."""
    size = figures.assumed("hamlet_size")
    number = np.clip(np.rint(households_total / size).astype(np.int64), 1, MAX_HAMLETS)
    first = np.concatenate([[0], np.cumsum(number)])
    # u^1.3 fills the first hamlets more: sizes differ as they do on a map.
    local = np.floor(rng.random(len(village)) ** 1.3 * number[village]).astype(np.int64)
    hamlet = first[village] + local
    own = np.bincount(hamlet, minlength=int(first[-1]))
    owner = np.repeat(np.arange(len(number)), number)
    position = np.arange(len(owner)) - first[owner]
    share = ((position + 1) / number[owner]) ** (1 / 1.3) - (position / number[owner]) ** (1 / 1.3)
    rest = households_total - np.bincount(village, minlength=len(number))
    others = np.floor(share * rest[owner]).astype(np.int64)
    others[first[:-1]] += rest - np.bincount(owner, others, len(number)).astype(np.int64)
    noise = rng.standard_normal(len(owner))
    return Hamlets(
        *_names(between(rng, 0, 10**6, len(number))[owner] + position, hamlet),
        size=(own + others)[hamlet],
        group=local + 1,
        hardship=(0.5 * plan.hardship[owner] + 0.866 * noise)[hamlet],
        hamlet=hamlet,
    )


def _names(serial: Ints, hamlet: Ints) -> tuple[list[str], Ints]:
    """Names such as 弄桃屯; distinct within a village because 15 and 37 have no common factor."""
    names = [f"{first}{second}屯" for first in _PREFIX for second in _SUFFIX]
    index = (serial % len(_PREFIX)) * len(_SUFFIX) + serial % len(_SUFFIX)
    return names, index[hamlet]
