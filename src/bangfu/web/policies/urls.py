"""Addresses and menu entries of the subject."""

from django.urls import path
from django.utils.translation import gettext_noop as mark

from bangfu.web.nav import NavItem
from bangfu.web.policies import doubles, rule, views

urlpatterns = [
    path("", views.index, name="list"),
    path("duties/", views.duties, name="duties"),
    path("contradictions/", views.contradictions, name="contradictions"),
    path("groups/", views.groups, name="groups"),
    path("export/<str:name>/", views.export, name="export"),
    path("doubles/", doubles.index, name="doubles"),
    path("doubles/export/", doubles.export, name="doubles_file"),
    path("<str:pack>/<str:rule>/", rule.show, name="rule"),
    path("<str:pack>/<str:rule>/cases/", rule.cases, name="cases"),
]
NAV = (
    NavItem(mark("政策库"), "policies:list", "book-2", "home.view", group="policy"),
    NavItem(mark("责任分解"), "policies:duties", "list-details", "home.view", group="policy"),
    NavItem(
        mark("政策矛盾"), "policies:contradictions", "help-circle", "home.view", group="policy"
    ),
    NavItem(mark("重叠与互斥"), "policies:groups", "copy", "home.view", group="policy"),
    NavItem(mark("重复享受"), "policies:doubles", "alert-circle", "finding.view", group="policy"),
)
