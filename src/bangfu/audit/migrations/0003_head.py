"""The end of the chain, and refusal of what would leave no history."""

from django.db import migrations, models

from bangfu.audit.triggers import REFUSALS

HEAD = """
INSERT INTO audit_head (id, chain_no, hash)
SELECT 1, chain_no, hash FROM audit_event ORDER BY chain_no DESC LIMIT 1;
"""


class Migration(migrations.Migration):
    """Head row and refusals."""

    dependencies = (("audit", "0002_history"),)
    operations = (
        migrations.CreateModel(
            name="Head",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False, auto_created=True, verbose_name="ID")),
                ("chain_no", models.BigIntegerField()),
                ("hash", models.CharField(max_length=64)),
            ],
        ),
        migrations.RunSQL(HEAD + REFUSALS, migrations.RunSQL.noop),
    )
