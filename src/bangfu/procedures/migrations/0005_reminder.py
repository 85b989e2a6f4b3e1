"""What each account was reminded of, day by day; seen inside its region only."""

from django.db import migrations, models

from bangfu.access.session import wall


class Migration(migrations.Migration):
    """One table and its wall."""

    dependencies = (("procedures", "0004_samples_restarts"), ("access", "0002_scoped_role"))
    operations = (
        migrations.CreateModel(
            name="Reminder",
            fields=[
                ("id", models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("username", models.CharField(max_length=64)),
                ("region_code", models.CharField(db_collation="C", max_length=20)),
                ("on", models.DateField()),
                ("at", models.DateTimeField()),
                ("overdue", models.IntegerField()),
                ("today", models.IntegerField()),
                ("coming", models.IntegerField()),
                ("above", models.IntegerField()),
                ("lines", models.JSONField(default=list)),
            ],
            options={
                "ordering": ("-on", "username"),
                "constraints": [models.UniqueConstraint(
                    fields=("username", "on"), name="procedures_reminder_once")],
            },
        ),
        migrations.RunSQL(wall("procedures_reminder", "region_code"), migrations.RunSQL.noop),
    )  # fmt: skip
