"""SQL of the row history: the trigger function, and attaching it to a table.

Called from migrations only. Statement-level triggers with transition tables, so that a
COPY of a million rows is kept as cheaply as one corrected cell.
"""

from __future__ import annotations

FUNCTIONS = """
CREATE SEQUENCE IF NOT EXISTS audit_event_no;

CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $f$
BEGIN
  RAISE EXCEPTION 'audit records are append-only' USING ERRCODE = 'insufficient_privilege';
END $f$;

CREATE TRIGGER audit_event_fixed BEFORE UPDATE OR DELETE ON audit_event
  FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_change_fixed BEFORE UPDATE OR DELETE ON audit_change
  FOR EACH ROW EXECUTE FUNCTION audit_refuse();

-- arguments: entity, key expression, region expression, primary key columns
CREATE OR REPLACE FUNCTION audit_keep() RETURNS trigger LANGUAGE plpgsql AS $f$
DECLARE
  ev bigint := nullif(current_setting('bangfu.event_id', true), '')::bigint;
  entity text := TG_ARGV[0];
  key_of text := TG_ARGV[1];
  region_of text := TG_ARGV[2];
  pk text := TG_ARGV[3];
BEGIN
  IF ev IS NULL THEN
    RAISE EXCEPTION 'write to % outside an audit event', TG_TABLE_NAME
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF TG_OP = 'INSERT' THEN
    EXECUTE format('INSERT INTO audit_change (event_id, at, entity, key, region_code, op)
      SELECT $1, now(), $2, %s, %s, ''insert'' FROM new_rows r', key_of, region_of)
      USING ev, entity;
  ELSIF TG_OP = 'DELETE' THEN
    EXECUTE format('INSERT INTO audit_change (event_id, at, entity, key, region_code, op, before)
      SELECT $1, now(), $2, %s, %s, ''delete'', to_jsonb(r) FROM old_rows r', key_of, region_of)
      USING ev, entity;
  ELSE
    EXECUTE format('INSERT INTO audit_change
        (event_id, at, entity, key, region_code, op, before, after)
      SELECT $1, now(), $2, %s, %s, ''update'', d.before, d.after
      FROM (SELECT r.*, to_jsonb(r) AS new_json_ FROM new_rows r) r
      JOIN (SELECT o.*, to_jsonb(o) AS old_json_ FROM old_rows o) o USING (%s)
      CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(a.key, a.value) AS before, jsonb_object_agg(b.key, b.value) AS after
        FROM jsonb_each(o.old_json_) a JOIN jsonb_each(r.new_json_) b USING (key)
        WHERE a.value IS DISTINCT FROM b.value) d
      WHERE d.before IS NOT NULL', key_of, region_of, pk)
      USING ev, entity;
  END IF;
  RETURN NULL;
END $f$;
"""


# TRUNCATE fires no row or transition trigger, and a changed key would leave the old key's
# history without an end; both are refused.
REFUSALS = """
CREATE OR REPLACE FUNCTION audit_refuse_silent() RETURNS trigger LANGUAGE plpgsql AS $f$
BEGIN
  RAISE EXCEPTION '% of % would leave no history', TG_ARGV[0], TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $f$;

CREATE TRIGGER audit_event_truncate BEFORE TRUNCATE ON audit_event
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_change_truncate BEFORE TRUNCATE ON audit_change
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""


def refuse_silent(table: str, pk: str) -> str:
    """SQL that refuses on `table` what the audit trigger cannot see: TRUNCATE, changed keys."""
    columns = [c.strip() for c in pk.split(",")]
    changed = " OR ".join(f"OLD.{c} IS DISTINCT FROM NEW.{c}" for c in columns)
    return (
        f"CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT"
        f" EXECUTE FUNCTION audit_refuse_silent('TRUNCATE');"
        f"CREATE TRIGGER {table}_rekey BEFORE UPDATE OF {pk} ON {table} FOR EACH ROW"
        f" WHEN ({changed}) EXECUTE FUNCTION audit_refuse_silent('a new key');"
    )


def keep_history(table: str, entity: str, key: str, region: str, pk: str) -> str:
    """SQL that puts `table` under the audit trigger.

    `key` and `region` are expressions over row `r`; `pk` the primary key columns, comma separated.
    """
    arguments = ", ".join("'" + a.replace("'", "''") + "'" for a in (entity, key, region, pk))
    return "\n".join(
        f"CREATE TRIGGER {table}_kept_{op.lower()} AFTER {op} ON {table} REFERENCING {rows} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION audit_keep({arguments});"
        for op, rows in (
            ("INSERT", "NEW TABLE AS new_rows"),
            ("UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
            ("DELETE", "OLD TABLE AS old_rows"),
        )
    )
