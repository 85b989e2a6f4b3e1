"""Tables of the registry. Columns come from the dictionary; annual values have a table each.

`village_code` stands in every table about people: it is what scope and row-level security
compare. Keys are COLLATE "C" so that a division is an index range.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from bangfu.registry.columns import CODE, columns


class Division(models.Model):
    """An administrative division; the code is the tree."""

    code = models.CharField(primary_key=True, max_length=12, db_collation="C")
    name = models.CharField(max_length=80)
    level = models.CharField(max_length=10)
    parent_code = models.CharField(max_length=12, db_collation="C", null=True, db_index=True)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class Household(models.Model):
    """A registered household: its current state."""

    household_no = models.CharField("户编号", primary_key=True, **CODE)
    village_code = models.CharField("行政村代码", db_index=True, **CODE)
    vars().update(columns("household", annual=False, skip=("household_no", "village_code")))

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """The dictionary's columns, for the type checker."""

    class Meta:
        indexes = (
            models.Index(fields=("phone_blind",), name="registry_household_phone"),
            # A region's list in its order: village by village.
            models.Index(fields=("village_code", "household_no"), name="registry_household_place"),
            models.Index(
                fields=("status", "village_code", "household_no"), name="registry_household_status"
            ),
        )


class HouseholdYear(models.Model):
    """A household's values of one registration year."""

    pk = models.CompositePrimaryKey("household_no", "year")
    household_no = models.CharField("户编号", **CODE)
    year = models.IntegerField("年度")
    village_code = models.CharField("行政村代码", **CODE)
    vars().update(columns("household", annual=True))

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """The dictionary's columns, for the type checker."""

    class Meta:
        db_table = "registry_household_year"
        indexes = (models.Index(fields=("year",), name="registry_household_year_year"),)


class Person(models.Model):
    """A person: current state. `household_no` is the present household."""

    person_no = models.CharField("人编号", primary_key=True, **CODE)
    household_no = models.CharField("户编号", db_index=True, **CODE)
    village_code = models.CharField("行政村代码", db_index=True, **CODE)
    vars().update(columns("person", annual=False, skip=("person_no", "household_no")))

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """The dictionary's columns, for the type checker."""

    class Meta:
        indexes = (
            models.Index(fields=("id_number_blind",), name="registry_person_id_number"),
            models.Index(fields=("name_blind",), name="registry_person_name"),
            # Children who live elsewhere; `none` says that there is no parent to look for.
            models.Index(
                fields=("father_no",), condition=models.Q(father_no__lt="none"),
                name="registry_person_father",
            ),
            models.Index(
                fields=("mother_no",), condition=models.Q(mother_no__lt="none"),
                name="registry_person_mother",
            ),
        )  # fmt: skip


class PersonYear(models.Model):
    """A person's values of one registration year."""

    pk = models.CompositePrimaryKey("person_no", "year")
    person_no = models.CharField("人编号", **CODE)
    year = models.IntegerField("年度")
    village_code = models.CharField("行政村代码", **CODE)
    vars().update(columns("person", annual=True))

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """The dictionary's columns, for the type checker."""

    class Meta:
        db_table = "registry_person_year"


class Membership(models.Model):
    """From when to when a person belonged to a household; `ended_on` NULL = still."""

    person_no = models.CharField(db_index=True, **CODE)
    household_no = models.CharField(db_index=True, **CODE)
    village_code = models.CharField(**CODE)
    started_on = models.DateField()
    ended_on = models.DateField(null=True)


class Village(models.Model):
    """An administrative village: figures over all its rural households."""

    village_code = models.CharField("行政村代码", primary_key=True, **CODE)
    vars().update(columns("village", annual=False, skip=("village_code",)))

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """The dictionary's columns, for the type checker."""


class VillageYear(models.Model):
    """A village's values of one registration year."""

    pk = models.CompositePrimaryKey("village_code", "year")
    village_code = models.CharField("行政村代码", **CODE)
    year = models.IntegerField("年度")
    vars().update(columns("village", annual=True))

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """The dictionary's columns, for the type checker."""

    class Meta:
        db_table = "registry_village_year"


class County(models.Model):
    """A county, district or county-level city."""

    county_code = models.CharField("县代码", primary_key=True, **CODE)
    vars().update(columns("county", annual=False, skip=("county_code",)))

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """The dictionary's columns, for the type checker."""


class CountyYear(models.Model):
    """A county's values of one registration year."""

    pk = models.CompositePrimaryKey("county_code", "year")
    county_code = models.CharField("县代码", **CODE)
    year = models.IntegerField("年度")
    vars().update(columns("county", annual=True))

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """The dictionary's columns, for the type checker."""

    class Meta:
        db_table = "registry_county_year"


# Beside households: kept where somebody keeps them. `region_code` is a village's 12, a
# township's 9 or a county's 6 digits; it is what scope and row-level security compare.


class Township(models.Model):
    """A township or street: what it runs itself; its villages are counted, not kept, here."""

    township_code = models.CharField("乡镇（街道）代码", primary_key=True, **CODE)
    vars().update(columns("township", annual=False, skip=("township_code",)))


class Loan(models.Model):
    """A loan of a household, an enterprise or a cooperative."""

    loan_no = models.CharField("贷款编号", primary_key=True, **CODE)
    region_code = models.CharField("所在地代码", db_index=True, **CODE)
    household_no = models.CharField("借款户编号", null=True, db_index=True, **CODE)
    enterprise_no = models.CharField("借款企业编号", null=True, db_index=True, **CODE)
    cooperative_no = models.CharField("借款合作社编号", null=True, db_index=True, **CODE)
    vars().update(
        columns(
            "loan", annual=False,
            skip=("loan_no", "region_code", "household_no", "enterprise_no", "cooperative_no"),
        )
    )  # fmt: skip


class Enterprise(models.Model):
    """An enterprise that takes part in poverty alleviation."""

    enterprise_no = models.CharField("企业编号", primary_key=True, **CODE)
    region_code = models.CharField("所在地代码", db_index=True, **CODE)
    vars().update(columns("enterprise", annual=False, skip=("enterprise_no", "region_code")))


class Cooperative(models.Model):
    """A farmers' cooperative."""

    cooperative_no = models.CharField("合作社编号", primary_key=True, **CODE)
    region_code = models.CharField("所在地代码", db_index=True, **CODE)
    vars().update(columns("cooperative", annual=False, skip=("cooperative_no", "region_code")))


class Project(models.Model):
    """A poverty-alleviation project, from its application to its acceptance."""

    project_no = models.CharField("项目编号", primary_key=True, **CODE)
    region_code = models.CharField("所在地代码", db_index=True, **CODE)
    vars().update(columns("project", annual=False, skip=("project_no", "region_code")))


class SnapshotTaken(models.Model):
    """A snapshot that was taken: its period, where it lies, what it holds."""

    period = models.CharField(max_length=7)
    path = models.CharField(max_length=300)
    manifest_hash = models.CharField(max_length=64)
    rows = models.JSONField(default=dict)
    taken_at = models.DateTimeField(auto_now_add=True)
    taken_by = models.CharField(max_length=150)

    class Meta:
        db_table = "registry_snapshot"
        ordering = ("-taken_at",)
