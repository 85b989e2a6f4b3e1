"""A pack of a few rules under Hechi's name, for tests that judge often: the whole one takes
seconds to compile and to run."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangfu.findings import packs
from bangfu.policy import loading
from tests.policy.trial import rule, write_pack

PARAMETERS = """
poverty_line: {zh: 国家扶贫标准, unit: yuan, period: year, values: [{from: 2016-01-01, value: 2952}]}
boarding_primary:
  zh: 小学寄宿补助标准
  en: Boarding subsidy, primary
  unit: yuan
  period: year
  cite: {document: paper, section: 二, line: 2}
  values: [{from: 2016-01-01, value: 800}, {from: 2016-07-01, value: 1000}]
medical_schemes:
  zh: 计入基本医疗保障的险种
  unit: code
  values: [{from: 2016-01-01, value: [ncms, resident]}]
"""
VARIABLES = """
household:
  net_income_per_capita: {zh: 人均纯收入, unit: yuan, expr: income_wages / count(member)}
"""
RULES = (
    rule("boarding and school_stage = 'primary'", id="HC2-E-129", entity="person",
         kind="entitlement", more="amount: param.boarding_primary\nunit: yuan\nperiod: year\n")
    + rule("net_income_per_capita >= param.poverty_line", id="HC3-C-23")
    + rule("any(member where member.medical_insurance in param.medical_schemes)", id="HC3-C-14")
    + rule("has_tv", id="HC3-C-20", start="2016-07-01")
    + """
- id: HC3-B-1
  title: {zh: 脱贫标准}
  kind: criterion
  entity: household
  CITE
  department: 扶贫办
  components: [HC3-C-23, HC3-C-14]
  versions: [{from: 2016-01-01}]
"""
).replace("title: {zh: 规则}", "title: {zh: 小学寄宿生生活补助}", 1)  # fmt: skip


def put(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it the only pack there is, called hechi."""
    write_pack(folder, RULES, variables=VARIABLES, parameters=PARAMETERS, name="hechi")
    monkeypatch.setattr(loading, "packs_dir", lambda: folder / "packs")
    monkeypatch.setattr(packs, "_KEPT", {})
