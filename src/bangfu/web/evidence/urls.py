"""Addresses of the subject; it has no menu entry: evidence is reached from what it proves."""

from django.urls import path

from bangfu.web.evidence import notices, views

urlpatterns = [
    path("panel/", views.panel, name="panel"),
    path("notice/<int:notice_id>/", notices.show, name="notice"),
    path("attach/", views.attach, name="attach"),
    path("<int:attachment_id>/", views.show, name="show"),
    path("<int:attachment_id>/small/", views.small, name="small"),
    path("<int:attachment_id>/withdraw/", views.withdraw, name="withdraw"),
]
