"""The annexes as Word files, read back as an office reads them."""

from __future__ import annotations

import io
import resource
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from docx.shared import Mm

from bangfu import policy
from bangfu.documents import html, word
from bangfu.documents.paper import papers
from bangfu.policy.documents.checking import check, load
from bangfu.policy.documents.definition import Document
from bangfu.policy.documents.filling import Finding, Values
from bangfu.policy.procedures.library import procedures
from bangfu.policy.reader import Reader

TEXTS = {
    "city": "河池市", "county": "都安瑶族自治县", "township": "高岭镇", "village": "定福村",
    "hamlet": "拉屯", "head": "韦大明", "size": "4", "year": "2016", "households": "41",
    "persons": "160", "notice.days": "3", "household.net_income_per_capita": "3120.50",
}  # fmt: skip
FINDINGS = {
    "income_source": Finding("met", "", "met"),
    "housing": Finding("not_met", "人均12平方米", "not_met"),
    "medical": Finding("", "", "undecided"),
}
ROSTER = [{"group": "1组", "head": "韦*明", "size": "3"} for _ in range(41)]


@pytest.fixture(scope="module")
def known() -> dict[str, Document]:
    """The documents of the Hechi pack."""
    return load(policy.load_pack("hechi"))


def made(known: dict[str, Document], name: str, values: Values | None = None) -> Any:
    """A document read back from its Word file."""
    out = io.BytesIO()
    each = [values or Values(TEXTS, FINDINGS, ROSTER)]
    word.write(out, papers(known[name], known, each), name)
    out.seek(0)
    return docx.Document(out)


def text_of(document: Any) -> str:
    """Every paragraph outside tables."""
    return "\n".join(p.text for p in document.paragraphs)


def test_all_annexes_are_there(known: dict[str, Document]) -> None:
    assert [d.no for d in known.values()] == [
        "附件1", "附件2－1", "附件2", "附件3－1", "附件3", "附件4", "附件5", "附件6", "附件7",
    ]  # fmt: skip
    copies = {d.no: d.copies for d in known.values()}
    assert copies == {"附件1": 5, "附件2": 3, "附件2－1": 3, "附件3": 3, "附件3－1": 3,
                      "附件4": 4, "附件5": 3, "附件6": 4, "附件7": 3}  # fmt: skip
    for document in known.values():
        assert len(document.holders) == document.copies
        assert document.cite.line


def test_annex_1_looks_like_the_form(known: dict[str, Document]) -> None:
    form = made(known, "annex-1")
    section = form.sections[0]
    assert abs(section.page_width - Mm(210)) < Mm(0.1)
    assert abs(section.page_height - Mm(297)) < Mm(0.1)
    head = text_of(form)
    assert "贫困户脱贫摘帽“双认定”验收表" in head
    assert "都安瑶族自治县" in head
    assert "户主： 韦大明 " in head
    assert "一式5份，脱贫户、帮扶联系人、村委会、乡镇人民政府、县（市、区）扶贫办各执1份" in head
    (table,) = form.tables
    assert [c.text for c in table.rows[0].cells] == ["序号", "脱贫指标", "验收标准", "认定情况"]
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    indicators = [row.cells[1].text for row in table.rows[1:10]]
    assert indicators[0] == "有收入来源"
    assert indicators[-1] == "年人均纯收入超过国家扶贫标准"
    assert "达标☑，未达标□" in table.rows[1].cells[3].text
    assert "数据比对：达标" in table.rows[1].cells[3].text
    assert (
        "达标□，未达标☑　数据比对：未达标\n（原因：人均12平方米）。" in table.rows[2].cells[3].text
    )
    assert "达标□，未达标□" in table.rows[3].cells[3].text
    assert "数据比对：待定" in table.rows[3].cells[3].text
    assert "3120.50" in table.rows[9].cells[3].text
    opinions = [row.cells[0].text for row in table.rows[10:]]
    assert opinions == ["双认定意见", "行政村评议意见", "乡镇审核意见", "县（市、区）审定意见"]
    signs = table.rows[10].cells[-1].text
    assert all(s in signs for s in ("户主签名", "帮扶联系人签名", "验收人签名（两人以上）", "年"))


def test_notice_is_an_official_letter_with_its_list(known: dict[str, Document]) -> None:
    notice = made(known, "annex-2")
    letter, rest = notice.sections[0], notice.sections[1]
    for got, want in ((letter.top_margin, 37), (letter.left_margin, 28), (letter.right_margin, 26)):
        assert abs(got - Mm(want)) < Mm(0.1)
    assert rest.top_margin < letter.top_margin
    words = text_of(notice)
    assert "定福村有41户（160人）" in words
    assert "公示期3天" in words
    assert "高岭镇人民政府（盖章）" in words
    fonts = {s.name: s.element.rPr.rFonts.get(qn("w:eastAsia")) for s in notice.styles
             if s.name.startswith("bf-")}  # fmt: skip
    assert fonts["bf-heading"] == "方正小标宋简体"
    assert fonts["bf-text"] == "仿宋_GB2312"
    assert fonts["bf-label"] == "黑体"
    (table,) = notice.tables
    # Down the first block, then the second; the last page is filled with blank lines.
    first = [c.text for c in table.rows[1].cells]
    assert first == ["1", "1组", "韦*明", "3", "21", "1组", "韦*明", "3"]
    assert [c.text for c in table.rows[21].cells][:5] == ["41", "1组", "韦*明", "3", ""]
    assert len(table.rows) == 1 + 40 + 1
    assert "PAGE" in notice.sections[0].footer._element.xml


def test_blank_form_has_blanks(known: dict[str, Document]) -> None:
    form = made(known, "annex-4", Values({}))
    assert "　　　　" in text_of(form)
    assert "达标□，未达标□" in form.tables[0].rows[1].cells[3].text
    assert "数据比对" not in form.tables[0].rows[1].cells[3].text


@pytest.mark.parametrize("name", ["annex-1", "annex-2", "annex-3-1", "annex-4", "annex-7"])
def test_html_says_the_same(known: dict[str, Document], name: str) -> None:
    values = Values({**TEXTS, "head": "<b>韦</b>"}, FINDINGS, ROSTER)
    page = "".join(html.sheets(papers(known[name], known, [values])))
    assert known[name].title.zh in page
    assert "<b>韦</b>" not in page
    assert page.count("<section") == page.count("</section>")


def test_hostile_values_stay_text(known: dict[str, Document]) -> None:
    form = made(known, "annex-1", Values({**TEXTS, "head": "]]>&<w:t>\x00\x0b韦"}))
    assert "]]>&<w:t>韦" in text_of(form)


def test_a_thousand_households_in_one_file(known: dict[str, Document], tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    path = tmp_path / "township.docx"
    each = (Values({**TEXTS, "head": f"户主{n}"}, FINDINGS) for n in range(1000))
    with path.open("wb") as out:
        assert word.write(out, papers(known["annex-1"], known, each)) == 1000
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 60_000  # KiB: the frame and one paper, not a thousand
    with zipfile.ZipFile(path) as parts:
        assert parts.testzip() is None
        body = parts.read("word/document.xml")
    assert len(body) > 5_000_000
    document = docx.Document(str(path))
    assert len(document.tables) == 1000
    assert body.count(b"<w:pageBreakBefore/>") == 999
    assert "户主999" in document.paragraphs[-6].text or any(
        "户主999" in p.text for p in document.paragraphs[-12:]
    )


FAULTS = {
    "head": ("document_field", "{head}", "{nobody}"),
    "rule": ("unknown_rule", "rule: HC3-C-9", "rule: HC3-NONE"),
    "entity": ("document_rule", "rule: HC3-C-9", "rule: HC4-R-005"),
    "step": ("unknown_step", "steps: [verify,", "steps: [nowhere,"),
    "item": ("document_field", "item: housing", "item: castle"),
    "block": ("document_block", "- heading:", "- headline:"),
    "form": ("unknown_form", "form: verification", "form: nothing"),
    "procedure": ("unknown_procedure", "procedure: household-exit", "procedure: nothing"),
    "secret": ("document_field", "{head:4}", "{household.bank_account:4}"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_check_refuses_a_wrong_layout(tmp_path: Path, fault: str) -> None:
    pack = policy.load_pack("hechi")
    code, right, wrong = FAULTS[fault]
    text = (pack.root / "documents" / "annex-1.yaml").read_text("utf-8")
    right = "{head:4}" if right == "{head}" else right
    assert right in text
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "annex-1.yaml").write_text(text.replace(right, wrong), "utf-8")
    reader = Reader()
    check(tmp_path, pack, procedures("hechi"), reader)
    assert code in {p.code for p in reader.problems}
    assert all(p.line for p in reader.problems)
