"""Addresses and menu entries of the subject."""

from django.urls import path
from django.utils.translation import gettext_noop as mark

from bangfu.web.nav import NavItem
from bangfu.web.simulation import amending, making, views

urlpatterns = [
    path("", views.index, name="list"),
    path("export/", views.export, name="export"),
    path("new/", making.new, name="new"),
    path("new/find/", making.find, name="find"),
    path("new/check/", making.check, name="check"),
    path("compare/", views.compare, name="compare"),
    path("compare/export/", views.compare_file, name="compare_file"),
    path("amendments/", amending.index, name="diff"),
    path("amendments/export/", amending.export, name="diff_file"),
    path("amendments/start/", amending.start, name="diff_start"),
    path("<int:scenario_id>/", views.show, name="show"),
    path("<int:scenario_id>/progress/", views.progress, name="progress"),
    path("<int:scenario_id>/excel/", views.excel, name="excel"),
    path("<int:scenario_id>/word/", views.word, name="word"),
    path("<int:scenario_id>/stop/", views.stop, name="stop"),
    path("<int:scenario_id>/delete/", views.delete, name="delete"),
    path("<int:scenario_id>/restore/", views.restore, name="restore"),
]
NAV = (
    NavItem(mark("政策模拟"), "simulation:list", "calculator", "simulation.view", group="data"),
    NavItem(mark("政策变化"), "simulation:diff", "history", "simulation.view", group="data"),
)
