"""Addresses and menu entry of the subject."""

from django.urls import path
from django.utils.translation import gettext_noop as mark

from bangfu.web.households import edit, views
from bangfu.web.nav import NavItem

urlpatterns = [
    path("", views.index, name="list"),
    path("export/", views.export, name="export"),
    path("<str:household_no>/", views.show, name="show"),
    path("<str:household_no>/history/", views.history, name="history"),
    path("<str:household_no>/edit/", edit.household, name="edit"),
    path("<str:household_no>/members/<str:person_no>/edit/", edit.person, name="edit_person"),
    path("<str:household_no>/reveal/<str:key>/<str:field>/", edit.reveal, name="reveal"),
]
NAV = (NavItem(mark("农户"), "households:list", "users-group", "household.view", tab=True),)
