"""Silent writes are refused; a membership's history is found by its household."""

from importlib import import_module

from django.db import migrations

from bangfu.audit.triggers import keep_history, refuse_silent

walls = import_module("bangfu.registry.migrations.0002_walls")
MEMBERSHIP = """
DROP TRIGGER registry_membership_kept_insert ON registry_membership;
DROP TRIGGER registry_membership_kept_update ON registry_membership;
DROP TRIGGER registry_membership_kept_delete ON registry_membership;
"""


def statements() -> str:
    """All of it as one script."""
    refused = [refuse_silent(t, pk) for t, _e, _k, pk in (*walls.PEOPLE, *walls.PLACES)]
    kept = keep_history(
        "registry_membership", "membership", "r.household_no || '/' || r.id", "r.village_code", "id"
    )
    return "\n".join([*refused, MEMBERSHIP, kept])


class Migration(migrations.Migration):
    """Refusals, and the key of a membership."""

    dependencies = (("registry", "0002_walls"), ("audit", "0003_head"))
    operations = (migrations.RunSQL(statements(), migrations.RunSQL.noop),)
