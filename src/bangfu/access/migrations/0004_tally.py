"""Counters that all processes share."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The table of counters. What is lost in a crash is not missed, so it keeps no log."""

    dependencies = (("access", "0003_wall_history"),)
    operations = (
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "key", "starts_at",
                        blank=True, editable=False, primary_key=True, serialize=False,
                    ),
                ),
                ("key", models.BinaryField()),
                ("starts_at", models.DateTimeField()),
                ("count", models.IntegerField()),
            ],
        ),
        migrations.RunSQL("ALTER TABLE access_tally SET UNLOGGED", migrations.RunSQL.noop),
    )  # fmt: skip
