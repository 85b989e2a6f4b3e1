"""Addresses and menu entry of the subject."""

from django.urls import path
from django.utils.translation import gettext_noop as mark

from bangfu.web.documents import views
from bangfu.web.nav import NavItem

urlpatterns = [
    path("", views.index, name="list"),
    path("make/", views.make, name="make"),
    path("word/", views.word, name="word"),
    path("print/", views.sheets, name="print"),
    path("file/<int:job_id>/", views.file, name="file"),
    path("offer/", views.offer, name="offer"),
    path("files/", views.files, name="files"),
    path("case/<int:case_id>/word/", views.case_word, name="case_word"),
    path("case/<int:case_id>/print/", views.case_print, name="case_print"),
]
NAV = (NavItem(mark("表册文书"), "documents:list", "printer", "procedure.view"),)
