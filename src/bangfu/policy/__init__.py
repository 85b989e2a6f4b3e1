"""Policy as data: packs, expressions, compiler, evaluation, explanation, cases.

Knows the dictionary and the lake, never a Django model. A pack (packs/<id>) is checked,
bound at a date and compiled to SQL; the same expressions judge a whole snapshot
(`evaluate`), one household (`explain`) and a worked case (`run_cases`).
"""

from bangfu.policy.cases import CaseReport, run_cases
from bangfu.policy.checking import check
from bangfu.policy.loading import known_packs, load_pack, packs_dir
from bangfu.policy.pack import Pack, Rule
from bangfu.policy.reasons import PackProblem

__all__ = [
    "CaseReport", "Pack", "PackProblem", "Rule", "check", "known_packs", "load_pack",
    "packs_dir", "run_cases",
]  # fmt: skip
