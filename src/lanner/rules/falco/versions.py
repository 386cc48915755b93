"""What rules may require: the engine's version and the plugins', as Falco 0.45 with its k8saudit plugin answers."""

from __future__ import annotations

import re
from typing import NamedTuple

ENGINE = "0.63.0"
PLUGINS = {"k8saudit": "0.18.0", "json": "0.7.4"}
"""The plugins whose events and fields lanner provides, in the versions it matches."""

TOLERATED = frozenset({
    "container", "k8saudit-aks", "k8saudit-eks", "k8saudit-gke", "k8saudit-ovh", "k8smeta", "cloudtrail", "github",
    "okta", "gcpaudit", "gcp_auditlog", "gitlab", "keycloak", "kafka", "krsi", "anomalydetection", "journald", "nomad",
    "docker", "collector", "salesforce", "box",
})  # fmt: skip
"""Plugins of Falco's registry that rules may name: their events lanner reads by itself or has none of."""

_NUMBER = r"[ \t\n\r\f\v]*([+-]?[0-9]+)"
_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}")


class Version(NamedTuple):
    """A semantic version; prints as major.minor.patch."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


class Requirement(NamedTuple):
    """A plugin by name and the least version of it."""

    name: str
    version: str


def parse_version(text: str) -> Version | None:
    """Read x.y.z as C's scanf reads unsigned numbers, ignoring what follows; None when it is no version."""
    found = _VERSION.match(text)
    return Version(*map(_wrapped, found.groups())) if found else None


def _wrapped(text: str) -> int:
    # More than 64 bits stop at the greatest number, then the lower 32 bits count.
    digits = text.lstrip("+-").lstrip("0")
    number = min(int(digits[:21] or "0"), (1 << 64) - 1)
    return (-number if text[0] == "-" else number) & 0xFFFFFFFF


def compatible(offered: Version, required: Version) -> bool:
    """Say whether a version satisfies a requirement: same major, not older."""
    return offered.major == required.major and offered >= required


def engine_problem(required: Version) -> str | None:
    """Return why the engine is too old for rules, in Falco's words, or None."""
    offered = parse_version(ENGINE)
    assert offered is not None
    if compatible(offered, required):
        return None
    return f"Rules require engine version {required}, but engine version is {offered}"


def plugin_problem(alternatives: list[Requirement]) -> str | None:
    """Return why no plugin of a list of alternatives is there, in Falco's words, or None."""
    for name, version in alternatives:
        offered = PLUGINS.get(name)
        if offered is not None:
            return _mismatch(name, offered, version)
    if any(name in TOLERATED for name, _version in alternatives):
        return None
    wanted = ", ".join(f"{name} (>= {version})" for name, version in alternatives)
    return f"Plugin requirement not satisfied, must load one of: {wanted}"


def _mismatch(name: str, offered: str, required: str) -> str | None:
    have, want = parse_version(offered), parse_version(required)
    if have is not None and want is not None and compatible(have, want):
        return None
    return f"Plugin '{name}' version '{offered}' is not compatible with required plugin version '{required}'"
