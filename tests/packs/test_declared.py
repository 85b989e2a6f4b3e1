"""Contradictions and groups are told in words of our own, and point at rules that are there."""

from __future__ import annotations

import re

import pytest

from bangfu.policy.loading import known_packs, load_pack
from tests.packs.pack_files import COPIED, shared

SOURCES = ("hechi-implementation-plans", "guangxi-2017-amendments", "zaozhuang-plan",
           "guangxi-2018-three-year-action", "commerce-samples")  # fmt: skip
_DATE = re.compile(r"20\d\d年\d+月\d+日?")


def test_no_sentence_of_a_document_is_repeated() -> None:
    texts = [re.sub(r"\s", "", shared("sources", f"{s}.txt").read_text()) for s in SOURCES]
    copied = []
    for name in known_packs():
        pack = load_pack(name)
        said = [s.says.zh for c in pack.contradictions for s in c.says]
        said += [c.treatment.zh for c in pack.contradictions]
        said += [g.note.zh for g in pack.overlaps]
        for text in said:
            plain = _DATE.sub("", text)
            runs = [plain[i : i + COPIED] for i in range(len(plain) - COPIED + 1)]
            copied += [run for run in runs if any(run in source for source in texts)]
    assert not copied


@pytest.mark.parametrize("name", known_packs())
def test_rules_named_of_other_packs_are_there(name: str) -> None:
    pack = load_pack(name)
    for entry in pack.contradictions:
        for saying in entry.says:
            home = load_pack(saying.pack) if saying.pack else pack
            missing = [r for r in saying.rules if r not in home.rules and not home.formula(r)]
            assert not missing, entry.id
