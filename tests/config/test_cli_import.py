"""`bangfu import` as a person meets it: report, exit code, marked file, apply."""

from __future__ import annotations

import io

from openpyxl import load_workbook

from tests.collect.files import head, home, xlsx
from tests.config.place import Place

# A village of Hechi as the project's own data file has it.
HOME = "451202001011000001"


def test_import_from_template_to_registry(place: Place) -> None:
    folder = place.var.parent
    assert place.run("import-template", "模板.xlsx").returncode == 0
    assert "户信息" in load_workbook(folder / "模板.xlsx").sheetnames
    empty = place.run("import", "模板.xlsx", "--registry")
    assert empty.returncode == 2
    assert "collect.empty_file" in empty.stderr

    wrong = [home(HOME), home(f"{HOME[:12]}000002", dwelling_area=-5)]
    (folder / "a.xlsx").write_bytes(xlsx(wrong, [head(HOME)]))
    told = place.run("import", "a.xlsx", "--registry", "--year", "2016")
    assert told.returncode == 1, told.stdout + told.stderr
    assert "应在 0 至 2,000 之间" in told.stdout
    assert "没有写入任何数据" in told.stdout
    book = load_workbook(io.BytesIO((folder / "a-错误标注.xlsx").read_bytes()))
    assert book["户信息"]["D3"].value.startswith("【住房面积")
    refused = place.run("import", "a.xlsx", "--registry", "--year", "2016", "--apply")
    assert refused.returncode == 1
    assert "没有写入任何数据" in refused.stdout
    done = place.run("import", "a.xlsx", "--registry", "--year", "2016", "--apply", "--only-valid")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "已导入" in done.stdout
    again = place.run("import", "a.xlsx", "--registry", "--year", "2016", "--apply", "--only-valid",
                      "--no-report")  # fmt: skip
    assert again.returncode == 0
    assert "没有需要写入的变化" in again.stdout


def test_import_refuses_what_it_cannot_do(place: Place) -> None:
    assert place.run("import", "none.xlsx", "--registry").returncode == 2
    (place.var.parent / "b.xlsx").write_bytes(xlsx([home(HOME)])[:-500])
    told = place.run("import", "b.xlsx", "--registry")
    assert told.returncode == 2
    assert "collect.damaged" in told.stderr
    assert "Traceback" not in told.stderr
    assert place.run("import", "b.xlsx").returncode == 2
    nobody = place.run("import", "b.xlsx", "--registry", "--user", "nobody")
    assert nobody.returncode == 2
