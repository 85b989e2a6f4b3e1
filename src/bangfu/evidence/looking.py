"""What a file is, by its content; and what may be shown of it.

Whatever is served was made here anew from the pixels or pages: no metadata, no scripts, no
second file hidden behind the first. When and where a photo was taken is read before.
"""

from __future__ import annotations

import io
import threading
import warnings
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pi_heif
import pypdfium2
from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin, UnidentifiedImageError

from bangfu.evidence import problems
from bangfu.kernel.clock import SHANGHAI

MAX_IMAGE, MAX_PDF = 20 << 20, 50 << 20
MAX_PIXELS, MAX_PAGES = 64_000_000, 200
SERVED_EDGE, THUMB_EDGE = 2560, 360
JPEG, PNG, HEIC, PDF = "image/jpeg", "image/png", "image/heic", "application/pdf"
KINDS = {"JPEG": JPEG, "MPO": JPEG, "PNG": PNG, "HEIF": HEIC}
_READERS = (JpegImagePlugin, PngImagePlugin)  # importing them is what counts
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
pi_heif.register_heif_opener()
_PDFIUM = threading.Lock()  # the library keeps global state
_ACTIVE = (b"/JavaScript", b"/JS ", b"/JS(", b"/Launch", b"/EmbeddedFile", b"/OpenAction",
           b"/RichMedia", b"/SubmitForm", b"/ImportData", b"/GoToR", b"/GoToE")  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """A file that was looked at: `served` is what may be shown (of type `served_media`)."""

    media: str
    served: bytes
    served_media: str
    thumb: bytes
    width: int = 0
    height: int = 0
    pages: int = 1
    taken_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None


def look(name: str, data: bytes) -> Seen:
    """What `data` is. Raises Problem `evidence.*` for everything that is no photo or scan."""
    if not data:
        raise problems.EMPTY(name=name)
    if data[:1024].lstrip().startswith(b"%PDF-"):
        _small_enough(name, data, MAX_PDF, "PDF ")
        return _pdf(name, data)
    _small_enough(name, data, MAX_IMAGE, "照片")
    return _image(name, data)


def _small_enough(name: str, data: bytes, limit: int, kind: str) -> None:
    if len(data) > limit:
        size = f"{len(data) / 2**20:.1f} MB"
        raise problems.TOO_BIG(name=name, size=size, limit=f"{limit >> 20} MB", kind=kind)


def _image(name: str, data: bytes) -> Seen:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture: Image.Image = Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "HEIF"))
            media = KINDS[picture.format or ""]
            if picture.width * picture.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            found = _taken(picture)
            picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as fault:
        what = f"超过 {MAX_PIXELS // 10**6} 百万像素"
        raise problems.BOMB(name=name, what=what) from fault
    except UnidentifiedImageError as fault:
        raise problems.WRONG_KIND(name=name, what=_guess(data)) from fault
    except (OSError, ValueError, SyntaxError, RuntimeError, EOFError) as fault:
        raise problems.DAMAGED(name=name) from fault
    upright = ImageOps.exif_transpose(picture)
    served, served_media = _plain(upright, media)
    return Seen(
        media, served, served_media, _thumb(upright), upright.width, upright.height,
        taken_at=found[0], latitude=found[1], longitude=found[2],
    )  # fmt: skip


def _guess(data: bytes) -> str:
    """What it seems to be, for the person who sent it."""
    heads = {b"MZ": "是可执行程序", b"PK": "是压缩包或 Office 文件", b"\xd0\xcf": "是旧版 Office 文件",
             b"GIF8": "是 GIF 动图", b"<": "是网页", b"#!": "是脚本", b"\x7fELF": "是可执行程序"}  # fmt: skip
    return next((told for head, told in heads.items() if data.startswith(head)), "内容无法识别")


def _plain(picture: Image.Image, media: str) -> tuple[bytes, str]:
    """The pixels alone; a PNG (a scan, often black and white) stays one."""
    out = io.BytesIO()
    if media == PNG:
        known = picture.mode in ("1", "L", "P", "RGB", "RGBA")
        _small(picture if known else picture.convert("RGB"), SERVED_EDGE).save(
            out, "PNG", optimize=True
        )
        return out.getvalue(), PNG
    _small(picture.convert("RGB"), SERVED_EDGE).save(out, "JPEG", quality=86, optimize=True)
    return out.getvalue(), JPEG


def _thumb(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    _small(picture.convert("RGB"), THUMB_EDGE).save(out, "JPEG", quality=80, optimize=True)
    return out.getvalue()


def _small(picture: Image.Image, edge: int) -> Image.Image:
    """A copy no longer than `edge`, without whatever came with it: writers would copy a
    comment or colour profile that still stands in `info`."""
    small = picture.copy()
    small.thumbnail((edge, edge))
    small.info = {}
    return small


def _taken(picture: Image.Image) -> tuple[datetime | None, float | None, float | None]:
    """When and where, as the camera wrote it; None for each that it did not, or not plainly."""
    try:
        exif = picture.getexif()
        detail, gps = exif.get_ifd(0x8769), exif.get_ifd(0x8825)
        when = _moment(str(detail.get(0x9003) or exif.get(0x0132) or ""), detail.get(0x9011))
        return when, _degrees(gps, 2, 1, "S"), _degrees(gps, 4, 3, "W")
    except (ValueError, TypeError, KeyError, ZeroDivisionError, OSError, SyntaxError):
        return None, None, None


def _moment(text: str, offset: Any) -> datetime | None:
    if not text.strip("\0 "):
        return None
    at = datetime.strptime(text.strip("\0 ")[:19], "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
    if isinstance(offset, str) and len(offset) >= 6:
        return datetime.fromisoformat(f"{at:%Y-%m-%dT%H:%M:%S}{offset[:6]}")
    return at.replace(tzinfo=SHANGHAI)


def _degrees(gps: dict[int, Any], value: int, ref: int, negative: str) -> float | None:
    parts = gps.get(value)
    if not parts or len(parts) != 3:
        return None
    degrees: float = sum(float(p) / 60**n for n, p in enumerate(parts))
    if not 0 <= degrees <= 180:
        return None
    return round(-degrees if str(gps.get(ref, "")).startswith(negative) else degrees, 6)


def _pdf(name: str, data: bytes) -> Seen:
    with _PDFIUM:
        try:
            return _pages(name, data)
        except pypdfium2.PdfiumError as fault:
            if "password" in str(fault).lower():
                raise problems.LOCKED(name=name) from fault
            raise problems.DAMAGED(name=name) from fault


def _pages(name: str, data: bytes) -> Seen:
    """The pages alone, taken over into a new file: no metadata, scripts or attachments."""
    document = pypdfium2.PdfDocument(data)
    try:
        pages = len(document)
        if pages > MAX_PAGES:
            raise problems.BOMB(name=name, what=f"{pages} 页，上限 {MAX_PAGES} 页")
        if not pages:
            raise problems.DAMAGED(name=name)
        bare = pypdfium2.PdfDocument.new()
        bare.import_pages(document)
        out = io.BytesIO()
        bare.save(out)
        bare.close()
        if any(word in out.getvalue() for word in _ACTIVE) or document.get_formtype():
            raise problems.ACTIVE(name=name)
        first = document[0]
        width, height = first.get_size()
        scale = THUMB_EDGE / max(width, height, 1)
        thumb = _thumb(first.render(scale=min(scale, 4)).to_pil())
    finally:
        document.close()
    return Seen(PDF, out.getvalue(), PDF, thumb, round(width), round(height), pages)
