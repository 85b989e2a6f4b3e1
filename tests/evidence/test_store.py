"""Photos and scans: known by content, kept sealed by hash, served without metadata."""

from __future__ import annotations

import base64
import io
import os
import socket
import struct
import threading
import zlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from bangfu.audit import verify
from bangfu.evidence import commands, looking, queries, scanning, store
from bangfu.evidence.commands import Given, Said
from bangfu.evidence.models import Attachment, Content
from bangfu.kernel.clock import SHANGHAI
from bangfu.kernel.problems import Problem
from tests import world

CASE = "case:1"


def photo(kind: str = "JPEG", size: tuple[int, int] = (640, 480), *, located: bool = True) -> bytes:
    """A photo with the metadata a phone writes."""
    picture = Image.effect_noise(size, 60).convert("RGB")
    exif = picture.getexif()
    if located:
        exif[0x0132] = "2016:08:03 09:30:00"
        exif[0x010F] = "PlantedMaker"
        exif[0x0112] = 6  # held upright: to be turned
        gps = exif.get_ifd(0x8825)
        gps[1], gps[2] = "N", (24.0, 6.0, 36.0)
        gps[3], gps[4] = "E", (108.0, 7.0, 12.0)
    out = io.BytesIO()
    picture.save(out, kind, exif=exif, **({"comment": b"PlantedComment"} if kind == "JPEG" else {}))
    return out.getvalue()


def scan(pages: int = 2) -> bytes:
    """A scan of so many pages, as a scanner writes it."""
    sheets = [Image.effect_noise((300, 420), 20).convert("L") for _ in range(pages)]
    out = io.BytesIO()
    sheets[0].save(out, "PDF", save_all=True, append_images=sheets[1:], author="PlantedAuthor")
    return out.getvalue()


def bomb() -> bytes:
    """A tiny PNG that says it is 50,000 pixels square."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 50_001)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_photo_loses_its_metadata_and_keeps_time_and_place() -> None:
    seen = looking.look("x.exe", photo())
    assert seen.media == "image/jpeg"
    assert (seen.width, seen.height) == (480, 640)  # turned upright
    assert seen.taken_at == datetime(2016, 8, 3, 9, 30, tzinfo=SHANGHAI)
    assert (seen.latitude, seen.longitude) == (24.11, 108.12)
    for served in (seen.served, seen.thumb):
        assert b"Planted" not in served
        assert b"Exif" not in served
        assert not Image.open(io.BytesIO(served)).getexif()
    assert max(Image.open(io.BytesIO(seen.thumb)).size) <= looking.THUMB_EDGE


def test_large_photo_is_served_smaller() -> None:
    seen = looking.look("big.png", photo("PNG", (4000, 300), located=False))
    assert (seen.width, seen.height) == (4000, 300)
    assert Image.open(io.BytesIO(seen.served)).size[0] == looking.SERVED_EDGE


# A red rectangle of 64 by 48, as an iPhone would send it.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAa1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAA"
    "AAAAAAAAAAAA5waXRtAAAAAAACAAAAEGlkYXQAAAAAAEAAMAAAADhpbG9jAQAAAERAAAIAAQAAAAAAAAHRAAEAAAAA"
    "AAAAGgACAAEAAAAAAAAAAQAAAAAAAAAIAAAAOGlpbmYAAAAAAAIAAAAVaW5mZQIAAAEAAQAAaHZjMQAAAAAVaW5mZQ"
    "IAAAAAAgAAZ3JpZAAAAADYaXBycAAAALZpcGNvAAAAdmh2Y0MBA3AAAAAAAAAAAAAe8AD8/fj4AAAPAyAAAQAYQAEM"
    "Af//A3AAAAMAkAAAAwAAAwAeugJAIQABACpCAQEDcAAAAwCQAAADAAADAB6gIIEFlurkprm4EBAwIAAAAwAgAAADAC"
    "EiAAEABkQBwXPAiQAAABRpc3BlAAAAAAAAAEAAAABAAAAAFGlzcGUAAAAAAAAAQAAAADAAAAAQcGl4aQAAAAADCAgI"
    "AAAAGmlwbWEAAAAAAAAAAgABAoECAAICA4QAAAAaaXJlZgAAAAAAAAAOZGltZwACAAEAAQAAACJtZGF0AAAAFigBrx"
    "mA70mlv//f4x/19q/4prWmPm4="
)


def test_heic_becomes_jpeg() -> None:
    seen = looking.look("x.heic", HEIC)
    assert (seen.media, seen.served_media) == ("image/heic", "image/jpeg")
    served = Image.open(io.BytesIO(seen.served))
    assert (served.format, served.size) == ("JPEG", (64, 48))
    with pytest.raises(Problem, match=r"evidence.(damaged|wrong_kind)"):
        looking.look("x.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + os.urandom(200))


def test_scan_is_taken_over_page_by_page() -> None:
    seen = looking.look("scan.pdf", scan(3))
    assert (seen.media, seen.pages) == ("application/pdf", 3)
    assert b"PlantedAuthor" not in seen.served
    assert len(pypdfium2.PdfDocument(seen.served)) == 3
    assert Image.open(io.BytesIO(seen.thumb)).format == "JPEG"


ACTIVE_PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/AA<</O<</S/JavaScript/JS(app.alert(1))>>>>>>endobj
trailer<</Root 1 0 R>>
%%EOF"""


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.jpg", b"", "evidence.empty"),
        ("a.jpg", b"MZ" + os.urandom(500), "evidence.wrong_kind"),
        ("a.jpg", b"<script>alert(1)</script>", "evidence.wrong_kind"),
        ("a.jpg", b"GIF89a" + os.urandom(99), "evidence.wrong_kind"),
        ("a.png", bomb(), "evidence.too_many_pixels"),
        ("a.jpg", photo()[:3000], "evidence.damaged"),
        ("a.pdf", b"%PDF-1.4\nnonsense", "evidence.damaged"),
        ("a.pdf", ACTIVE_PDF, "evidence.active_content"),
        ("a.jpg", b"\xff\xd8\xff" + bytes(21 << 20), "evidence.too_big"),
    ],
)  # fmt: skip
def test_what_is_no_photo_is_refused(name: str, data: bytes, code: str) -> None:
    with pytest.raises(Problem) as told:
        looking.look(name, data)
    assert told.value.code == code


def test_kept_once_sealed_and_whole() -> None:
    data = photo()
    first = store.keep(data, b"shown", b"small")
    assert store.keep(data, b"shown", b"small") == first
    where = store.path(first)
    assert where.parent == store.root() / first[:2] / first[2:4]
    assert b"JFIF" not in where.read_bytes()
    assert (where.stat().st_mode & 0o077) == 0
    assert store.read(first) == data
    assert store.read(first, store.SMALL) == b"small"
    broken = bytearray(where.read_bytes())
    broken[-1] ^= 1
    where.write_bytes(broken)
    with pytest.raises(Problem, match=r"evidence.lost"):
        store.read(first)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "g" * 64])
def test_only_hashes_name_files(name: str) -> None:
    with pytest.raises(Problem, match=r"evidence.lost"):
        store.path(name)


@pytest.mark.usefixtures("world")
def test_attached_scoped_and_audited() -> None:
    mine = world.scope(world.GAOLING)
    kept = commands.attach(
        mine, CASE, world.DINGFU, [Given("C:\\照片\\1.jpg", photo()), Given("2.pdf", scan())],
        step="publish", piece="posting", said=Said(place="村委会公告栏"),
    )  # fmt: skip
    assert [a.name for a in kept] == ["1.jpg", "2.pdf"]
    assert kept[0].taken_at is not None
    assert kept[0].place == "村委会公告栏"
    again = commands.attach(mine, CASE, world.DINGFU, [Given("1.jpg", store.read(kept[0].content_id))],
                            step="publish", piece="posting")  # fmt: skip
    assert again[0].pk == kept[0].pk
    assert Content.objects.count() == 2
    assert list(queries.attached(mine, CASE, "publish")) == kept
    with pytest.raises(Problem, match=r"evidence.not_found"):
        queries.shown(world.scope(world.DISU), kept[0].pk)
    with pytest.raises(Problem, match=r"access.out_of_scope"):
        commands.attach(mine, CASE, world.DISU_VILLAGE, [Given("1.jpg", photo())])
    with pytest.raises(Problem, match=r"evidence.in_use"):
        commands.withdraw(mine, kept[0].pk, in_use=True)
    commands.withdraw(mine, kept[0].pk, in_use=False)
    assert list(queries.attached(mine, CASE)) == kept[1:]
    assert verify().ok


@pytest.mark.usefixtures("world")
def test_one_bad_file_keeps_none() -> None:
    mine = world.scope(world.GAOLING)
    with pytest.raises(Problem, match=r"evidence.wrong_kind"):
        commands.attach(mine, CASE, world.DINGFU, [Given("1.jpg", photo()), Given("2", b"MZ..")])
    assert not Attachment.objects.exists()
    with pytest.raises(Problem, match=r"evidence.too_many"):
        commands.attach(mine, CASE, world.DINGFU, [Given("1.jpg", photo())] * 21)


def _command(code: str) -> str:
    return f'python3 -c "import sys; sys.stdin.buffer.read(); {code}"'


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (_command("sys.exit(0)"), ""),
        (_command("print('Eicar FOUND'); sys.exit(1)"), "evidence.infected"),
        (_command("sys.exit(2)"), "evidence.scan_failed"),
        ("no-such-scanner-here -", "evidence.scan_failed"),
        ("clamd:/no/such/socket", "evidence.scan_failed"),
    ],
)
def test_scanner_command(settings: Any, command: str, code: str) -> None:
    settings.BANGFU_SCAN = command
    if not code:
        scanning.scan("x", b"data")
        return
    with pytest.raises(Problem) as told:
        scanning.scan("x", b"data")
    assert told.value.code == code


def _clamd(answer: Callable[[bytes], bytes]) -> int:
    """A daemon that speaks INSTREAM for one connection; its port."""
    door = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        link, _where = door.accept()
        with door, link, link.makefile("rb") as stream:
            assert stream.read(10) == b"zINSTREAM\0"
            data = b""
            while size := struct.unpack(">I", stream.read(4))[0]:
                data += stream.read(size)
            link.sendall(answer(data))

    threading.Thread(target=serve, daemon=True).start()
    return int(door.getsockname()[1])


def test_scanner_daemon(settings: Any) -> None:
    def answer(data: bytes) -> bytes:
        return b"stream: Eicar-Test FOUND\0" if b"EICAR" in data else b"stream: OK\0"

    settings.BANGFU_SCAN = f"clamd:127.0.0.1:{_clamd(answer)}"
    scanning.scan("x", b"clean" * 50_000)
    settings.BANGFU_SCAN = f"clamd:127.0.0.1:{_clamd(answer)}"
    with pytest.raises(Problem, match="Eicar-Test"):
        scanning.scan("x", b"EICAR")
