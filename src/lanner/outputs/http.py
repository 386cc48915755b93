"""Alerts by HTTP POST, one a request, as Falco's http_output does; falcosidekick's input takes them."""

from __future__ import annotations

import gzip
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

import lanner
from lanner.config.typed import PathText
from lanner.detect.alert import Alert
from lanner.outputs.form import Form, FormSettings, escape_controls
from lanner.outputs.output import DeliveryError, OutputName

if TYPE_CHECKING:
    import ssl

    import httpx

_ANSWER_BYTES = 16 * 1024
_SHOWN_CHARACTERS = 200
_LATER = frozenset({408, 425, 429})


class HttpSettings(FormSettings, kw_only=True, tag="http", tag_field="type"):
    """Posts each alert to a URL, such as falcosidekick's `http://falcosidekick:2801/`."""

    url: Annotated[str, Meta(description="Where to post; http or https.")]
    name: OutputName = ""
    format: Annotated[
        Literal["text", "json"], Meta(description="Form of the body; falcosidekick takes only `json`.")
    ] = "json"
    headers: Annotated[dict[str, str], Meta(description="Further request headers, such as Authorization.")] = (
        msgspec.field(default_factory=dict)
    )
    user_agent: Annotated[str, Meta(description="The User-Agent header.")] = f"lanner/{lanner.__version__}"
    insecure: Annotated[bool, Meta(description="Do not check the server's certificate.")] = False
    ca_cert: Annotated[PathText, Meta(description="PEM file with the authorities to trust; empty: the system's.")] = ""
    ca_path: Annotated[PathText, Meta(description="Folder of hashed certificates to trust, as OpenSSL wants it.")] = ""
    client_cert: Annotated[PathText, Meta(description="PEM file with the client's certificate.")] = ""
    client_key: Annotated[PathText, Meta(description="PEM file with its key; empty: the key is in `client_cert`.")] = ""
    compress_uploads: Annotated[
        bool, Meta(description="Send bodies gzip-compressed; the server must take Content-Encoding.")
    ] = False
    keep_alive: Annotated[bool, Meta(description="Use one connection for many alerts.")] = True
    timeout: Annotated[float, Meta(gt=0, le=600, description="Seconds to wait for each step of a request.")] = 5.0

    def __post_init__(self) -> None:
        """Refuse what can never be posted to; raises ValueError."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"url: '{self.url}' is no http:// or https:// address with a host")


class HttpOutput:
    """Posts in order and stops at the first alert that fails; the caller tries again from there."""

    immediate = False

    def __init__(self, settings: HttpSettings) -> None:
        parts = urlsplit(settings.url)
        self._target = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        self.name = settings.name or f"http:{self._target}"
        self._settings = settings
        self._form = Form(settings)
        self._client: httpx.Client | None = None

    def send(self, alerts: Sequence[Alert]) -> None:
        """Post all alerts; raise DeliveryError, not retryable when the server refused an alert for good."""
        for sent, alert in enumerate(alerts):
            try:
                self._post(self._form.encode(alert))
            except DeliveryError as error:
                raise DeliveryError(str(error), retryable=error.retryable, sent=sent) from error

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _post(self, body: bytes) -> None:
        import httpx  # noqa: PLC0415 - a tenth of a second that commands without this output need not wait

        data = gzip.compress(body, mtime=0) if self._settings.compress_uploads else body
        try:
            if self._client is None:
                self._client = _client(self._settings, self._form.content_type)
            with self._client.stream("POST", self._settings.url, content=data) as response:
                text = _read_some(response, self._settings.timeout)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            reason = str(error) or type(error).__name__
            raise DeliveryError(f"cannot post alerts to {self._target}: {reason}", retryable=True) from error
        if not response.is_success:
            retryable = response.is_server_error or response.status_code in _LATER
            raise DeliveryError(_refusal(self._target, response, text), retryable=retryable)


def _refusal(target: str, response: httpx.Response, text: str) -> str:
    message = f"{target} answered {response.status_code} {response.reason_phrase}".rstrip()
    if response.has_redirect_location:
        return f"{message}: write {escape_controls(response.headers['location'][:_SHOWN_CHARACTERS])} as url"
    return f"{message}: {text}" if text else message


def _read_some(response: httpx.Response, seconds: float) -> str:
    """Read the answer as far as it is short and quick, so that the connection can be used again."""
    data = b""
    end = time.monotonic() + seconds
    for piece in response.iter_raw(4096):
        data += piece
        if len(data) >= _ANSWER_BYTES or time.monotonic() > end:
            break
    return escape_controls(data[:_SHOWN_CHARACTERS].decode(errors="replace").strip())


def _client(settings: HttpSettings, content_type: str) -> httpx.Client:
    import httpx  # noqa: PLC0415 - see _post

    headers: Mapping[str, str] = {
        "User-Agent": settings.user_agent,
        "Content-Type": content_type,
        **({"Content-Encoding": "gzip"} if settings.compress_uploads else {}),
        **settings.headers,
    }
    kept = 1 if settings.keep_alive else 0
    return httpx.Client(
        headers=headers,
        verify=_tls(settings),
        timeout=settings.timeout,
        limits=httpx.Limits(max_connections=1, max_keepalive_connections=kept),
    )


def _tls(settings: HttpSettings) -> ssl.SSLContext:
    import ssl  # noqa: PLC0415 - see _post

    context = ssl.create_default_context(cafile=settings.ca_cert or None, capath=settings.ca_path or None)
    if settings.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if settings.client_cert:
        context.load_cert_chain(settings.client_cert, settings.client_key or None)
    return context
