"""The roots of the site: pages at /, the API at /api/."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = []
if find_spec("bangfu.web.api"):
    urlpatterns.append(path("api/", include("bangfu.web.api.urls")))
if find_spec("bangfu.web.urls"):
    urlpatterns.append(path("", include("bangfu.web.urls")))

# Refusals by Django itself are told the same way as ours.
handler400 = "bangfu.web.http.bad_request"
handler403 = "bangfu.web.http.forbidden"
handler404 = "bangfu.web.http.not_found"
handler500 = "bangfu.web.http.server_error"
