"""The restricted database role behind row-level security."""

from django.db import migrations

from bangfu.access.session import CREATE_ROLE


class Migration(migrations.Migration):
    """The role, with rights on what exists and on what comes later."""

    dependencies = (("access", "0001_initial"), ("audit", "0002_history"))
    operations = (migrations.RunSQL(CREATE_ROLE, migrations.RunSQL.noop),)
