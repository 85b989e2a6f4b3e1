"""The roots of the site: pages at /, the API at /api/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include("bangfu.web.api.urls")),
    path("", include("bangfu.web.urls")),
]

# Refusals by Django itself are told the same way as ours.
handler400 = "bangfu.web.http.bad_request"
handler403 = "bangfu.web.http.forbidden"
handler404 = "bangfu.web.http.not_found"
handler500 = "bangfu.web.http.server_error"
