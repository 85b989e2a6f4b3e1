"""The calibration numbers of the demo city (`figures.yaml`), with their catalogue sources."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def load() -> dict[str, Any]:
    """The whole file as read."""
    text = files(__package__).joinpath("figures.yaml").read_text(encoding="utf-8")
    raw: dict[str, Any] = yaml.safe_load(text)
    return raw


def value(name: str) -> Any:
    """One published figure. Raises KeyError for an unknown name."""
    return load()[name]["value"]


def counties() -> dict[str, dict[str, Any]]:
    """County code -> persons, poverty villages, kind, exit year, depth, ethnic groups."""
    found: dict[str, dict[str, Any]] = load()["counties"]
    return found


def assumed(name: str) -> Any:
    """One assumed share."""
    return load()["assumed"][name]


def defect_rates(entity: str) -> dict[str, float]:
    """Kind of defect -> share of the households or persons that carry it."""
    rates: dict[str, float] = load()["defects"][entity]
    return rates


def registered_share() -> float:
    """Share of the collected persons who are registered poor at the end of 2016."""
    return float(value("persons_registered") / value("persons_collected"))
