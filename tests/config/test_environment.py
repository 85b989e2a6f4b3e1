"""Settings: declared once, read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangfu.config.environment import Environment, describe
from bangfu.kernel.problems import Problem


def test_defaults_serve_a_demo_on_the_local_machine() -> None:
    env = Environment.read({})
    assert (env.host, env.port, env.persons) == ("127.0.0.1", 8000, 20000)
    assert env.database_url == ""
    assert env.https is False


def test_a_misspelt_name_stops_the_start_and_lists_the_known_ones() -> None:
    with pytest.raises(Problem) as caught:
        Environment.read({"BANGFU_VRA": "/srv/bangfu"})
    assert caught.value.code == "config.unknown_setting"
    assert "BANGFU_VRA" in caught.value.message()
    assert "BANGFU_VAR" in caught.value.advice()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("PERSONS", "0"),
        ("PERSONS", "20,000"),
        ("DATABASE_URL", "mysql://localhost/bangfu"),
        ("BANGFU_HTTPS", "maybe"),
        ("BANGFU_LANG", "fr"),
        ("BANGFU_LOG_LEVEL", "LOUD"),
        ("BANGFU_VAR", ""),
    ],
)
def test_a_wrong_value_stops_the_start_and_names_the_setting(name: str, value: str) -> None:
    with pytest.raises(Problem) as caught:
        Environment.read({name: value})
    assert caught.value.code == "config.wrong_setting"
    assert name in caught.value.message("en")


def test_a_short_key_is_refused_and_not_repeated() -> None:
    with pytest.raises(Problem) as caught:
        Environment.read({"BANGFU_KEY": "hunter2"})
    assert caught.value.code == "config.wrong_setting"
    assert "hunter2" not in str(caught.value.as_dict("en"))


def test_an_empty_port_from_make_means_the_default() -> None:
    assert Environment.read({"PORT": "", "PERSONS": ""}).port == 8000


def test_names_of_other_programs_are_left_alone() -> None:
    Environment.read({"PATH": "/bin", "PGHOST": "elsewhere", "DJANGO_SETTINGS_MODULE": "x"})


def test_the_key_comes_from_the_environment_before_the_file(tmp_path: Path) -> None:
    filed, given = "f" * 40, "g" * 40
    (tmp_path / "key").write_text(filed + "\n")
    source = {"BANGFU_VAR": str(tmp_path)}
    assert Environment.read(source).secret() == filed
    assert Environment.read(source | {"BANGFU_KEY": given}).secret() == given
    (tmp_path / "key").unlink()
    assert Environment.read(source).secret() == ""


def test_every_setting_says_what_it_is_for() -> None:
    for name, _default, expected, about in describe():
        assert expected, name
        assert about, name
