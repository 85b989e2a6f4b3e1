"""Row changes show people's data, so they stand behind the same wall as the rows."""

from django.db import migrations

from bangfu.access.session import wall


class Migration(migrations.Migration):
    """Row-level security of audit_change."""

    dependencies = (("access", "0002_scoped_role"), ("audit", "0003_head"))
    operations = (migrations.RunSQL(wall("audit_change", "region_code"), migrations.RunSQL.noop),)
