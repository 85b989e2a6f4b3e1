"""Addresses of the API, below /api/."""

from __future__ import annotations

from django.urls import URLPattern, include, path

from bangfu.web.api import findings, registry, simulation
from bangfu.web.api.door import api, told_alike, unknown

api.add_router("", registry.router, tags=["登记库 registry"])
api.add_router("", findings.router, tags=["认定结果 findings"])
api.add_router("", simulation.router, tags=["政策模拟 simulation"])

_patterns, _app, _namespace = api.urls
for _pattern in _patterns:
    if isinstance(_pattern, URLPattern):
        _pattern.callback = told_alike(_pattern.callback)

urlpatterns = [
    path("v1/", include((_patterns, _app), namespace=_namespace)),
    path("<path:rest>", unknown),
]
