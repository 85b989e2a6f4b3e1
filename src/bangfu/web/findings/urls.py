"""Addresses and menu entries of the subject."""

from django.urls import path
from django.utils.translation import gettext_noop as mark

from bangfu.web.findings import gaps, household, views
from bangfu.web.nav import NavItem

urlpatterns = [
    path("", views.overview, name="overview"),
    path("overview.xlsx", views.overview_file, name="overview_file"),
    path("ready/", views.ready, name="ready"),
    path("not-ready/", views.not_ready, name="not_ready"),
    path("not-ready/matrix.xlsx", views.matrix_file, name="matrix_file"),
    path("entitled/", views.entitled, name="entitled"),
    path("undecided/", gaps.undecided, name="undecided"),
    path("undecided/workbook/", gaps.workbook, name="workbook"),
    path("alerts/", views.alerts, name="alerts"),
    path("open/", views.open_subjects, name="open"),
    path("export/<str:name>/", views.export, name="export"),
    path("household/<str:household_no>/", household.fragment, name="household"),
]
NAV = (
    NavItem(mark("认定结果"), "findings:overview", "clipboard-check", "finding.view", tab=True),
    NavItem(mark("达标名单"), "findings:ready", "circle-check", "finding.view"),
    NavItem(mark("未达标原因"), "findings:not_ready", "circle-x", "finding.view"),
    NavItem(mark("应享受政策"), "findings:entitled", "coin", "finding.view"),
    NavItem(mark("待采集信息"), "findings:undecided", "list-check", "finding.view"),
    NavItem(mark("预警"), "findings:alerts", "alert-triangle", "finding.view"),
)
