"""Every page's address, assembled from the subjects; the root of the site mounts this."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from bangfu.web.nav import AT_ROOT, subject_urls

urlpatterns: list[URLPattern | URLResolver] = [
    path(
        "" if name in AT_ROOT else f"{name}/",
        include((module.urlpatterns, name), namespace=name),
    )
    for name, module in subject_urls()
]
