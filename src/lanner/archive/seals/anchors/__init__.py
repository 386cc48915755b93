"""Anchors: the newest link is noted where the archive's keeper cannot take it back; one file a kind."""

from __future__ import annotations

from pathlib import Path

from lanner.archive.seals.anchors.anchor import Anchor
from lanner.archive.seals.anchors.file import FileAnchor, FileAnchorSettings
from lanner.archive.seals.anchors.s3 import S3Anchor, S3AnchorSettings
from lanner.archive.seals.anchors.timestamp import TimestampAnchor, TimestampAnchorSettings

AnchorSettings = FileAnchorSettings | S3AnchorSettings | TimestampAnchorSettings


def make_anchor(settings: AnchorSettings, folder: Path) -> Anchor:
    """Return the anchor that the settings ask for; `folder` is that of the seals."""
    match settings:
        case FileAnchorSettings():
            return FileAnchor(settings)
        case S3AnchorSettings():
            return S3Anchor(settings)
        case TimestampAnchorSettings():
            return TimestampAnchor(settings, folder)
