"""Draws among cases that stand alone; a case that an end of another one began."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Columns of the two, and the index of cases that wait to be begun again."""

    dependencies = (("procedures", "0003_due_index"),)
    operations = (
        migrations.AlterField(
            model_name="draw",
            name="batch",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, to="procedures.batch"
            ),
        ),
        migrations.AddField("draw", "pack", models.CharField(default="", max_length=60)),
        migrations.AddField("draw", "procedure", models.CharField(default="", max_length=60)),
        migrations.AddField("draw", "year", models.IntegerField(null=True)),
        migrations.AddField(
            "case", "restarts", models.CharField(blank=True, default="", max_length=60)
        ),
        migrations.AddField(
            "case",
            "origin",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT,
                related_name="followers", to="procedures.case",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("restarts", ""), _negated=True),
                fields=["restarts", "region_code"], name="procedures_case_restarts",
            ),
        ),
    )
