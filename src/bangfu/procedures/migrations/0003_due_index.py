"""A batch's list in the order of its deadlines, without sorting sixty thousand rows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One index."""

    dependencies = (("procedures", "0002_walls"),)
    operations = (
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["batch", "due_on", "id"], name="procedures_case_due"),
        ),
    )
