"""Who may see and do what: accounts, roles, scope by region and department, masking, reveal.

Scope is one condition given as SQL, used by every query; PostgreSQL row-level security is
the second wall behind it (`session.scoped`).
"""

from bangfu.access.masking import mask
from bangfu.access.roles import DEPARTMENTS, RIGHTS, ROLES, rights_of
from bangfu.access.scope import Scope, scope_of, system_scope

__all__ = [
    "DEPARTMENTS",
    "RIGHTS",
    "ROLES",
    "Scope",
    "mask",
    "rights_of",
    "scope_of",
    "system_scope",
]
