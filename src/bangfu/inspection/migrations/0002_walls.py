"""Append-only tables, history, row-level security, and what a grant opens."""

from django.db import migrations

from bangfu.inspection.migrations._sql import statements


class Migration(migrations.Migration):
    """Walls of the room."""

    dependencies = (
        ("inspection", "0001_initial"), ("access", "0006_granted_role"),
        ("procedures", "0002_walls"), ("evidence", "0002_walls"), ("audit", "0002_history"),
    )
    operations = (migrations.RunSQL(statements(), migrations.RunSQL.noop),)
