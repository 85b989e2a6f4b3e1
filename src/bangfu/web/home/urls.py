"""Addresses and menu entry of the subject."""

from django.urls import path
from django.utils.translation import gettext_noop as mark

from bangfu.web.home import views
from bangfu.web.nav import NavItem

urlpatterns = [
    path("", views.index, name="index"),
    path("figures.json", views.figures, name="figures"),
    path("shapes.json", views.shapes, name="shapes"),
    path("divisions.json", views.divisions_below, name="divisions"),
]
NAV = (NavItem(mark("首页"), "home:index", "home", "home.view", tab=True),)
