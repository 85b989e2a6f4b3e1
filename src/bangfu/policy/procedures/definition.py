"""A procedure as frozen objects: actors, forms, steps, ends. Built by `reading`.

Nothing here reads files. Days are whole days in Asia/Shanghai; a period of N days begins the
day after and ends with the N-th day, at midnight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bangfu.policy.pack import Cite, Place, Text
from bangfu.policy.procedures.awarding import Award
from bangfu.policy.procedures.scoring import Points, Scoring

SUBJECTS = ("household", "person", "village", "township", "county", "project", "application")
FIELD_TYPES = ("text", "long_text", "int", "decimal", "bool", "date", "choice", "choices")
TONES = ("pass", "fail", "neutral")
Tone = Literal["pass", "fail", "neutral"]
MET, NOT_MET = "met", "not_met"


@dataclass(frozen=True)
class Condition:
    """All of `tests` hold: a fact (`county.county_kind`) or an answer of a form of this case
    (`verification.absent`) is one of the values. An unknown one leaves the condition unknown,
    except where `null` is among the values: it asks for just that."""

    tests: tuple[tuple[str, tuple[Any, ...]], ...] = ()

    def unknown(self, known: Mapping[str, Any]) -> list[str]:
        """Names whose value is not known."""
        return [n for n, values in self.tests if known.get(n) is None and None not in values]

    def holds(self, known: Mapping[str, Any]) -> bool:
        """Whether every test holds; an unknown one does not."""
        return all(known.get(name) in values for name, values in self.tests)


@dataclass(frozen=True)
class Actor:
    """Who acts: one of `roles`, of a region of `level` that holds the subject, of `department`
    where one is named. `title` is the body as the document names it."""

    id: str
    title: Text
    roles: tuple[str, ...]
    level: str
    department: str = ""


@dataclass(frozen=True)
class Option:
    """One answer of a choice; `points` it is worth in a scoring table."""

    value: str
    title: Text
    points: Points | None = None


@dataclass(frozen=True)
class FormField:
    """One blank of a form. `prefill` names a dictionary field or pack variable whose value is
    offered; `when` says for which answers it is asked; `personal` values are sealed; `computed`
    ones are reckoned by the server and never taken from anybody."""

    id: str
    title: Text
    type: str
    required: bool
    options: tuple[Option, ...] = ()
    unit: str = ""
    minimum: int | None = None
    maximum: int | None = None
    prefill: str = ""
    personal: bool = False
    when: Condition = field(default_factory=Condition)
    computed: bool = False


@dataclass(frozen=True)
class Item:
    """One indicator of a form, judged met or not; `rule` is the criterion that prefills it,
    `behind` the household criteria and alerts that list the households behind a place's."""

    id: str
    title: Text
    rule: str = ""
    behind: tuple[str, ...] = ()


@dataclass(frozen=True)
class Form:
    """A paper: blanks and indicators. `fields` hold the items and the total of `scoring` too,
    and what is reckoned of `award`."""

    id: str
    title: Text
    annex: str = ""
    fields: tuple[FormField, ...] = ()
    items: tuple[Item, ...] = ()
    copies: int = 1
    scoring: Scoring | None = None
    award: Award | None = None

    @property
    def plain(self) -> tuple[FormField, ...]:
        """The blanks that are filled in, outside the scoring table."""
        held = self.scoring.items if self.scoring else ()
        return tuple(f for f in self.fields if f.id not in held and not f.computed)


@dataclass(frozen=True)
class Evidence:
    """Photos or scans a step needs."""

    id: str
    title: Text
    minimum: int
    when: Condition = field(default_factory=Condition)


@dataclass(frozen=True)
class Signature:
    """Signatures of one party a step needs; `unless` names the exception route."""

    id: str
    title: Text
    minimum: int
    unless: Condition | None = None


@dataclass(frozen=True)
class Span:
    """A length of time: months, days or working days (one of them), counted from the day the
    case entered this step, or from the day the step `after` was done; `month_end` = to the end
    of the month reached."""

    months: int = 0
    days: int = 0
    working: bool = False
    after: str = ""
    month_end: bool = False


@dataclass(frozen=True)
class YearDay:
    """A day of the batch's year: '06-30', '+1-01-15' of the next year, '+1-02-end'."""

    year: int
    month: int
    day: int  # 0 = the last of the month


@dataclass(frozen=True)
class Notice:
    """A public notice: its term, where it hangs, who takes objections. `stops` = while an
    objection is open the days do not count; otherwise they run but the step cannot end."""

    title: Text
    span: Span
    place: Text
    level: str
    objections_to: str
    stops: bool = True
    annex: str = ""
    copies: int = 1
    list_annex: str = ""


@dataclass(frozen=True)
class Entries:
    """Records added while the case stands at the step (visits, meetings), at least `minimum`."""

    title: Text
    form: str
    actor: str
    minimum: int
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Sampling:
    """Cases drawn by lot before the step is done; each drawn one needs a check on `form`.
    `across` = the checker is another region of that level than the case's own."""

    title: Text
    form: str
    actor: str
    across: str = ""
    share: int = 0  # percent that must be drawn; 0 = where it is found necessary

    def needed(self, among: int) -> int:
        """How many of `among` cases must be drawn and checked: rounded up, 0 where the share
        is left to whoever finds it necessary."""
        return -(-max(1, among) * self.share // 100)


@dataclass(frozen=True)
class Effect:
    """What an outcome writes into the registry: `field` (household.status) gets `value`;
    '$on' is the day of the act."""

    field: str
    value: str


@dataclass(frozen=True)
class Branch:
    """Where an outcome leads when `when` holds; the last has none."""

    to: str
    when: Condition = field(default_factory=Condition)


@dataclass(frozen=True)
class Outcome:
    """How a step ends. `bare` = a reason is all it needs; `early` = before the term of a
    notice or wait is over; `items` = every indicator met / not every one."""

    id: str
    title: Text
    tone: Tone
    to: tuple[Branch, ...]
    bare: bool = False
    early: bool = False
    reason: bool = False
    items: Literal["", "all_met", "not_all_met"] = ""
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True)
class Step:
    """One prescribed step."""

    id: str
    title: Text
    actor: str
    outcomes: tuple[Outcome, ...]
    place: Place
    cite: Cite = field(default_factory=Cite)
    note: Text = field(default_factory=lambda: Text(""))
    due: Mapping[str, YearDay | Span] = field(default_factory=dict)
    form: str = ""
    review: str = ""
    evidence: tuple[Evidence, ...] = ()
    signatures: tuple[Signature, ...] = ()
    notice: Notice | None = None
    wait: Span | None = None
    entries: Entries | None = None
    sampling: Sampling | None = None
    returns: tuple[str, ...] = ()
    not_by: tuple[str, ...] = ()
    group: str = ""
    bulk: bool = False

    def outcome(self, name: str) -> Outcome | None:
        """The outcome `name`, None when there is none."""
        for one in self.outcomes:  # asked for every record of every fold
            if one.id == name:
                return one
        return None


@dataclass(frozen=True)
class End:
    """A way a case ends; `restart` names the procedure that takes the subject up again."""

    id: str
    title: Text
    tone: Tone
    restart: str = ""


@dataclass(frozen=True)
class Calendar:
    """One batch of a year."""

    id: str
    title: Text


@dataclass(frozen=True)
class Opening:
    """How cases begin: who opens the batch with which form (asked per region of `per`), who
    puts subjects in, and which subjects may be put in."""

    actor: str
    enrols: tuple[str, ...]
    form: str = ""
    per: str = ""
    batched: bool = True
    only: Condition = field(default_factory=Condition)


@dataclass(frozen=True)
class Procedure:
    """A whole procedure. `hash` is of its text: a case goes by the text it began under."""

    id: str
    pack: str
    title: Text
    subject: str
    cite: Cite
    opening: Opening
    calendars: tuple[Calendar, ...]
    actors: Mapping[str, Actor]
    forms: Mapping[str, Form]
    steps: Mapping[str, Step]
    ends: Mapping[str, End]
    hash: str
    place: Place
    remind_days: int = 7
    escalate_days: int = 3

    @property
    def scored(self) -> Form | None:
        """The form with a scoring table, None where there is none."""
        return next((f for f in self.forms.values() if f.scoring), None)

    @property
    def first(self) -> str:
        """The step a case begins at."""
        return next(iter(self.steps))

    def number(self, step: str) -> int:
        """1 for the first step; 0 for an end."""
        return [*self.steps].index(step) + 1 if step in self.steps else 0

    def calendar(self, name: str) -> Calendar | None:
        """The calendar `name`, None when there is none."""
        return next((c for c in self.calendars if c.id == name), None)

    def actor_of(self, step: str) -> Actor:
        """Who does `step`."""
        return self.actors[self.steps[step].actor]
