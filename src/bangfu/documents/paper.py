"""What the writers take: papers one after another, each with its page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bangfu.policy.documents import definition as d
from bangfu.policy.documents.filling import Piece, Values, fill


@dataclass(frozen=True)
class Paper:
    """One filled document; it begins on a new page."""

    page: d.Page
    pieces: Iterable[Piece]


def papers(
    document: d.Document, known: dict[str, d.Document], all_values: Iterable[Values]
) -> Iterator[Paper]:
    """The document, followed by its attachments, for each subject in turn."""
    attached = [known[name] for name in document.attach]
    for values in all_values:
        for one in (document, *attached):
            yield Paper(one.page, fill(one, values))
