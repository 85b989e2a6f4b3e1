"""Addresses and menu entry of the subject."""

from django.urls import path
from django.utils.translation import gettext_noop as mark

from bangfu.web.jobs import views
from bangfu.web.nav import NavItem

urlpatterns = [
    path("", views.index, name="list"),
    path("<int:job_id>/progress/", views.progress, name="progress"),
    path("<int:job_id>/stop/", views.stop, name="stop"),
    path("<int:job_id>/file/", views.download, name="download"),
]
NAV = (NavItem(mark("我的任务"), "jobs:list", "clock", "home.view", group="data"),)
