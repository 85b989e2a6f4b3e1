"""Accounts and API tokens."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from bangfu.access.roles import ROLES
from bangfu.kernel import clock


class UserManager(BaseUserManager["User"]):
    """Finds users by name; accounts are made by `access.commands`."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The user called `username`."""
        return self.get(username=username)


class User(AbstractBaseUser):
    """An account: one role, one region, for departments one department."""

    username = models.CharField("用户名", max_length=64, unique=True)
    display_name = models.CharField("姓名", max_length=64)
    role = models.CharField("角色", max_length=32, choices=[(k, v[0]) for k, v in ROLES.items()])
    region_code = models.CharField("辖区代码", max_length=12, db_collation="C", db_index=True)
    department = models.CharField("部门", max_length=64, blank=True)
    is_active = models.BooleanField("启用", default=True)
    must_change_password = models.BooleanField(default=False)
    failed_sign_ins = models.IntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        ordering = ("region_code", "username")

    def __str__(self) -> str:
        return f"{self.display_name}（{self.username}）"

    @property
    def is_locked(self) -> bool:
        """Whether wrong passwords lock it at this moment."""
        return self.locked_until is not None and self.locked_until > clock.now()

    @property
    def state(self) -> str:
        """disabled, locked or active."""
        if not self.is_active:
            return "disabled"
        return "locked" if self.is_locked else "active"


class ApiToken(models.Model):
    """A token for programs, bound to one account; only its hash is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    label = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class Tally(models.Model):
    """How often somebody did something in one window of time; see `throttle`."""

    pk = models.CompositePrimaryKey("key", "starts_at")
    key = models.BinaryField()
    starts_at = models.DateTimeField()
    count = models.IntegerField()


class Grant(models.Model):
    """What a person from outside may see for some days: `subject` names the one thing ("plan:12");
    `starts_on` and `ends_on` are included, in Asia/Shanghai; nobody has to end it."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grants")
    subject = models.CharField(max_length=60, db_collation="C", db_index=True)
    region_code = models.CharField(max_length=12, db_collation="C")
    starts_on = models.DateField()
    ends_on = models.DateField()
    made_by = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    @property
    def state(self) -> str:
        """revoked, coming, over or in_force."""
        today = clock.today()
        if self.revoked_at is not None:
            return "revoked"
        if today < self.starts_on:
            return "coming"
        return "over" if today > self.ends_on else "in_force"
