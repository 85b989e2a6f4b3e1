"""The database role of people from outside, and what lets them in today."""

from django.db import migrations

from bangfu.access.session import GRANTED, create_role
from bangfu.audit.triggers import keep_history, refuse_silent

# By the database's own clock: a grant that is over opens nothing, whatever the program believes.
_GRANTED = """
CREATE FUNCTION access_granted() RETURNS text LANGUAGE sql STABLE AS $f$
  SELECT g.subject FROM access_grant g
  WHERE g.id = nullif(current_setting('bangfu.grant', true), '')::bigint AND g.revoked_at IS NULL
    AND (now() AT TIME ZONE 'Asia/Shanghai')::date BETWEEN g.starts_on AND g.ends_on
$f$;
"""


class Migration(migrations.Migration):
    """Role, function and history."""

    dependencies = (("access", "0005_grant"), ("audit", "0002_history"))
    operations = (
        migrations.RunSQL(create_role(GRANTED), migrations.RunSQL.noop),
        migrations.RunSQL(_GRANTED, migrations.RunSQL.noop),
        migrations.RunSQL(
            refuse_silent("access_grant", "id")
            + keep_history("access_grant", "grant", "r.id::text", "r.region_code", "id"),
            migrations.RunSQL.noop,
        ),
    )
