"""SQL that turns the text of a cell into a typed value, or into the code of its fault.

One expression per field, made from the dictionary; DuckDB evaluates it over whole columns.
`t` below is always the cell's text without surrounding blanks, NULL when there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

from bangfu.collect import rules
from bangfu.collect.nations import NATIONS
from bangfu.collect.reading import MARK
from bangfu.dictionary import Field

BLANKS = " \t\r\n\u3000\u00a0\ufeff\u200b"
CLEAR = ("（清空）", "(清空)")
KEYS = ("household_no", "person_no", "village_code")
_YES = ("是", "有", "Y", "y", "yes", "true", "TRUE", "True", "1", "√", "t")
_NO = ("否", "无", "N", "n", "no", "false", "FALSE", "False", "0", "×", "f")
_REFERENCES = ("father_no", "mother_no", "spouse_no")

MACROS = """
CREATE MACRO half(t) AS translate(t, '０１２３４５６７８９．－，Ｘｘ', '0123456789.-,XX');
CREATE MACRO as_number(t) AS
  CASE WHEN regexp_full_match(t, '[+-]?[0-9]{1,13}(\\.[0-9]{1,2}0*)?') THEN CAST(t AS DECIMAL(18,2))
       WHEN regexp_full_match(half(t), '[+-]?([0-9]{1,13}|[0-9]{1,3}(,[0-9]{3})+)(\\.[0-9]{0,2}0*)?')
       THEN TRY_CAST(replace(half(t), ',', '') AS DECIMAL(18,2)) END;
CREATE MACRO as_date(t) AS
  CASE WHEN regexp_full_match(t, '[0-9]{4}-[0-9]{2}-[0-9]{2}') THEN TRY_CAST(t AS DATE)
       WHEN regexp_full_match(t, '[0-9]{8}')
       THEN TRY_CAST(t[1:4] || '-' || t[5:6] || '-' || t[7:8] AS DATE)
       WHEN regexp_full_match(t, '[2-6][0-9]{4}') THEN DATE '1899-12-30' + CAST(t AS INTEGER)
       ELSE TRY_CAST(regexp_replace(regexp_extract(half(t),
         '^([0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2})日?( 0?0:00(:00)?)?$', 1),
         '[/.年月]', '-', 'g') AS DATE) END;
CREATE MACRO id_text(t) AS upper(half(t));
CREATE MACRO id_birth_of(t) AS TRY_CAST(t[7:10] || '-' || t[11:12] || '-' || t[13:14] AS DATE);
CREATE MACRO id_digit(t, n) AS ascii(substr(t, n, 1)) - 48;
CREATE MACRO id_sum(t) AS (
  id_digit(t,1)*7 + id_digit(t,2)*9 + id_digit(t,3)*10 + id_digit(t,4)*5 + id_digit(t,5)*8
  + id_digit(t,6)*4 + id_digit(t,7)*2 + id_digit(t,8) + id_digit(t,9)*6 + id_digit(t,10)*3
  + id_digit(t,11)*7 + id_digit(t,12)*9 + id_digit(t,13)*10 + id_digit(t,14)*5
  + id_digit(t,15)*8 + id_digit(t,16)*4 + id_digit(t,17)*2);
CREATE MACRO id_fault(t) AS
  CASE WHEN NOT regexp_full_match(t, '[0-9]{17}[0-9X]') THEN 'id_form'
       WHEN id_birth_of(t) IS NULL THEN 'id_date'
       WHEN substr('10X98765432', CAST(id_sum(t) % 11 AS INTEGER) + 1, 1) <> substr(t, 18, 1)
       THEN 'id_check' END;
"""


@dataclass(frozen=True)
class Cell:
    """Expressions over column `t` of one field: its value, and its fault's code (or NULL)."""

    value: str
    fault: str


def quoted(text: str) -> str:
    """A text literal."""
    return "'" + text.replace("'", "''") + "'"


def listed(texts: tuple[str, ...]) -> str:
    """Text literals with commas."""
    return ", ".join(quoted(t) for t in texts)


def trimmed(column: str) -> str:
    """The cell's text without surrounding blanks, NULL when nothing is left."""
    return f"nullif(trim({column}, {quoted(BLANKS)}), '')"


def _labels(field: Field) -> list[tuple[str, str]]:
    pairs = [(label, code) for label, code in zip(field.zh_values, field.codes, strict=False)]
    return pairs + [(code, code) for code in field.codes if (code, code) not in pairs]


def _code(field: Field, t: str) -> str:
    arms = " ".join(f"WHEN {quoted(label)} THEN {quoted(code)}" for label, code in _labels(field))
    return f"CASE {t} {arms} END"


def _value(field: Field, t: str) -> str:
    match field.type:
        case "int":
            return f"CASE WHEN as_number({t}) % 1 = 0 THEN TRY_CAST(as_number({t}) AS INTEGER) END"
        case "decimal":
            return f"as_number({t})"
        case "bool":
            return f"CASE WHEN {t} IN ({listed(_YES)}) THEN true WHEN {t} IN ({listed(_NO)}) THEN false END"
        case "date":
            return f"as_date({t})"
        case "code":
            return _code(field, t)
        case "codes":
            arms = _code(field, "trim(x)")
            parts = f"string_split_regex({t}, '[、,，;；|/ ]+')"
            return f"list_transform({parts}, lambda x: {arms})"
    if field.name == "id_number":
        return f"id_text({t})"
    if field.name in ("phone", "bank_account"):
        return f"regexp_replace(half({t}), '[ ]', '', 'g')"
    if field.name in KEYS or field.name in _REFERENCES:
        return f"half({t})"
    if field.name == "ethnicity":
        arms = " ".join(f"WHEN {quoted(k)} THEN {quoted(v)}" for k, v in NATIONS.items())
        return f"CASE {t} {arms} END"
    return t


def _fault(field: Field, t: str, v: str) -> str:
    """Code of the fault of a cell that is neither blank nor to be cleared, else NULL."""
    match field.type:
        case "int" | "decimal":
            arms = f"WHEN {v} IS NULL THEN {_number_fault(field, t)}"
            if pair := rules.limits(field):
                arms += f" WHEN {v} NOT BETWEEN {pair[0]} AND {pair[1]} THEN 'out_of_range'"
            return f"CASE {arms} END"
        case "bool" | "date" | "code":
            return f"CASE WHEN {v} IS NULL THEN 'not_{field.type}' END"
        case "codes":
            return f"CASE WHEN list_contains(list_transform({v}, lambda x: x IS NULL), true) THEN 'not_code' END"
    general = (
        f"WHEN length({t}) > 200 THEN 'too_long' WHEN {t}[1] IN ('=', '+', '@') THEN 'formula_text'"
        f" WHEN regexp_matches({t}, '[\\x00-\\x08\\x0b-\\x1f\\x7f]') THEN 'control'"
    )
    return f"CASE {_text_fault(field.name, t, v) or general} END"


def _number_fault(field: Field, t: str) -> str:
    arms = ""
    if field.type == "int":
        arms = f"WHEN as_number({t}) IS NOT NULL THEN 'not_whole' "
    arms += f"WHEN regexp_full_match(half({t}), '[+-]?[0-9,]+\\.[0-9]+') THEN 'decimal_places' "
    return f"CASE {arms} ELSE 'not_number' END"


def _text_fault(name: str, t: str, v: str) -> str:
    lost = f"WHEN regexp_full_match({t}, '[0-9.]+E\\+[0-9]+') THEN 'digits_lost' "
    if name == "id_number":
        return f"{lost} WHEN true THEN id_fault({v})"
    forms = {
        "household_no": ("[0-9]{18}", "household_form"),
        "person_no": ("[0-9]{20}", "person_form"),
        "village_code": ("[0-9]{12}", "village_form"),
        "phone": ("1[0-9]{10}|0[0-9]{2,3}-?[0-9]{7,8}", "phone_form"),
        "bank_account": ("[0-9]{8,30}", "account_form"),
    } | dict.fromkeys(_REFERENCES, ("[0-9]{20}", "person_form"))
    if name in forms:
        pattern, code = forms[name]
        return f"{lost} WHEN NOT regexp_full_match({v}, '{pattern}') THEN '{code}'"
    if name == "ethnicity":
        return f"WHEN {v} IS NULL THEN 'ethnicity_form'"
    if name == "name":
        return (
            f"WHEN {t}[1] IN ('=', '+', '@') THEN 'formula_text' WHEN length({t}) > 200 THEN 'too_long'"
            f" WHEN regexp_matches({t}, '[\\x00-\\x08\\x0b-\\x1f\\x7f]') THEN 'control'"
            f" WHEN NOT regexp_full_match({t}, '[\\p{{Han}}·•．\\.〇]{{2,30}}') THEN 'name_form'"
        )
    return ""


def cell(field: Field, t: str, v: str) -> Cell:
    """Expressions for `field`: value from text column `t`; fault from `t` and value column `v`."""
    fault = (
        f"CASE WHEN {t} IS NULL THEN NULL WHEN {t}[1] = {quoted(MARK)}"
        f" THEN CASE WHEN {t} = {quoted(MARK + '=')} THEN 'formula' ELSE 'cell_error' END"
    )
    if field.name in KEYS:
        fault += f" WHEN {t} IN ({listed(CLEAR)}) THEN 'key_cleared'"
    else:
        fault += f" WHEN {t} IN ({listed(CLEAR)}) THEN NULL"
    return Cell(_value(field, t), f"{fault} ELSE {_fault(field, t, v)} END")
