"""Addresses and menu entry of the subject."""

from django.urls import path
from django.utils.translation import gettext_noop as mark

from bangfu.web.imports import views
from bangfu.web.nav import NavItem

urlpatterns = [
    path("", views.index, name="list"),
    path("new/", views.upload, name="new"),
    path("template/", views.template, name="template"),
    path("<int:batch_id>/", views.show, name="show"),
    path("<int:batch_id>/live/", views.live, name="live"),
    path("<int:batch_id>/rows/", views.rows, name="rows"),
    path("<int:batch_id>/marked/", views.marked, name="marked"),
    path("<int:batch_id>/apply/", views.apply, name="apply"),
    path("<int:batch_id>/cancel/", views.cancel, name="cancel"),
    path("<int:batch_id>/undo/", views.undo, name="undo"),
]
NAV = (
    NavItem(mark("导入批次"), "imports:list", "file-import", "import.view", group="data", tab=True),
)
