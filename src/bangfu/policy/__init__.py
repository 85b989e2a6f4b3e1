"""Policy as data: packs, expressions, compiler, evaluation, explanation, cases.

Knows the dictionary and the lake, never a Django model. A pack (packs/<id>) is checked,
bound at a date and compiled to SQL; the same expressions judge a whole snapshot
(`evaluate`), one household (`explain`) and a worked case (`run_cases`).

Names come from their modules when they are asked for: most commands need a few of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bangfu.policy.cases import CaseReport, run_cases
    from bangfu.policy.checking import check
    from bangfu.policy.comparing import diff
    from bangfu.policy.coverage import coverage
    from bangfu.policy.evaluating import EvaluationResult, evaluate
    from bangfu.policy.explaining import explain, explain_one
    from bangfu.policy.explanation import Explanation
    from bangfu.policy.loading import known_packs, load_pack, packs_dir
    from bangfu.policy.lookup import household_rows
    from bangfu.policy.pack import Pack, Rule
    from bangfu.policy.reasons import PackProblem

_HOMES = {
    "CaseReport": "cases",
    "run_cases": "cases",
    "check": "checking",
    "diff": "comparing",
    "coverage": "coverage",
    "EvaluationResult": "evaluating",
    "evaluate": "evaluating",
    "explain": "explaining",
    "explain_one": "explaining",
    "Explanation": "explanation",
    "known_packs": "loading",
    "load_pack": "loading",
    "packs_dir": "loading",
    "household_rows": "lookup",
    "Pack": "pack",
    "Rule": "pack",
    "PackProblem": "reasons",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found


__all__ = [
    "CaseReport", "EvaluationResult", "Explanation", "Pack", "PackProblem", "Rule", "check",
    "coverage", "diff", "evaluate", "explain", "explain_one", "household_rows", "known_packs", "load_pack",
    "packs_dir", "run_cases",
]  # fmt: skip
