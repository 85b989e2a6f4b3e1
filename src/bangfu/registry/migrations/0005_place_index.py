"""Lists go village by village: a county's first page must not walk past the counties before it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Index in list order."""

    dependencies = (("registry", "0004_year_index"),)
    operations = (
        migrations.AddIndex(
            model_name="household",
            index=models.Index(
                fields=["village_code", "household_no"], name="registry_household_place"
            ),
        ),
    )
