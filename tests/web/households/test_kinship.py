"""The kinship tree, with right and wrong links."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from bangfu.web.households.panels import Kin, kinship


def tree(*people: tuple[str, str | None, str | None, str | None]) -> list[Any]:
    """Nested lists of person numbers from (no, father, mother, spouse)."""
    made = [
        SimpleNamespace(person_no=n, father_no=f, mother_no=m, spouse_no=s) for n, f, m, s in people
    ]
    views = {p.person_no: SimpleNamespace(person_no=p.person_no) for p in made}

    def told(knot: Kin) -> Any:
        own = "+".join(v.person_no for v in knot.people)
        return [own, *map(told, knot.children)] if knot.children else own

    return [told(k) for k in kinship(made, views)]  # type: ignore[arg-type]


def test_three_generations() -> None:
    """Grandmother, couple, two children."""
    assert tree(
        ("head", None, "gran", "wife"), ("wife", None, None, "head"), ("a", "head", "wife", None),
        ("b", "head", None, None), ("gran", None, None, None),
    ) == [["gran", ["head+wife", "a", "b"]]]  # fmt: skip


def test_linked_to_nobody() -> None:
    """Stands alone; a father who is not in the household is no link."""
    assert tree(("a", "elsewhere", None, None), ("b", None, None, None)) == ["a", "b"]


def test_wrong_links_make_no_circle() -> None:
    """Two who are each other's father are still both shown, once."""
    found = tree(("a", "b", None, None), ("b", "a", None, None), ("c", "c", None, None))
    assert sorted(str(found).replace("[", "").replace("]", "").replace("'", "").split(", ")) == [
        "a", "b", "c",
    ]  # fmt: skip
