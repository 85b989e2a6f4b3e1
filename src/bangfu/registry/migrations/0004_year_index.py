"""The newest registration year is asked for by every list; it must not read the whole table."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Index on the year."""

    dependencies = (("registry", "0003_keys"),)
    operations = (
        migrations.AddIndex(
            model_name="householdyear",
            index=models.Index(fields=["year"], name="registry_household_year_year"),
        ),
    )
