"""A page that stands for the scan of a village meeting's minutes."""

from __future__ import annotations

from datetime import date
from io import BytesIO

from PIL import Image, ImageDraw


def scan(on: date) -> bytes:
    """A ruled sheet with the day of the meeting, as a JPEG."""
    picture = Image.new("RGB", (800, 1100), "white")
    pen = ImageDraw.Draw(picture)
    for row in range(14):
        pen.line((90, 180 + row * 60, 710, 180 + row * 60), fill=(150, 150, 150), width=2)
    pen.text((100, 110), on.isoformat(), fill="black", font_size=36)
    pen.rectangle((60, 60, 740, 1040), outline=(90, 90, 90), width=3)
    out = BytesIO()
    picture.save(out, "JPEG", quality=70)
    return out.getvalue()
