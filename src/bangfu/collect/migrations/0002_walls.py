"""Row-level security of the room's tables."""

from django.db import migrations

from bangfu.access.session import wall

STATEMENTS = wall("collect_batch", "region_code") + wall("collect_rowissue", "region_code")


class Migration(migrations.Migration):
    """Walls of the room."""

    dependencies = (("collect", "0001_initial"), ("access", "0002_scoped_role"))
    operations = (migrations.RunSQL(STATEMENTS, migrations.RunSQL.noop),)
