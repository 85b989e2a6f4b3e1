"""What every pack's tests read: the rules, cases, variables and catalogue of one pack folder."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
# A run of this many characters shared with the document is a copy, not our own wording.
COPIED = 10


def shared(*parts: str) -> Path:
    """A file beside the repository; the test is skipped where it is absent."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"shared/{'/'.join(parts)} is not beside the repository")
    return path


def load(path: Path) -> Any:
    """A YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class PackFiles:
    """The files of one pack."""

    name: str

    @property
    def folder(self) -> Path:
        """Where the pack is."""
        return ROOT / "packs" / self.name

    @property
    def case_files(self) -> list[Path]:
        """Its worked cases."""
        return sorted((self.folder / "cases").glob("*.yaml"))

    def rules(self) -> list[dict[str, Any]]:
        """Every rule and duty, as written."""
        files = sorted((self.folder / "programmes").glob("*.yaml"))
        return [rule for file in files for rule in load(file)["rules"]]

    def cases(self) -> list[dict[str, Any]]:
        """Every case, as written."""
        return [case for file in self.case_files for case in load(file)]

    def parameters(self) -> dict[str, dict[str, Any]]:
        """Parameters by name."""
        found: dict[str, dict[str, Any]] = load(self.folder / "parameters.yaml")
        return found

    def variables(self) -> dict[str, dict[str, Any]]:
        """Variables of all entities by name."""
        groups = load(self.folder / "variables.yaml").values()
        return {name: spec for group in groups for name, spec in group.items()}

    def deferred(self) -> set[str]:
        """Ids that wait, each with a reason."""
        file = self.folder / "deferred.yaml"
        return (
            {entry["id"] for entry in load(file) if entry["reason"]["zh"]}
            if file.exists()
            else set()
        )

    def sample(self) -> list[dict[str, Any]]:
        """The shared sample cases of this pack."""
        return [case for case in load(shared("cases", "sample.yaml")) if case["pack"] == self.name]

    def expected(self) -> dict[str, set[str]]:
        """What the cases expect, by rule id."""
        seen: dict[str, set[str]] = {}
        for case in self.cases():
            for key, value in case["expect"].items():
                seen.setdefault(key.split("@")[0], set()).add(str(value))
        return seen

    def words(self) -> Iterable[tuple[str, str]]:
        """Titles, labels and measures in Chinese, with their rule."""
        for rule in self.rules():
            yield rule["id"], rule["title"]["zh"]
            if "measure" in rule:
                yield rule["id"], rule["measure"]["zh"]
            for version in rule.get("versions", ()):
                for condition in version.get("when", ()):
                    yield rule["id"], condition["zh"]

    def copied(self, source: str) -> list[tuple[str, str]]:
        """Words that repeat a run of the document."""
        text = re.sub(r"\s", "", shared("sources", source).read_text(encoding="utf-8"))
        return [
            (rule, word) for rule, word in self.words()
            if any(word[i : i + COPIED] in text for i in range(len(word) - COPIED + 1))
        ]  # fmt: skip


def catalogue(file: str) -> dict[str, dict[str, Any]]:
    """The catalogue's rules by id."""
    return {rule["id"]: rule for rule in load(shared("catalogue", file))["rules"]}
