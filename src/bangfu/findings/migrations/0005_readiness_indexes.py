"""Few households are ready, fewer undecided: small indexes find them, and tell the planner so."""

from django.db import migrations

INDEXES = """
CREATE INDEX findings_householdresult_ready ON findings_householdresult (household_no)
  WHERE assessed AND ready;
CREATE INDEX findings_householdresult_undecided ON findings_householdresult (household_no)
  WHERE assessed AND ready IS NULL;
"""


class Migration(migrations.Migration):
    """Partial indexes of the result per household."""

    dependencies = (("findings", "0004_failing"),)
    operations = (migrations.RunSQL(INDEXES, migrations.RunSQL.noop),)
