"""Home: without a run, by role, and the map's data."""

from __future__ import annotations

from django.test import Client

from tests.world import GAOLING, NANDAN

JSON = {"Accept": "application/json"}


def test_before_the_first_run(clerk: Client) -> None:
    """It says how many are registered and what to do next."""
    body = clerk.get("/").content.decode()
    assert "高岭镇" in body
    assert "已登记 3 户" in body


def test_every_role_has_a_home(signed_in) -> None:
    """Administrators too, who see no households."""
    for role in ("village_officer", "county_office", "county_department", "city_office",
                 "inspector", "administrator"):  # fmt: skip
        assert signed_in(role).get("/").status_code == 200


def test_drilling_stays_inside(clerk: Client, signed_in) -> None:
    """A county may look at its townships, not at its neighbour."""
    county = signed_in("county_office")
    assert county.get(f"/?region={GAOLING}").status_code == 200
    assert county.get(f"/?region={NANDAN}").status_code == 404
    assert clerk.get("/?region=451228").status_code == 404


def test_shapes(clerk: Client) -> None:
    """Eleven counties with code and name."""
    found = clerk.get("/shapes.json", headers=JSON).json()
    assert len(found["features"]) == 11
    assert all(f["properties"]["code"].startswith("4512") for f in found["features"])


def test_figures_without_a_run(clerk: Client) -> None:
    """An empty map, not a fault; an unknown figure is the first one."""
    found = clerk.get("/figures.json?figure=nonsense", headers=JSON).json()
    assert found == {"label": "贫困人口", "unit": "人", "items": []}
