"""What was written into a form, as a record keeps it: typed, what is personal sealed.

Called by `acting` for every act and by `commands.open_case` for the paper a case begins with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bangfu.access import crypto
from bangfu.policy.procedures.answers import parse
from bangfu.policy.procedures.definition import Form
from bangfu.policy.procedures.refusals import Missing


def answered(form: Form, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Missing]]:
    """Values of `given` by blank, personal ones sealed, and what is wrong with them."""
    values, wrong = parse(form, given)
    for blank in form.fields:
        if blank.personal and blank.id in values:
            values[blank.id] = {"sealed": crypto.seal(str(values[blank.id])).hex()}
    return values, wrong
