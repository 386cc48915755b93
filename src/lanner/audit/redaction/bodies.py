"""Which values of a body are secret, by the kind of object they stand in and the names they stand behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lanner.audit.redaction.arguments import secrets_in
from lanner.audit.redaction.edits import Edit
from lanner.audit.redaction.escaped import Inner, json_inner, json_string
from lanner.audit.redaction.marks import MARK, Marker, from_base64
from lanner.audit.redaction.scope import Extra, Scope
from lanner.audit.redaction.uri import in_uri
from lanner.audit.redaction.values import NameTest, in_text, says_something
from lanner.audit.redaction.walk import Frame

HOLDERS = frozenset((b"data", b"stringdata", b"binarydata"))
ENCODED = frozenset((b"data", b"binarydata"))
WORD_LISTS = frozenset((b"args", b"command"))
BODIES = frozenset((b"requestObject", b"responseObject"))
LONGEST_FACT = 4096

_QUOTE = 0x22
_WATCHED = (b"Secret", b"ConfigMap")
_NOTHING = frozenset((b"null", b'""', b"{}", b"[]"))
_ISSUED = {
    b"status.token": ("tokens", b"TokenRequest", "serviceaccounts/token"),
    b"spec.token": ("tokens", b"TokenReview", "tokenreviews"),
    b"spec.request": ("certificates", b"CertificateSigningRequest", "certificatesigningrequests"),
    b"status.certificate": ("certificates", b"CertificateSigningRequest", "certificatesigningrequests"),
}
"""Values that stand at a fixed place of a kind: the part of the settings, the kind, its resource."""


class BodyRules:
    """Listens to a walk over an event or a part of one and gathers `edits`."""

    def __init__(
        self, text: bytes, scope: Scope, marker: Marker, is_secret: NameTest, annotations: frozenset[bytes]
    ) -> None:
        self.edits: list[Edit] = []
        self.text, self._scope, self._marker = text, scope, marker
        self._is_secret, self._annotations = is_secret, annotations
        resource = scope.about.resource or ""
        self._resource = resource
        self._secrets = resource.partition("/")[0] == "secrets"
        self._configmaps = resource.partition("/")[0] == "configmaps"

    def member(self, frame: Frame, key: bytes, start: int, end: int) -> None:
        """Note what the object's end will ask for, and decide what can be decided."""
        parent = frame.parent
        if frame.is_object:
            if parent is None and key == b"requestURI":
                self.uri(start, end)
            self._note(frame, key, start, end)
            if key in self._annotations and "annotations" in self._scope.parts:
                self._whole(start, end, "annotations")
        elif frame.key in WORD_LISTS and self.text[start] == _QUOTE:
            frame.held.append((b"word", b"", start, end))
        if parent is not None and _holds(frame.key):
            parent.held.append((frame.key.lower(), key, start, end))
        for extra in self._scope.extras:
            self._further(extra, frame, key, start, end)

    def _note(self, frame: Frame, key: bytes, start: int, end: int) -> None:
        quoted = self.text[start] == _QUOTE
        if quoted and key in (b"kind", b"name", b"path") and end - start <= LONGEST_FACT:
            content = json_string(self.text[start:end])
            if key == b"kind":
                frame.kind = frame.kind if frame.kind in _WATCHED else content
            elif key == b"name":
                frame.name = content
            else:
                frame.pointer = content
        elif key == b"value":
            frame.value = (start, end)
        elif not self._is_container(start) and key.lower() in HOLDERS:
            frame.held.append((key.lower(), b"", start, end))
        slot = frame.key + b"." + key
        if frame.parent is not None and slot in _ISSUED:
            frame.parent.held.append((slot, b"", start, end))

    def _is_container(self, start: int) -> bool:
        return self.text[start] in b"{["

    def uri(self, start: int, end: int) -> None:
        """Hide secrets in the requestURI."""
        if "arguments" in self._scope.parts and self.text[start] == _QUOTE:
            for place, value in in_uri(self.text, start, end, self._is_secret):
                if not MARK.match(value):
                    self.edits.append(Edit(*place, self._marker.mark(value), "arguments"))

    def annotation(self, start: int, end: int) -> None:
        """Hide an annotation that repeats its object."""
        self._whole(start, end, "annotations")

    def pattern(self, start: int, end: int) -> None:
        """Hide a token or private key that was found by its form."""
        value = self.text[start:end]
        clear = json_string(b'"' + value + b'"')
        self.edits.append(Edit(start, end, self._marker.mark(_canonical(clear)), "patterns"))

    def close(self, frame: Frame) -> None:
        """Decide about what an object holds: by now its kind and name are known."""
        if not frame.is_object:
            if frame.held and frame.key in WORD_LISTS and "arguments" in self._scope.parts:
                self._command([(start, end) for slot, _, start, end in frame.held if slot == b"word"])
            return
        secret = self._secrets or frame.kind == b"Secret"
        for slot, key, start, end in self._steps(frame, secret=secret):
            if slot in HOLDERS:
                self._held(slot, key, start, end, secret=secret, config=self._configmaps or frame.kind == b"ConfigMap")
            elif slot in _ISSUED:
                self._issued(slot, frame, start, end)
        if frame.value is not None and frame.name is not None and frame.pointer is None:
            self._named(frame.name, *frame.value)

    def _steps(self, frame: Frame, *, secret: bool) -> Iterator[tuple[bytes, bytes, int, int]]:
        """Give what the object holds; a step of a JSON patch (RFC 6902) tells by its path what its value is."""
        yield from (held for held in frame.held if held[0] != b"value")
        if frame.value is None or (frame.pointer is None and not secret):
            return
        keys = _pointer_keys(frame.pointer)
        place = next((at for at, key in enumerate(keys) if key.lower() in HOLDERS), None)
        if place is None:
            if secret and not keys and (frame.pointer is None or not self._is_container(frame.value[0])):
                yield b"stringdata", b"", *frame.value
            elif keys and keys[-1] in self._annotations and "annotations" in self._scope.parts:
                self._whole(*frame.value, "annotations")
        elif place + 1 < len(keys):
            yield keys[place].lower(), keys[place + 1], *frame.value
        elif self._is_container(frame.value[0]):
            yield from (
                (keys[place].lower(), key, start, end) for slot, key, start, end in frame.held if slot == b"value"
            )
        else:
            yield keys[place].lower(), b"", *frame.value

    def _held(self, slot: bytes, key: bytes, start: int, end: int, *, secret: bool, config: bool) -> None:
        if self._scope.keeps(key):
            return
        decode = from_base64 if slot in ENCODED else None
        if secret:
            if "secrets" in self._scope.parts:
                self._whole(start, end, "secrets", decode)
        elif config and "configmaps" in self._scope.parts:
            self._by_name(key, start, end, "configmaps", from_base64 if slot == b"binarydata" else None)

    def _issued(self, slot: bytes, frame: Frame, start: int, end: int) -> None:
        part, kind, resource = _ISSUED[slot]
        about = self._resource if resource == "serviceaccounts/token" else self._resource.partition("/")[0]
        if part not in self._scope.parts or not (frame.kind == kind or about == resource):
            return
        if slot == b"status.certificate":
            self._whole(start, end, part, from_base64, self._marker.mark_certificate)
        else:
            self._whole(start, end, part, from_base64 if slot == b"spec.request" else None)

    def _named(self, name: bytes, start: int, end: int) -> None:
        """Decide about the value of a named one: an environment variable, a header of a probe."""
        if "environment" in self._scope.parts and not self._is_container(start) and not self._scope.keeps(name):
            self._by_name(name, start, end, "environment", None)

    def _by_name(self, name: bytes, start: int, end: int, reason: str, decode: Callable[[bytes], bytes] | None) -> None:
        if self._is_secret(name):
            self._whole(start, end, reason, decode)
        elif self.text[start] == _QUOTE:
            found = list(in_text(json_string(self.text[start:end]), self._is_secret))
            if found:
                inner = json_inner(self.text, start, end)
                for place in found:
                    self._part(inner, *place, reason)

    def _command(self, places: list[tuple[int, int]]) -> None:
        words = [json_inner(self.text, *place) for place in places]
        for found in secrets_in([word.data for word in words], self._is_secret):
            self._part(words[found.word], found.start, found.end, "arguments")

    def _further(self, extra: Extra, frame: Frame, key: bytes, start: int, end: int) -> None:
        path = _path(frame, key)
        if not path or self._scope.keeps(key):
            return
        if extra.finds(path, key):
            self._whole(start, end, extra.reason)
        elif extra.in_values and self.text[start] == _QUOTE:
            inner = json_inner(self.text, start, end)
            for first, last in extra.within(inner.data):
                self._part(inner, first, last, extra.reason)

    def _part(self, inner: Inner, start: int, end: int, reason: str) -> None:
        value = inner.data[start:end]
        if not MARK.match(value):
            self.edits.append(Edit(*inner.span(start, end), self._marker.mark(value), reason))

    def _whole(
        self,
        start: int,
        end: int,
        reason: str,
        decode: Callable[[bytes], bytes] | None = None,
        mark: Callable[[bytes], bytes] | None = None,
    ) -> None:
        """Replace a value by its mark as a JSON string; what is empty says nothing and stays."""
        value = self.text[start:end]
        if value in _NOTHING:
            return
        if value[0] == _QUOTE:
            value = json_string(value)
            if MARK.fullmatch(value) or (reason == "environment" and not says_something(value)):
                return
            value = decode(value) if decode else value
        self.edits.append(Edit(start, end, b'"' + (mark or self._marker.mark)(value) + b'"', reason))


def _canonical(value: bytes) -> bytes:
    """Return a private key as it stands in a Secret, where base64 has been taken off."""
    return from_base64(value) if value.startswith(b"LS0t") else value


def _holds(key: bytes) -> bool:
    return key == b"value" or key.lower() in HOLDERS


def _pointer_keys(pointer: bytes | None) -> list[bytes]:
    return [key.replace(b"~1", b"/").replace(b"~0", b"~") for key in (pointer or b"").split(b"/") if key]


def _path(frame: Frame, key: bytes) -> tuple[bytes, ...]:
    """Return the keys from a body to a value, without places in lists; none where the value is in no body."""
    keys = [key]
    at = frame
    while at.parent is not None and at.parent.parent is not None:
        keys.append(at.key)
        at = at.parent
    return tuple(key for key in reversed(keys) if key) if at.key in BODIES else ()
