"""Which language a page speaks: Chinese unless the person switched. The browser's own
preference is ignored, because office PCs are often installed in English."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

COOKIE = "bangfu_language"
CODES = {"zh": "zh-hans", "en": "en"}


def current() -> Literal["zh", "en"]:
    """Language of the page being made."""
    return "en" if (translation.get_language() or "").startswith("en") else "zh"


class Language:
    """Middleware: activates the language chosen with the switch."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        code = CODES.get(request.COOKIES.get(COOKIE, ""), settings.LANGUAGE_CODE)
        with translation.override(code):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", code)
            return response
