"""Append-only records, history, and row-level security of the room's tables."""

from django.db import migrations

from bangfu.access.session import wall
from bangfu.audit.triggers import keep_history, refuse_silent

FIXED = ("procedures_steprecord", "procedures_signature", "procedures_definition")
KEPT = (
    ("procedures_batch", "batch", "r.id::text", "r.region_code"),
    ("procedures_case", "case", "r.id::text", "r.region_code"),
    ("procedures_steprecord", "step_record", "r.case_id || '/' || r.seq", "r.region_code"),
    ("procedures_objection", "objection", "r.id::text", "r.region_code"),
    ("procedures_notice", "notice", "r.id::text", "r.region_code"),
    ("procedures_draw", "draw", "r.id::text", "r.region_code"),
)
WALLED = ("case", "steprecord", "signature", "objection", "draw", "lot", "notice")


def statements() -> str:
    """All of it as one script."""
    fixed = [
        f"CREATE TRIGGER {t}_fixed BEFORE UPDATE OR DELETE ON {t}"
        f" FOR EACH ROW EXECUTE FUNCTION audit_refuse();"
        for t in FIXED
    ]
    silent = [refuse_silent(t, "id") for t, *_ in KEPT] + [
        refuse_silent(t, "id") for t in FIXED if t not in {k for k, *_ in KEPT}
    ]
    kept = [keep_history(table, entity, key, region, "id") for table, entity, key, region in KEPT]
    walls = [wall(f"procedures_{t}", "region_code") for t in WALLED]
    return "\n".join([*fixed, *silent, *kept, *walls])


class Migration(migrations.Migration):
    """Walls of the room."""

    dependencies = (
        ("procedures", "0001_initial"), ("access", "0002_scoped_role"), ("audit", "0002_history"),
    )
    operations = (migrations.RunSQL(statements(), migrations.RunSQL.noop),)
