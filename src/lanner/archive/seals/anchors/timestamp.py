"""An RFC 3161 time-stamp authority: it signs that a head was there at a time, and cannot be asked to sign the past."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from lanner.archive.seals.anchored import Anchored
from lanner.archive.seals.anchors.anchor import Minutes
from lanner.archive.seals.finding import Finding
from lanner.config.typed import PathText, Settings
from lanner.errors import GroundError, UsageError

# What is heavy is imported by the methods: every verb loads the settings.
if TYPE_CHECKING:
    from cryptography import x509

_NAME = re.compile(r"(\d{12})-([0-9a-f]{64})\.tsr")
_SECONDS = 20.0
_MOST_BYTES = 1 << 20
_HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


class TimestampAnchorSettings(Settings, tag="timestamp"):
    """A time-stamp authority by RFC 3161 over HTTP (extra `timestamps`)."""

    url: Annotated[str, Meta(pattern=r"^https?://", description="Where it answers.")]
    certificate: Annotated[PathText, Meta(description="Its root certificate, PEM; stamps are verified with it.")]
    folder: Annotated[
        PathText, Meta(description="Where stamps are kept; empty: beside the chain. Copy them elsewhere, too.")
    ] = ""
    every_minutes: Minutes = 1440


class TimestampAnchor:
    """Keeps the authority's answers as files; they cannot be forged, but whoever holds the disk can delete them."""

    def __init__(self, settings: TimestampAnchorSettings, folder: Path) -> None:
        self._settings = settings
        self._folder = Path(settings.folder) if settings.folder else folder / "timestamps"
        self.name = settings.url
        self.every = dt.timedelta(minutes=settings.every_minutes)

    def note(self, head: Anchored) -> None:
        """Have the head stamped; a stamp that does not verify is not kept. Raises GroundError, UsageError."""
        import httpx  # noqa: PLC0415 - heavy

        client = _library()
        asked = client.TimestampRequestBuilder().data(head.hash.encode()).build()
        try:
            answer = httpx.post(self.name, content=asked.as_bytes(), headers=_HEADERS, timeout=_SECONDS)
            answer.raise_for_status()
            stamp = answer.content[:_MOST_BYTES]
            self._check(client, stamp, head.hash)
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / f"{head.number:012d}-{head.hash}.tsr").write_bytes(stamp)
        except (httpx.HTTPError, ValueError, client.VerificationError) as error:
            raise GroundError(f"{self.name}: no time-stamp: {error}") from error
        except OSError as error:
            raise GroundError(f"{self._folder}: cannot keep the time-stamp: {error.strerror}") from error

    def read(self) -> Iterator[Anchored | Finding]:
        """Verify each stamp and yield its time; raises GroundError, UsageError."""
        client = _library()
        for path in sorted(self._folder.glob("*.tsr")):
            match = _NAME.fullmatch(path.name)
            if not match:
                continue
            try:
                time = self._check(client, path.read_bytes()[:_MOST_BYTES], match[2])
            except (ValueError, client.VerificationError) as error:
                yield Finding("anchor", f"the time-stamp {path.name} does not verify: {error}", link=int(match[1]))
            else:
                yield Anchored(int(match[1]), match[2], time, self.name)

    def _check(self, client: Any, stamp: bytes, head: str) -> dt.datetime:
        response = client.decode_timestamp_response(stamp)
        builder = client.VerifierBuilder()
        for root in self._roots():
            builder = builder.add_root_certificate(root)
        builder.build().verify_message(response, head.encode())
        time: dt.datetime = response.tst_info.gen_time
        return time

    def _roots(self) -> list[x509.Certificate]:
        from cryptography import x509  # noqa: PLC0415 - heavy

        path = Path(self._settings.certificate)
        try:
            return x509.load_pem_x509_certificates(path.read_bytes())
        except OSError as error:
            raise GroundError(f"{path}: cannot read the authority's certificate: {error.strerror}") from error
        except ValueError as error:
            raise UsageError(f"{path}: no certificate in PEM form") from error


def _library() -> Any:
    try:
        return import_module("rfc3161_client")
    except ImportError:
        raise GroundError("time-stamps need rfc3161-client: install lanner with the extra `timestamps`") from None
