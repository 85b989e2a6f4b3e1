"""History triggers, row-level security and references of the registry's tables."""

from django.db import migrations

from bangfu.access.session import wall
from bangfu.audit.triggers import keep_history

PEOPLE = (
    ("registry_household", "household", "r.household_no", "household_no"),
    (
        "registry_household_year",
        "household_year",
        "r.household_no || '/' || r.year",
        "household_no, year",
    ),
    ("registry_person", "person", "r.person_no", "person_no"),
    ("registry_person_year", "person_year", "r.person_no || '/' || r.year", "person_no, year"),
    ("registry_membership", "membership", "r.id::text", "id"),
)
PLACES = (
    ("registry_village", "village", "r.village_code", "village_code"),
    (
        "registry_village_year",
        "village_year",
        "r.village_code || '/' || r.year",
        "village_code, year",
    ),
    ("registry_county", "county", "r.county_code", "county_code"),
    ("registry_county_year", "county_year", "r.county_code || '/' || r.year", "county_code, year"),
)
REFERENCES = """
ALTER TABLE registry_person ADD CONSTRAINT registry_person_household
  FOREIGN KEY (household_no) REFERENCES registry_household DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE registry_household ADD CONSTRAINT registry_household_village
  FOREIGN KEY (village_code) REFERENCES registry_division (code) DEFERRABLE INITIALLY DEFERRED;
CREATE UNIQUE INDEX registry_membership_present ON registry_membership (person_no)
  WHERE ended_on IS NULL;
"""


def statements() -> str:
    """All of it as one script."""
    kept = [keep_history(t, e, k, "r.village_code", pk) for t, e, k, pk in PEOPLE]
    kept += [
        keep_history(t, e, k, f"r.{k.split('.')[1].split(' ')[0]}", pk) for t, e, k, pk in PLACES
    ]
    return "\n".join([*kept, *(wall(t) for t, *_ in PEOPLE), REFERENCES])


class Migration(migrations.Migration):
    """Walls of the room."""

    dependencies = (("registry", "0001_initial"), ("access", "0002_scoped_role"))
    operations = (migrations.RunSQL(statements(), migrations.RunSQL.noop),)
