"""Scope: what part of the city and which department's findings a person sees, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from bangfu.access import problems
from bangfu.access.roles import RIGHTS, ROLES, TEMPORARY, rights_of
from bangfu.kernel import region

if TYPE_CHECKING:
    from django.db.models import Q

    from bangfu.access.models import User
    from bangfu.audit.actor import Actor


@dataclass(frozen=True)
class Granted:
    """Why somebody from outside may see anything: grant `number` (0 = none in force today) of
    `subject` ("plan:12"), to the end of the day `until`."""

    number: int = 0
    subject: str = ""
    until: date | None = None


@dataclass(frozen=True)
class Scope:
    """One person's view: a division prefix, a department (None = all), and rights.

    Every query takes it first and every list is filtered by `q` or `sql`. With a `grant` it
    covers no region at all: what the grant opens is named row by row, by the room that gave it.
    """

    username: str
    role: str
    region_code: str
    department: str | None
    rights: frozenset[str]
    user_id: int | None = None
    grant: Granted | None = None

    @property
    def actor(self) -> Actor:
        """This person as the actor of an audit event."""
        from bangfu.audit.actor import Actor  # audit loads Django; packs ask for roles without it

        return Actor(self.username, self.role)

    @property
    def reason(self) -> str:
        """Why these rows and no others, in Chinese."""
        label = ROLES[self.role][0] if self.role in ROLES else self.role
        if self.grant is not None:
            return f"{label}：仅限抽中的样本，至 {self.grant.until or '—'}"
        limit = f"，仅{self.department}职责内的认定结果" if self.department else ""
        return f"{label}：{self.region_code} 辖区{limit}"

    def covers(self, code: str) -> bool:
        """Whether the division or household number `code` lies inside."""
        return self.grant is None and code.startswith(self.region_code)

    def narrowed(self, code: str | None) -> Scope:
        """The same person looking at the part `code` only. Raises Problem when it is not inside."""
        if not code:
            return self
        if not self.covers(code) or not region.is_code(code):
            raise problems.OUT_OF_SCOPE(subject=code)
        return Scope(self.username, self.role, code, self.department, self.rights, self.user_id)

    def q(self, field: str = "village_code") -> Q:
        """The condition as a Django Q on `field` (a COLLATE "C" column: an index range)."""
        from django.db.models import Q

        if self.grant is not None:
            return Q(**{f"{field}__in": ()})
        return Q(
            **{
                f"{field}__gte": self.region_code,
                f"{field}__lt": region.upper_bound(self.region_code),
            }
        )

    def sql(self, column: str) -> tuple[str, list[str]]:
        """The same condition as SQL with bound values; `column` is one of ours, never input."""
        if self.grant is not None:
            return "(false)", []
        return (
            f"({column} >= %s AND {column} < %s)",
            [self.region_code, region.upper_bound(self.region_code)],
        )

    def has(self, right: str) -> bool:
        """Whether the person holds `right`. Raises KeyError for a word not in the list."""
        _ = RIGHTS[right]
        return right in self.rights

    def require(self, right: str) -> None:
        """Raises Problem `access.no_right` when the person does not hold `right`,
        `access.grant_over` when what lets them in is not in force today."""
        if self.grant is not None and not self.grant.number:
            raise problems.GRANT_OVER(subject=right)
        if not self.has(right):
            label = ROLES[self.role][0] if self.role in ROLES else self.role
            raise problems.NO_RIGHT(role=label, right=RIGHTS[right])


def scope_of(user: User) -> Scope:
    """The scope of a signed-in user."""
    if user.role in TEMPORARY:
        from bangfu.access.grants import in_force

        grant = in_force(user)
        rights = rights_of(user.role) if grant.number else frozenset()
        return Scope(
            user.username, user.role, user.region_code, None, rights, user.pk, grant
        )  # fmt: skip
    return Scope(
        user.username,
        user.role,
        user.region_code,
        user.department or None,
        rights_of(user.role),
        user.pk,
    )


def system_scope(region_code: str = "45") -> Scope:
    """The operator at the command line: everything."""
    return Scope("command-line", "system", region_code, None, frozenset(RIGHTS))
