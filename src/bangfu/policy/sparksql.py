"""The compiled program in Spark's SQL: the same statements, exactly the same values.

sqlglot prints DuckDB's SQL as Spark's; what follows are the places where the two agree on
the words and not on the number:

    CAST(decimal AS BIGINT)   DuckDB rounds half away from zero, Spark cuts off
    SIGN(x)                   an integer in DuckDB, a DOUBLE in Spark
    HUGEINT                   Spark's widest whole number is DECIMAL(38,0)
    ARRAY_CONTAINS            over a list that holds NULL: FALSE in DuckDB, NULL in Spark
    NOT MATERIALIZED          a hint that Spark does not know

With ANSI mode on and decimals that keep their scale (`SETTINGS`) the rest is the same: sums,
products, comparisons, truncated `//` and `%`, dates, three-valued logic. A function that is
not in `PROVEN` is refused, so that a new one is looked at before Spark computes with it.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import sqlglot
from sqlglot import exp

from bangfu import dictionary
from bangfu.lake import Snapshot
from bangfu.policy import problems
from bangfu.policy.script import Script
from bangfu.policy.views import view_of

SETTINGS = {
    # Overflow, bad casts and indexes beyond a list are errors, as in DuckDB.
    "spark.sql.ansi.enabled": "true",
    # Never round a product or quotient to make room: too many digits is an error.
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.writeLegacyFormat": "false",
    "spark.sql.session.timeZone": "Asia/Shanghai",
}
PROVEN: tuple[type[exp.Expr], ...] = (
    exp.Abs, exp.And, exp.Array, exp.ArrayContains, exp.ArrayFilter, exp.Case, exp.Cast, exp.Ceil,
    exp.Coalesce, exp.Count, exp.CountIf, exp.Day, exp.Exists, exp.Floor, exp.Greatest, exp.If,
    exp.Least, exp.Left, exp.LogicalAnd, exp.LogicalOr, exp.Max, exp.Min, exp.Month, exp.Nullif,
    exp.Or, exp.Round, exp.Sign, exp.StartsWith, exp.Struct, exp.Sum, exp.TsOrDsToDate, exp.Xor,
    exp.Year,
)  # fmt: skip
_WHOLE = {
    exp.DataType.Type.TINYINT, exp.DataType.Type.SMALLINT, exp.DataType.Type.INT,
    exp.DataType.Type.BIGINT,
}  # fmt: skip
_ROUNDED = (exp.Floor, exp.Ceil, exp.Count, exp.CountIf, exp.Literal, exp.Null, exp.Year,
            exp.Month, exp.Day)  # fmt: skip


def to_spark(sql: str) -> str:
    """A SELECT of the program in Spark SQL. Raises SPARK_UNPROVEN for what is not known to
    give the same values."""
    return _translated(sqlglot.parse_one(sql, read="duckdb"))


def source_sql(view: str, table: str | None) -> str:
    """The SELECT of a `src_` view (`views.view_of`), reading `table` in place of the files."""
    tree = sqlglot.parse_one(view, read="duckdb")
    if table is not None and isinstance(tree, exp.Select):
        tree = tree.from_(table)
    return _translated(tree)


def _translated(tree: exp.Expr) -> str:
    for node in reversed(list(tree.walk())):  # leaves first, so that a replaced node is done
        _refuse(node)
        _adapt(node)
    return tree.sql("spark")


def _refuse(node: exp.Expr) -> None:
    unknown = isinstance(node, exp.Func) and not isinstance(node, PROVEN)
    if unknown or isinstance(node, exp.Div | exp.TryCast | exp.Window):
        raise problems.SPARK_UNPROVEN(what=node.sql("duckdb")[:200])


def _adapt(node: exp.Expr) -> None:
    """Rewrite one node in place where the dialects differ in value."""
    match node:
        case exp.CTE():
            node.set("materialized", None)
        case exp.Sign():
            node.replace(exp.Cast(this=node.copy(), to=exp.DataType.build("INT")))
        case exp.Cast():
            kind = node.to.this
            if kind == exp.DataType.Type.INT128:
                node.set("to", exp.DataType.build("DECIMAL(38,0)"))
            elif kind in _WHOLE and not isinstance(node.this, _ROUNDED):
                node.set("this", exp.Round(this=node.this, decimals=exp.Literal.number(0)))
        case exp.ArrayContains():
            node.replace(_contains(node))


def _contains(node: exp.ArrayContains) -> exp.Expr:
    """Whether a list holds a value: unknown when either is, whatever else the list holds."""
    if isinstance(node.this, exp.Array) and all(
        isinstance(option, exp.Literal) for option in node.this.expressions
    ):
        return exp.Paren(
            this=exp.In(this=exp.Paren(this=node.expression), expressions=node.this.expressions)
        )
    known = [
        exp.Not(this=exp.Is(this=exp.Paren(this=part.copy()), expression=exp.Null()))
        for part in (node.this, node.expression)
        if not isinstance(part, exp.Literal)
    ]
    found = exp.Coalesce(this=node.copy(), expressions=[exp.false()])
    return exp.Case(ifs=[exp.If(this=exp.and_(*known), true=found)])


# --- types -----------------------------------------------------------------------------------


def output_types(script: Script, snapshot: Snapshot) -> dict[str, list[tuple[str, str]]]:
    """Columns and Spark types of every output: what DuckDB itself finds them to be.

    The program is run over no rows at all, so Spark's own widths never reach a file.
    """
    with duckdb.connect() as database:
        for entity in dictionary.ENTITIES:
            database.execute(
                f"CREATE TEMP VIEW src_{entity} AS {view_of(snapshot, entity, (), ())}"
            )
        for name, sql in script.statements:
            database.execute(f"CREATE TEMP TABLE {name} AS {sql}")
        return {t: _described(database, select) for t, select in script.outputs.items()}


def _described(database: duckdb.DuckDBPyConnection, select: str) -> list[tuple[str, str]]:
    rows = database.execute(f"DESCRIBE ({select})").fetchall()
    # Parquet has no integer of 128 bits: DuckDB writes those of the wide program as DOUBLE.
    return [(str(n), "DOUBLE" if t == "HUGEINT" else spark_type(str(t))) for n, t, *_ in rows]


def spark_type(duckdb_type: str) -> str:
    """Spark's name of a DuckDB type that a findings file may hold. Raises SPARK_UNPROVEN."""
    if duckdb_type.endswith("[]"):
        return f"ARRAY<{spark_type(duckdb_type[:-2])}>"
    if duckdb_type.startswith("DECIMAL("):
        return duckdb_type
    simple = {"VARCHAR": "STRING", "INTEGER": "INT", "BOOLEAN": "BOOLEAN", "BIGINT": "BIGINT",
              "DATE": "DATE", "SMALLINT": "SMALLINT", "TINYINT": "TINYINT"}  # fmt: skip
    if duckdb_type not in simple:
        raise problems.SPARK_UNPROVEN(what=duckdb_type)
    return simple[duckdb_type]


def quoted(name: str) -> str:
    """A Spark identifier."""
    return "`" + name.replace("`", "``") + "`"


def output_sql(select: str, columns: list[tuple[str, str]]) -> str:
    """An output in Spark SQL, its columns cast to what DuckDB would write."""
    tree = sqlglot.parse_one(to_spark(select), read="spark")
    if isinstance(tree, exp.Union) and (whole := _one_scan(tree, columns)):
        return whole
    cast = ", ".join(f"CAST({quoted(name)} AS {kind}) AS {quoted(name)}" for name, kind in columns)
    return f"SELECT {cast} FROM ({tree.sql('spark')})"


def _one_scan(union: exp.Union, columns: list[tuple[str, str]]) -> str | None:
    """UNION ALL of a row per rule, as one reading of each table with a list of rows.

    Spark would read a table once per rule, each time in as many tasks as it has parts.
    None when a part is more than columns, a table and a condition.
    """
    by_table: dict[str, list[str]] = {}
    for select in _parts(union):
        if select is None or set(_used(select)) - {"expressions", "from_", "from", "where"}:
            return None
        source = select.find(exp.From)
        if source is None or not isinstance(source.this, exp.Table):
            return None
        values = zip(select.selects, columns, strict=True)
        fields = ", ".join(
            f"CAST({value.unalias().sql('spark')} AS {kind}) AS {quoted(name)}"
            for value, (name, kind) in values
        )
        where = select.args.get("where")
        row = f"STRUCT({fields})"
        if where is not None:
            row = f"CASE WHEN {where.this.sql('spark')} THEN {row} END"
        by_table.setdefault(source.this.sql("spark"), []).append(row)
    return " UNION ALL ".join(
        f"SELECT INLINE(FILTER(ARRAY({', '.join(rows)}), x -> x IS NOT NULL)) FROM {table}"
        for table, rows in by_table.items()
    )


def _parts(union: exp.Expr) -> Iterator[exp.Select | None]:
    """The SELECTs of a UNION ALL; None for anything else in it."""
    waiting: list[exp.Expr] = [union]
    while waiting:
        node = waiting.pop()
        if isinstance(node, exp.Union) and not node.args.get("distinct"):
            waiting += [node.expression, node.this]
        else:
            yield node if isinstance(node, exp.Select) else None


def _used(select: exp.Select) -> list[str]:
    return [name for name, value in select.args.items() if value]
