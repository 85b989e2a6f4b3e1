"""Random draws that stay correlated: shares by a normal threshold, codes by probability."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from bangfu.demo.columns import Bools, Floats, Ints

_NORMAL = NormalDist()


def generator(seed: int, *parts: int) -> np.random.Generator:
    """An independent stream for one part of the city: the same seed gives the same part."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *parts])))


def worst(rng: np.random.Generator, latent: Floats, share: float, weight: float) -> Bools:
    """True for about `share` of the rows, more often where `latent` (standard normal) is high.

    `weight` (0..1) is the correlation of the fault with the latent hardship.
    """
    if not 0 < share < 1:
        return np.full(len(latent), share >= 1)
    noise = rng.standard_normal(len(latent))
    score = weight * latent + np.sqrt(1 - weight * weight) * noise
    return np.asarray(score > _NORMAL.inv_cdf(1 - share))


def codes(rng: np.random.Generator, count: int, weights: Sequence[float]) -> Ints:
    """Indexes drawn by `weights`."""
    edges = np.cumsum(np.asarray(weights, float))
    return np.searchsorted(edges / edges[-1], rng.random(count), side="right").astype(np.int64)


def codes_by(rng: np.random.Generator, group: npt.NDArray[Any], table: Floats) -> Ints:
    """Indexes drawn by the row of weights that `group` points to in `table`."""
    edges = np.cumsum(table, axis=1)
    edges = edges / edges[:, -1:]
    draw = rng.random(len(group))
    return np.asarray((draw[:, None] >= edges[group]).sum(axis=1), np.int64)


def between(rng: np.random.Generator, low: Any, high: Any, count: int) -> Ints:
    """Whole numbers low..high inclusive, each row with its own bounds when they are arrays."""
    low, high = np.asarray(low), np.asarray(high)
    span = np.maximum(high - low + 1, 1)
    return np.asarray(low + np.floor(rng.random(count) * span), np.int64)


def share_out(total: int, weights: Floats, floor: int = 0) -> Ints:
    """`total` split into whole parts by `weights` (largest remainder), each at least `floor`."""
    count = len(weights)
    spare = max(total - floor * count, 0)
    exact = spare * weights / weights.sum()
    parts: Ints = np.floor(exact).astype(np.int64)
    short = spare - int(parts.sum())
    parts[np.argsort(parts - exact, kind="stable")[:short]] += 1
    if total < floor * count:
        parts[:total] = 1
        return parts
    return np.asarray(parts + floor, np.int64)
