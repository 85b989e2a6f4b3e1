"""Static files as the running site has them: hashed names, compressed, found by manifest."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class CollectedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc] # untyped
    """A file that a page names but nobody collected is a plain 404, not a broken page."""

    manifest_strict = False
