"""The command line as a person meets it: real processes."""

from __future__ import annotations

import socket
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import psycopg

from bangfu.config.postgres import EmbeddedServer
from tests.config.place import Place


def test_help_lists_the_commands_in_chinese_and_english(place: Place) -> None:
    told = place.run("--help")
    assert told.returncode == 0
    for name in ("serve", "worker", "migrate", "doctor", "backup", "restore", "audit", "key"):
        assert name in told.stdout


def test_doctor_finds_a_migrated_installation_fit(place: Place) -> None:
    told = place.run("doctor")
    assert "PostgreSQL 18" in told.stdout
    assert "数据库结构：已是最新" in told.stdout
    assert "数据密钥：已设置" in told.stdout
    assert "✘" not in told.stdout.replace("✘ 前端文件", "")
    english = place.run("--lang", "en", "doctor")
    assert "Migrations：up to date" in english.stdout


def test_doctor_names_what_is_bad_and_what_to_do(tmp_path: Path) -> None:
    told = Place(tmp_path / "var").run("doctor")
    assert told.returncode == 1
    assert "bangfu migrate" in told.stdout
    assert "bangfu key" in told.stdout


def test_doctor_says_when_the_database_does_not_answer(tmp_path: Path) -> None:
    away = "postgresql://nobody@127.0.0.1:1/none"
    told = Place(tmp_path / "var").run("doctor", DATABASE_URL=away)
    assert told.returncode == 1
    assert "DATABASE_URL" in told.stdout


def test_migrate_says_in_red_that_the_database_is_not_there(tmp_path: Path) -> None:
    told = Place(tmp_path / "var").run("migrate", DATABASE_URL="postgresql://x@127.0.0.1:1/none")
    assert told.returncode == 2
    assert "config.database_unreachable" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_misspelt_setting_is_refused_with_its_code(place: Place) -> None:
    told = place.run("doctor", BANGFU_PROT="1")
    assert told.returncode == 2
    assert "config.unknown_setting" in told.stderr
    assert "BANGFU_PROT" in told.stderr


def test_a_second_key_is_never_made(place: Place) -> None:
    before = (place.var / "key").read_text()
    assert place.run("key").returncode == 0
    assert (place.var / "key").read_text() == before
    assert (place.var / "key").stat().st_mode & 0o077 == 0


def test_audit_verify_accepts_an_untouched_chain(place: Place) -> None:
    told = place.run("--lang", "en", "audit", "verify")
    assert told.returncode == 0, told.stderr
    assert "The chain holds" in told.stdout


def test_serve_says_that_the_port_is_taken_and_offers_another(place: Place) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        told = place.run("serve", "--port", str(port))
    assert told.returncode == 2
    assert "config.port_taken" in told.stderr
    assert str(port) in told.stderr


def test_serve_refuses_a_database_that_is_not_migrated(tmp_path: Path) -> None:
    told = Place(tmp_path / "var").run("serve", "--port", "18999")
    assert told.returncode == 2
    assert "config.not_migrated" in told.stderr


def test_commands_on_policy_start_neither_django_nor_the_database() -> None:
    script = (
        "import sys; from bangfu.config.cli import main, policy;"
        "main.build(main._modules(['policy', 'test']));"
        "print([m for m in ('django', 'psycopg', 'pyarrow') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert told.stdout.strip() == "[]", told.stdout + told.stderr


def test_database_url_takes_the_place_of_the_embedded_server(place: Place, tmp_path: Path) -> None:
    elsewhere = Place(tmp_path / "var")
    uri = EmbeddedServer(place.var / "pg").uri()
    told = elsewhere.run("doctor", DATABASE_URL=uri)
    assert "数据库结构：已是最新" in told.stdout
    assert not (elsewhere.var / "pg").exists()


def test_the_demo_keeps_its_hands_off_data_that_is_not_its_own(place: Place) -> None:
    uri = EmbeddedServer(place.var / "pg").uri(user="postgres")
    with psycopg.connect(uri) as db:
        db.execute("ALTER TABLE registry_household DISABLE TRIGGER ALL")
        db.execute(
            "INSERT INTO registry_household (household_no, village_code)"
            " VALUES ('4512281012010001', '451228101201')"
        )
    try:
        for fresh in ([], ["--fresh"]):
            told = place.run("demo", "--no-serve", "--persons", "2000", *fresh)
            assert told.returncode == 2, told.stdout + told.stderr
            assert "config.not_a_demo" in told.stderr
    finally:
        with psycopg.connect(uri) as db:
            db.execute("DELETE FROM registry_household")
            db.execute("ALTER TABLE registry_household ENABLE TRIGGER ALL")


def test_snapshot_refuses_what_is_no_period(place: Place) -> None:
    told = place.run("snapshot", "--period", "2016-13")
    assert told.returncode == 2
    assert "YYYY-MM" in told.stderr


def test_every_command_is_where_the_list_of_homes_says() -> None:
    from bangfu.config.cli import main

    for name, home in main.HOMES.items():
        module = import_module(f"bangfu.config.cli.{home}")
        offered = set(getattr(module, "COMMANDS", {})) | (
            {home} if home in main.GROUPS and hasattr(module, "app") else set()
        )
        assert name in offered, name
