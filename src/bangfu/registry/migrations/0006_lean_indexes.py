"""Indexes that earn their keep.

Django adds a pattern index beside each text index, for prefix searches under other
collations; ours are COLLATE "C", where the plain index serves them, and a million-row import
need not write both. Lists are most often narrowed by status.
"""

from django.db import migrations, models

DROP_PATTERN = """
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT indexname FROM pg_indexes
      WHERE tablename ~ '^registry_' AND indexname ~ '_like$' LOOP
    EXECUTE format('DROP INDEX %I', name);
  END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    """Fewer indexes on codes, one on status."""

    dependencies = (("registry", "0005_place_index"),)
    operations = (
        migrations.RunSQL(DROP_PATTERN, migrations.RunSQL.noop),
        migrations.AddIndex(
            "household",
            models.Index(
                fields=("status", "village_code", "household_no"), name="registry_household_status"
            ),
        ),
    )
