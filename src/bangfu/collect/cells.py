"""SQL that turns the text of a cell into a typed value, or into the code of its fault.

One expression per field, made from the dictionary; DuckDB evaluates it over whole columns.
`t` below is always the cell's text without surrounding blanks, NULL when there is none; `fits`
says that a text of fixed form has it already.
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
_CONTROL = "[\\x00-\\x08\\x0b-\\x1f\\x7f]"
# Text fields whose form is fixed: pattern, and the fault's code where it does not fit.
FORMS = {
    "household_no": ("[0-9]{18}", "household_form"),
    "person_no": ("[0-9]{20}", "person_form"),
    "village_code": ("[0-9]{12}", "village_form"),
    "father_no": ("[0-9]{20}", "person_form"),
    "mother_no": ("[0-9]{20}", "person_form"),
    "spouse_no": ("[0-9]{20}", "person_form"),
    "id_number": ("[0-9]{17}[0-9X]", "id_form"),
    "phone": ("1[0-9]{10}|0[0-9]{2,3}-?[0-9]{7,8}", "phone_form"),
    "bank_account": ("[0-9]{8,30}", "account_form"),
    "name": ("[\\p{Han}·•.〇]{2,30}", "name_form"),
}

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
CREATE MACRO id_birth_of(t) AS TRY_CAST(
  substr(t, 7, 4) || '-' || substr(t, 11, 2) || '-' || substr(t, 13, 2) AS DATE);
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


def fits(field: Field, column: str) -> str:
    """Whether a text has the field's fixed form as it stands: then it is neither trimmed nor
    looked at again, which is what most cells are spared by. False where no form is fixed."""
    if field.name not in FORMS:
        return "false"
    return f"coalesce(regexp_full_match({column}, {quoted(FORMS[field.name][0])}), false)"


def _labels(field: Field) -> list[tuple[str, str]]:
    pairs = list(zip(field.zh_values, field.codes, strict=False))
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
            return (
                f"CASE WHEN {t} IN ({listed(_YES)}) THEN true"
                f" WHEN {t} IN ({listed(_NO)}) THEN false END"
            )
        case "date":
            return f"as_date({t})"
        case "code":
            return _code(field, t)
        case "codes":
            parts = f"string_split_regex({t}, '[、,，;；|/ ]+')"
            return f"list_transform({parts}, lambda x: {_code(field, 'trim(x)')})"
    if field.name == "ethnicity":
        arms = " ".join(f"WHEN {quoted(k)} THEN {quoted(v)}" for k, v in NATIONS.items())
        return f"CASE {t} {arms} END"
    if field.name not in FORMS or field.name == "name":
        return t
    form = quoted(FORMS[field.name][0])
    mended = f"replace(upper(half({t})), ' ', '')"
    return f"CASE WHEN fits THEN {t} WHEN regexp_full_match({mended}, {form}) THEN {mended} END"


def _fault(field: Field, t: str, v: str) -> str:
    """Arms of the fault of a cell that is neither blank nor to be cleared."""
    match field.type:
        case "int" | "decimal":
            arms = f"WHEN {v} IS NULL THEN {_number_fault(field, t)}"
            if pair := rules.limits(field):
                arms += f" WHEN {v} NOT BETWEEN {pair[0]} AND {pair[1]} THEN 'out_of_range'"
            return arms
        case "bool" | "date" | "code":
            return f"WHEN {v} IS NULL THEN 'not_{field.type}'"
        case "codes":
            unknown = f"list_contains(list_transform({v}, lambda x: x IS NULL), true)"
            return f"WHEN {unknown} THEN 'not_code'"
    if field.name == "ethnicity":
        return f"WHEN {v} IS NULL THEN 'ethnicity_form'"
    hostile = (
        f"WHEN left({t}, 1) IN ('=', '+', '@') THEN 'formula_text'"
        f" WHEN length({t}) > 200 THEN 'too_long'"
        f" WHEN regexp_matches({t}, {quoted(_CONTROL)}) THEN 'control'"
    )
    if field.name == "name":
        form = f"regexp_full_match({t}, {quoted(FORMS['name'][0])})"  # after trimming
        return f"WHEN {form} THEN NULL {hostile} WHEN true THEN 'name_form'"
    if field.name not in FORMS:
        return hostile
    lost = f"regexp_full_match({t}, '[0-9.]+E\\+[0-9]+')"
    return (
        f"WHEN {v} IS NOT NULL THEN NULL WHEN {lost} THEN 'digits_lost'"
        f" WHEN true THEN '{FORMS[field.name][1]}'"
    )


def _number_fault(field: Field, t: str) -> str:
    arms = ""
    if field.type == "int":
        arms = f"WHEN as_number({t}) IS NOT NULL THEN 'not_whole' "
    places = f"regexp_full_match(half({t}), '[+-]?[0-9,]+\\.[0-9]+')"
    return f"CASE {arms}WHEN {places} THEN 'decimal_places' ELSE 'not_number' END"


def cell(field: Field, t: str, v: str) -> Cell:
    """Expressions for `field`: value from text column `t`; fault from `t` and value column `v`."""
    marked = (
        f"WHEN left({t}, 1) = {quoted(MARK)}"
        f" THEN CASE WHEN {t} = {quoted(MARK + '=')} THEN 'formula' ELSE 'cell_error' END"
    )
    clear = "'key_cleared'" if field.name in KEYS else "NULL"
    fault = (
        f"CASE WHEN {t} IS NULL THEN NULL {marked} WHEN {t} IN ({listed(CLEAR)}) THEN {clear}"
        f" {_fault(field, t, v)} END"
    )
    return Cell(_value(field, t), fault)
