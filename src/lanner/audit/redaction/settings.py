"""The `redaction:` section of lanner.yaml: what is hidden before anything is stored or shown."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from msgspec import Meta

from lanner.audit.redaction.names import compiled
from lanner.config.typed import Settings

Part = Literal[
    "secrets", "tokens", "certificates", "configmaps", "environment", "arguments", "annotations", "patterns"
]  # fmt: skip
PARTS: tuple[Part, ...] = get_args(Part)

NAMES = (
    r"passw(or)?d",
    r"passphrase",
    r"(^|[-_.])(pass|pwd)$",
    r"secret",
    r"token",
    r"credential",
    r"(api|access|account|private|encryption|signing|master|shared|storage|deploy|client)[-_.]?key",
    r"conn(ection)?[-_.]?str(ing)?",
    r"(^|[-_.])dsn$",
    r"(^|[-_.])auth(orization)?$",
    r"\.(key|p12|pfx|jks|keystore)$",
    r"(^|[-_.])id_(rsa|dsa|ecdsa|ed25519)$",
    r"docker(cfg|configjson|config\.json)$",
    r"kubeconfig",
    r"htpasswd|pgpass|netrc",
)
"""Names behind which values are secret, wherever a name says what a value is."""

PLAIN_NAMES = (
    r"[-_.]?(file|path|dir|name|names|namespace|ttl|expiration|seconds|enabled|type|mode|policy|version|count|size)$",
)
"""Names that only tell where a secret is or how it is treated."""

ANNOTATIONS = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "kapp.k14s.io/original",
    "objectset.rio.cattle.io/applied",
    "banzaicloud.com/last-applied",
)
"""Annotations in which tools keep the whole object once more."""

_WORDS = "A word that ends in `*` matches by prefix."
Pattern = Annotated[str, Meta(min_length=1, max_length=1000)]
Pointer = Annotated[str, Meta(pattern=r"^(/[^/]+)+$", max_length=1000)]
Words = tuple[Annotated[str, Meta(min_length=1, max_length=300)], ...]


class ExtraRule(Settings):
    """One more kind of value to hide. All lists given must fit; `paths`, `keys` and `values` each find some."""

    name: Annotated[str, Meta(min_length=1, max_length=100, description="Under this name the values are counted.")]
    resources: Annotated[Words, Meta(description=f"Resources, written `pods` or `pods/exec`; none: all. {_WORDS}")] = ()
    namespaces: Annotated[Words, Meta(description=f"Namespaces; none: all. {_WORDS}")] = ()
    paths: Annotated[
        tuple[Pointer, ...],
        Meta(description="Places in the object, such as `/spec/*/token`: `*` is any key, lists are passed through."),
    ] = ()
    keys: Annotated[tuple[Pattern, ...], Meta(description="Regular expressions (RE2) for keys, at any depth.")] = ()
    values: Annotated[
        tuple[Pattern, ...],
        Meta(description="Regular expressions (RE2) within texts; what group 1 holds goes, else all that fits."),
    ] = ()

    def __post_init__(self) -> None:
        """Refuse a rule that hides nothing and patterns that are none; raises ValueError."""
        if not (self.paths or self.keys or self.values):
            raise ValueError("give paths, keys or values")
        compiled(self.keys)
        compiled(self.values)


class Keep(Settings):
    """An exception: values that stay. All lists that are given must fit."""

    resources: Annotated[Words, Meta(description=f"Resources, written `configmaps`. {_WORDS}")] = ()
    namespaces: Annotated[Words, Meta(description=f"Namespaces. {_WORDS}")] = ()
    names: Annotated[Words, Meta(description=f"Names of objects. {_WORDS}")] = ()
    keys: Annotated[
        Words,
        Meta(description=f"Names of values: keys of data, environment variables. None: all of the event. {_WORDS}"),
    ] = ()

    def __post_init__(self) -> None:
        """Refuse an exception from everything; raises ValueError."""
        if not (self.resources or self.namespaces or self.names or self.keys):
            raise ValueError("give resources, namespaces, names or keys; `redaction.enabled: false` keeps everything")


class RedactionSettings(Settings):
    """What is hidden before anything is stored or shown; rules on the stream still see it."""

    enabled: Annotated[bool, Meta(description="Hide secret values.")] = True
    parts: Annotated[
        tuple[Part, ...], Meta(description="Which kinds of values are hidden; see the page on redaction.")
    ] = PARTS
    names: Annotated[
        tuple[Pattern, ...],
        Meta(description="Regular expressions (RE2, case does not count) for names behind which values are secret."),
    ] = NAMES
    plain_names: Annotated[
        tuple[Pattern, ...], Meta(description="The same for names that are not secret though `names` fits them.")
    ] = PLAIN_NAMES
    annotations: Annotated[Words, Meta(description="Annotations that repeat the whole object.")] = ANNOTATIONS
    rules: Annotated[tuple[ExtraRule, ...], Meta(description="More values to hide.")] = ()
    keep: Annotated[tuple[Keep, ...], Meta(description="Exceptions: values that stay.")] = ()

    def __post_init__(self) -> None:
        """Refuse patterns that are none; raises ValueError."""
        compiled(self.names)
        compiled(self.plain_names)
