"""What `bangfu doctor` says of the room."""

from __future__ import annotations

from bangfu.kernel.health import Finding, bad, check, ok, warn


@check("病毒扫描", "Virus scan")
def virus_scan() -> Finding:
    from bangfu.evidence import scanning

    if not scanning.scanner():
        return warn(
            "没有设置，上传的照片和扫描件不扫描病毒", "not set: uploaded photos are not scanned",
            "设置 BANGFU_SCAN，如 clamd:/run/clamav/clamd.ctl。",
            "Set BANGFU_SCAN, such as clamd:/run/clamav/clamd.ctl.",
        )  # fmt: skip
    fault = scanning.ping()
    if fault:
        return bad(
            fault, fault, "检查扫描程序和 BANGFU_SCAN；在此之前上传会被拒绝。",
            "Check the scanner and BANGFU_SCAN; until then uploads are refused.",
        )  # fmt: skip
    return ok(scanning.scanner(), scanning.scanner())
