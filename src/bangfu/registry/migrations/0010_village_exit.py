"""The day a village left the list of poverty villages."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column."""

    dependencies = (("registry", "0009_entities"),)
    operations = (
        migrations.AddField(
            "village", "exited_on", models.DateField(null=True, verbose_name="摘帽日期")
        ),
    )
