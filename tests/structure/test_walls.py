"""The walls between rooms: imports, foreign keys, indexes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

ROOT = Path(__file__).resolve().parents[2]
# Bottom to top; a table may point only to its own room or to one that stands lower.
STOREYS = (
    {"audit"}, {"access"}, {"jobs"}, {"registry", "evidence"}, {"findings"}, {"programmes"},
    {"procedures"}, {"collect", "exchange", "figures", "documents", "inspection"}, {"web"},
)  # fmt: skip


def _storey(label: str) -> int:
    return next((n for n, rooms in enumerate(STOREYS) if label in rooms), -1)


def _room(model: type[models.Model]) -> str:
    module = model.__module__.split(".")
    return module[1] if module[0] == "bangfu" else ""


def _ours() -> list[type[models.Model]]:
    return [m for m in apps.get_models(include_auto_created=True) if _room(m)]


def _foreign_keys() -> list[Any]:
    return [
        field
        for model in _ours()
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey)
    ]


def test_imports_go_down_only() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONWARNINGS": "ignore"},
    )
    assert told.returncode == 0, told.stdout + told.stderr


def test_packs_are_read_checked_and_compiled_without_django() -> None:
    """What the import graph does not show: a package's own `__init__` is loaded too."""
    asked = (
        "import sys; from bangfu import policy; import bangfu.policy.procedures.checking;"
        "import bangfu.policy.documents; policy.check('hechi');"
        "print(sorted({'django', 'psycopg'} & set(sys.modules)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    assert told.stdout.strip() == "[]", told.stdout + told.stderr


def test_foreign_keys_point_down_only() -> None:
    wrong = [
        f"{field.model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for field in _foreign_keys()
        if _room(field.related_model)
        and _storey(_room(field.model)) < _storey(_room(field.related_model))
    ]
    assert not wrong


def test_rooms_on_one_floor_do_not_point_at_each_other() -> None:
    wrong = [
        f"{field.model._meta.label}.{field.name}"
        for field in _foreign_keys()
        if (there := _room(field.related_model))
        and there != (here := _room(field.model))
        and _storey(here) == _storey(there)
    ]
    assert not wrong


@pytest.mark.django_db
def test_every_foreign_key_is_indexed() -> None:
    """Asked of the database itself, since migrations may make tables and indexes in SQL."""
    bare: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT con.conrelid::regclass::text, att.attname
            FROM pg_constraint con
            JOIN pg_attribute att ON att.attrelid = con.conrelid AND att.attnum = con.conkey[1]
            WHERE con.contype = 'f' AND con.connamespace = 'public'::regnamespace
              AND NOT EXISTS (
                SELECT 1 FROM pg_index ix
                WHERE ix.indrelid = con.conrelid AND ix.indkey[0] = con.conkey[1]
                  AND ix.indpred IS NULL)
            """
        )
        bare = [f"{table}.{column}" for table, column in cursor.fetchall()]
    assert not bare


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
