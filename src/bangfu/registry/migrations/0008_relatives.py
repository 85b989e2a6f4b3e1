"""Whose children live elsewhere is asked of every household that is explained."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Children by their father and by their mother."""

    dependencies = (("registry", "0007_policy_fields"),)
    operations = tuple(
        migrations.AddIndex(
            "person",
            models.Index(
                fields=(f"{parent}_no",),
                condition=models.Q(**{f"{parent}_no__lt": "none"}),
                name=f"registry_person_{parent}",
            ),
        )
        for parent in ("father", "mother")
    )
