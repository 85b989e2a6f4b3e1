"""Row-level security of the room's tables."""

from django.db import migrations

from bangfu.access.session import wall


class Migration(migrations.Migration):
    """Walls of the room. What a file is (`evidence_content`) says nothing about anybody."""

    dependencies = (("evidence", "0001_initial"), ("access", "0002_scoped_role"))
    operations = (
        migrations.RunSQL(wall("evidence_attachment", "region_code"), migrations.RunSQL.noop),
    )
