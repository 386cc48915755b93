"""Objects under Object Lock in S3 or what speaks its language: nobody deletes them before their time, root included."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from lanner.archive.seals.anchored import Anchored
from lanner.archive.seals.anchors.anchor import Minutes
from lanner.archive.seals.finding import Finding
from lanner.config.typed import Settings
from lanner.errors import GroundError

_NAME = re.compile(r"(\d{12})-([0-9a-f]{64})\.json")


class S3AnchorSettings(Settings, tag="s3"):
    """A bucket with Object Lock; credentials and region come from the environment, as for boto3 (extra `s3`)."""

    bucket: Annotated[str, Meta(min_length=3, max_length=63, description="Made with Object Lock enabled.")]
    prefix: Annotated[str, Meta(max_length=500, description="Goes before the objects' names.")] = "lanner/"
    endpoint: Annotated[str, Meta(description="URL of a server that is not Amazon's.")] = ""
    mode: Annotated[
        Literal["GOVERNANCE", "COMPLIANCE"], Meta(description="`COMPLIANCE` binds the account's root, too.")
    ] = "COMPLIANCE"
    days: Annotated[int, Meta(ge=1, le=36_500, description="Days for which an object cannot be deleted.")] = 400
    every_minutes: Minutes = 60


class S3Anchor:
    """Writes an object for each head; number and hash stand in its name, so that a listing gives them all."""

    def __init__(self, settings: S3AnchorSettings) -> None:
        self._settings = settings
        self.name = f"s3://{settings.bucket}/{settings.prefix}"
        self.every = dt.timedelta(minutes=settings.every_minutes)

    def note(self, head: Anchored) -> None:
        """Put a locked object; raises GroundError."""
        asked = self._settings
        until = dt.datetime.now(dt.UTC) + dt.timedelta(days=asked.days)
        try:
            self._client().put_object(
                Bucket=asked.bucket,
                Key=f"{asked.prefix}{head.number:012d}-{head.hash}.json",
                Body=msgspec.json.encode({"number": head.number, "hash": head.hash, "time": head.time}),
                ObjectLockMode=asked.mode,
                ObjectLockRetainUntilDate=until,
                ChecksumAlgorithm="SHA256",
            )
        except Exception as error:
            raise GroundError(f"{self.name}: cannot put the anchor: {error}") from error

    def read(self) -> Iterator[Anchored | Finding]:
        """Yield the objects with the time that the store gave them; raises GroundError."""
        asked = self._settings
        try:
            pages = self._client().get_paginator("list_objects_v2").paginate(Bucket=asked.bucket, Prefix=asked.prefix)
            found = [entry for page in pages for entry in page.get("Contents", [])]
        except Exception as error:
            raise GroundError(f"{self.name}: cannot list the anchors: {error}") from error
        for entry in found:
            match = _NAME.fullmatch(entry["Key"].removeprefix(asked.prefix))
            if match:
                yield Anchored(int(match[1]), match[2], entry["LastModified"], self.name)

    def _client(self) -> Any:
        try:
            boto3 = import_module("boto3")
        except ImportError:
            raise GroundError("anchors in S3 need boto3: install lanner with the extra `s3`") from None
        return boto3.client("s3", endpoint_url=self._settings.endpoint or None)
