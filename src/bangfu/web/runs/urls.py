"""Addresses and menu entry of the subject."""

from django.urls import path
from django.utils.translation import gettext_noop as mark

from bangfu.web.nav import NavItem
from bangfu.web.runs import views

urlpatterns = [
    path("", views.index, name="list"),
    path("start/", views.start, name="start"),
    path("<int:run_id>/", views.show, name="show"),
    path("<int:run_id>/progress/", views.progress, name="progress"),
    path("<int:run_id>/stop/", views.stop, name="stop"),
    path("<int:run_id>/reload/", views.reload, name="reload"),
]
NAV = (NavItem(mark("评估任务"), "runs:list", "player-play", "run.view", group="data"),)
