"""Addresses and menu entry of the subject."""

from django.urls import path
from django.utils.translation import gettext_noop as mark

from bangfu.web.nav import NavItem
from bangfu.web.users import views

urlpatterns = [
    path("", views.index, name="list"),
    path("export/", views.export, name="export"),
    path("roles/", views.roles, name="roles"),
    path("new/", views.new, name="new"),
    path("<int:user_id>/", views.show, name="show"),
    path("<int:user_id>/edit/", views.edit, name="edit"),
    path("<int:user_id>/active/", views.active, name="active"),
    path("<int:user_id>/unlock/", views.unlock, name="unlock"),
    path("<int:user_id>/password/", views.password, name="password"),
]
NAV = (NavItem(mark("用户与角色"), "users:list", "users", "user.manage", group="manage"),)
