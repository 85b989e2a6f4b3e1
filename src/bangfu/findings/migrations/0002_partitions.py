"""The work tables, one partition a run, behind row-level security."""

from django.db import migrations

from bangfu.findings.partitions import FIRST, divide


class Migration(migrations.Migration):
    """Partitions and walls of the room."""

    dependencies = (("findings", "0001_initial"), ("access", "0002_scoped_role"))
    operations = (migrations.RunSQL(divide(FIRST), migrations.RunSQL.noop),)
