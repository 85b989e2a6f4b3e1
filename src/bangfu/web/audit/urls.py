"""Addresses and menu entry of the subject."""

from django.urls import path
from django.utils.translation import gettext_noop as mark

from bangfu.web.audit import views
from bangfu.web.nav import NavItem

urlpatterns = [
    path("", views.index, name="list"),
    path("export/", views.export, name="export"),
    path("verify/", views.verify, name="verify"),
    path("<int:event_id>/", views.show, name="show"),
]
NAV = (NavItem(mark("审计日志"), "audit:list", "history", "audit.view", group="manage"),)
