"""The set of the first comparison with OpenFisca: the household exit standard, the student rules
and the left-behind persons, as a pack of their own.

`hechi` grows with the catalogue; a figure that is to be followed over time is of the same rules.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import yaml

from bangfu.policy import packs_dir

PROGRAMMES = ("exit.yaml", "education.yaml", "left-behind.yaml")


def write(target: Path) -> Path:
    """A copy of pack hechi at `target`/hechi with the compared programmes alone."""
    source, made = packs_dir() / "hechi", target / "hechi"
    shutil.rmtree(made, ignore_errors=True)
    (made / "programmes").mkdir(parents=True)
    known: set[str] = set()
    for name in PROGRAMMES:
        text = (source / "programmes" / name).read_text(encoding="utf-8")
        (made / "programmes" / name).write_text(text, encoding="utf-8")
        content = yaml.safe_load(text)
        rules = content["rules"] if isinstance(content, dict) else content
        known |= {rule["id"] for rule in rules}
    for name in ("pack.yaml", "parameters.yaml"):
        shutil.copy(source / name, made / name)
    variables = yaml.safe_load((source / "variables.yaml").read_text(encoding="utf-8"))
    text = yaml.safe_dump(
        {
            entity: found
            for entity, names in variables.items()
            if (found := {n: v for n, v in names.items() if _belongs(v, known)})
        },
        allow_unicode=True,
        sort_keys=False,
    )
    (made / "variables.yaml").write_text(text, encoding="utf-8")
    return made


def _belongs(variable: dict[str, object], known: set[str]) -> bool:
    """Whether a variable neither stands for nor asks a rule of another programme."""
    text = yaml.safe_dump(variable, allow_unicode=True)
    asked = set(re.findall(r"HC\d-[A-Z]-\d+", text)) - {str(variable.get("rule", ""))}
    return asked <= known and not str(variable.get("rule", "HC3-")).startswith("HC4")
