"""Append-only events, and the trigger function of the row history."""

from django.db import migrations

from bangfu.audit.triggers import FUNCTIONS


class Migration(migrations.Migration):
    """Functions and triggers of the room."""

    dependencies = (("audit", "0001_initial"),)
    operations = (migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),)
