"""The WSGI application, for waitress (`bangfu serve`) or any other WSGI server."""

from __future__ import annotations

from bangfu.config import bootstrap

bootstrap.django()

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
