"""SQL of the room's walls, as `0002_walls` runs it."""

from bangfu.access.session import GRANTED, wall
from bangfu.audit.triggers import keep_history, refuse_silent

FIXED = ("checkform", "plan", "sampled", "finding", "orderrecord")
KEPT = {"plan": "r.id::text", "finding": "r.id::text", "order": "r.id::text",
        "orderrecord": "r.order_id || '/' || r.seq"}  # fmt: skip
MINE = "SELECT id FROM inspection_sampled WHERE 'plan:' || plan_id = access_granted()"
CASES = "SELECT case_id FROM inspection_sampled WHERE 'plan:' || plan_id = access_granted()"
CHECKS = "SELECT 'check:' || id FROM inspection_sampled WHERE 'plan:' || plan_id = access_granted()"
# What a grant opens: (table, what for, rows). Nothing else of a walled table is seen under one.
OPENED = (
    ("inspection_plan", "SELECT", "'plan:' || id = access_granted()"),
    ("inspection_sampled", "SELECT", "'plan:' || plan_id = access_granted()"),
    ("inspection_finding", "SELECT", f"sampled_id IN ({MINE})"),
    ("inspection_finding", "INSERT", f"sampled_id IN ({MINE})"),
    ("procedures_case", "SELECT", f"id IN ({CASES})"),
    ("procedures_steprecord", "SELECT", f"case_id IN ({CASES})"),
    ("evidence_attachment", "SELECT", f"subject IN ({CHECKS})"),
    ("evidence_attachment", "INSERT", f"subject IN ({CHECKS})"),
    ("audit_change", "INSERT", "entity = 'finding'"),
    # An event is closed with a digest of its own changes, which it must be able to read.
    ("audit_change", "SELECT",
     "entity = 'finding' AND key IN (SELECT id::text FROM inspection_finding)"),
)


def _opened(table: str, verb: str, rows: str) -> str:
    how = "WITH CHECK" if verb == "INSERT" else "USING"
    return (
        f"CREATE POLICY {table}_granted_{verb.lower()} ON {table} FOR {verb}"
        f" TO {GRANTED} {how} ({rows});"
    )


def statements() -> str:
    """All of it as one script."""
    fixed = [
        f"CREATE TRIGGER inspection_{t}_fixed BEFORE UPDATE OR DELETE ON inspection_{t}"
        f" FOR EACH ROW EXECUTE FUNCTION audit_refuse();"
        for t in FIXED
    ]
    silent = [refuse_silent(f"inspection_{t}", "id") for t in (*FIXED, "order")]
    kept = [
        keep_history(f"inspection_{t}", t.replace("orderrecord", "order_record"), key,
                     "r.region_code", "id")
        for t, key in KEPT.items()
    ]  # fmt: skip
    walls = [wall(f"inspection_{t}", "region_code") for t in (*FIXED[1:], "order")]
    return "\n".join([*fixed, *silent, *kept, *walls, *(_opened(*o) for o in OPENED)])
