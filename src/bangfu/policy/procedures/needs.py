"""What a step asks for beside the right person and day: form, indicators, review, evidence,
signatures. Each function yields what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from bangfu.policy.procedures.definition import (
    MET,
    NOT_MET,
    Evidence,
    Form,
    Outcome,
    Sampling,
    Signature,
)
from bangfu.policy.procedures.refusals import Missing
from bangfu.policy.procedures.trail import Action, State

ENGINE_ZH = {"met": "达标", "not_met": "未达标", "undecided": "待定"}


@dataclass(frozen=True)
class Engine:
    """What the policy engine found of one indicator (met, not_met, undecided), and why."""

    outcome: str
    reason: str = ""


@dataclass(frozen=True)
class Sample:
    """How the sample of a batch stands at one step: cases that have come to it, those of them
    that the lot drew, and those of these that are checked."""

    among: int = 0
    drawn: int = 0
    checked: int = 0


def sampled(asked: Sampling, sample: Sample) -> Iterator[Missing]:
    """The share that must be drawn and checked before anything is decided is not."""
    need = asked.needed(sample.among)
    if sample.checked < need:
        yield Missing("sample_missing", {
            "name": asked.title.zh, "share": asked.share, "among": max(1, sample.among),
            "need": need, "drawn": sample.drawn, "checked": sample.checked,
        })  # fmt: skip


def named(form: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` under their full names, form.field."""
    return {f"{form}.{name}": value for name, value in values.items()}


def form(asked: Form, action: Action, known: Mapping[str, Any]) -> Iterator[Missing]:
    """Blanks that must be filled and are not, and such as the form does not have."""
    context = {**known, **named(asked.id, action.values)}
    blanks = {f.id: f for f in asked.fields}
    for blank in asked.fields:
        if blank.required and blank.id not in action.values and blank.when.holds(context):
            yield Missing("field_missing", {"name": blank.title.zh})
    for name in action.values:
        if name not in blanks:
            yield Missing("field_unknown", {"name": name[:40]})


def items(
    asked: Form, action: Action, engine: Mapping[str, Engine], outcome: Outcome
) -> Iterator[Missing]:
    """Indicators not judged, judged without the reason they need, or against the outcome."""
    known = {item.id: item.title.zh for item in asked.items}
    for name in action.items:
        if name not in known:
            yield Missing("field_unknown", {"name": name[:40]})
    for name, title in known.items():
        found = action.items.get(name)
        if found is None or found.outcome not in (MET, NOT_MET):
            yield Missing("item_missing", {"name": title})
            continue
        said = engine.get(name)
        differs = said is not None and said.outcome in (MET, NOT_MET)
        if differs and said is not None and said.outcome != found.outcome:
            if not found.reason.strip():
                told = ENGINE_ZH[said.outcome]
                yield Missing("item_disagrees", {"name": title, "engine": told})
        elif found.outcome == NOT_MET and not found.reason.strip():
            yield Missing("item_reason", {"name": title})
        if outcome.items == "all_met" and found.outcome == NOT_MET:
            yield Missing("item_blocks", {"name": title})
    judged = [action.items[name].outcome for name in known if name in action.items]
    if outcome.items == "not_all_met" and judged and all(o == MET for o in judged):
        yield Missing("item_all_met")


def review(asked: Form, state: State, action: Action, outcome: Outcome) -> Iterator[Missing]:
    """Indicators (or, where the form has none, blanks) that were not reviewed one by one."""
    titles = {i.id: i.title.zh for i in asked.items} or {f.id: f.title.zh for f in asked.fields}
    judged = state.items.get(asked.id, {})
    for name, title in titles.items():
        if judged and name not in judged:
            continue
        if name not in action.review:
            yield Missing("review_missing", {"name": title})
        elif outcome.tone == "pass" and not action.review[name]:
            yield Missing("review_objects", {"name": title})


def evidence(
    asked: tuple[Evidence, ...], action: Action, known: Mapping[str, Any]
) -> Iterator[Missing]:
    """Pieces of evidence that are too few, and such as nobody asked for."""
    have = Counter(
        piece for piece, _sha in {(attached.piece, attached.sha256) for attached in action.evidence}
    )
    for piece in asked:
        if piece.when.holds(known) and have[piece.id] < piece.minimum:
            yield Missing("evidence_missing", {
                "name": piece.title.zh, "need": piece.minimum, "have": have[piece.id],
            })  # fmt: skip
    for name in have.keys() - {piece.id for piece in asked}:
        yield Missing("evidence_unknown", {"name": name[:40]})


def signatures(
    asked: tuple[Signature, ...], action: Action, known: Mapping[str, Any], since: date
) -> Iterator[Missing]:
    """Parties that did not sign, or too few, twice, or on a day that cannot be."""
    titles = {party.id: party.title.zh for party in asked}
    signers: dict[str, set[str]] = {}
    for signed in action.signatures:
        if signed.party not in titles:
            yield Missing("signature_unknown", {"name": signed.party[:40]})
            continue
        title = titles[signed.party]
        if not since <= signed.on <= action.on:
            yield Missing("signature_day", {"name": title, "on": signed.on, "first": since,
                                            "last": action.on})  # fmt: skip
        if signed.signer in signers.setdefault(signed.party, set()):
            yield Missing("signature_twice", {"name": title})
        signers[signed.party].add(signed.signer)
    for party in asked:
        if party.unless is not None and party.unless.holds(known):
            continue
        have = len(signers.get(party.id, ()))
        if have < party.minimum:
            yield Missing("signature_missing", {"name": party.title.zh, "need": party.minimum,
                                                "have": have})  # fmt: skip
