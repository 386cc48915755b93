"""The `archive:` section of lanner.yaml: where the archive lives, what is kept, how often it commits."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from lanner.archive.retention.settings import RetentionSettings
from lanner.archive.seals.anchors import AnchorSettings
from lanner.config.typed import PathText, Settings

Positive = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]
ClusterName = Annotated[str, msgspec.Meta(min_length=1, max_length=253)]
DropName = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]

Stage = Literal["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"]

HUNT_MEMORY = "512MB"
"""What a hunt or an export may take of memory before it spills to disk, in DuckDB's words."""

Level = Literal["None", "Metadata", "Request", "RequestResponse"]
Preset = Literal["probes", "node-leases", "leader-election", "events", "discovery", "control-plane-watches"]

KEPT_STAGES: tuple[Stage, ...] = ("ResponseStarted", "ResponseComplete", "Panic")


class Drop(Settings):
    """One noise filter: an event that matches every list that is given is not archived, but counted under `name`.

    A word matches exactly, one that ends in `*` by prefix. `resources` are written `pods` or `pods/log`;
    `url_prefixes` look only at requests that name no resource, such as `/healthz`. Of `groups` one must be the user's.
    """

    name: DropName
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    url_prefixes: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    levels: tuple[Level, ...] = ()
    codes: tuple[int, ...] = ()
    user_agents: tuple[str, ...] = ()


class Hold(Settings):
    """How many events of stages that are not kept wait, and how long, for a kept event of the same request."""

    events: Positive = 50_000
    bytes: Positive = 32 * 1024 * 1024
    seconds: Seconds = 120.0


class SealSettings(Settings):
    """Each commit adds a signed link to a chain; `lanner archive verify` holds the archive against it."""

    enabled: Annotated[bool, msgspec.Meta(description="Seal each commit.")] = True
    key: Annotated[
        PathText,
        msgspec.Meta(
            description="Private Ed25519 key in PEM form, made on first use; empty: `seals/seal.key` in the archive's "
            "folder. The public half lies beside it as `.pub`."
        ),
    ] = ""
    anchors: Annotated[
        tuple[AnchorSettings, ...],
        msgspec.Meta(description="Places outside the archive where the newest link is noted from time to time."),
    ] = ()


class CompactSettings(Settings):
    """Compaction in the background of `lanner run`: small files become few, sorted ones."""

    enabled: Annotated[bool, msgspec.Meta(description="Compact while `lanner run` runs.")] = True
    seconds: Annotated[float, msgspec.Meta(ge=1, description="How often to look for files to merge.")] = 60.0
    level: Annotated[int, msgspec.Meta(ge=1, le=22, description="zstd's level; above 12 it is slow.")] = 9
    memory_bytes: Annotated[
        int, msgspec.Meta(ge=1024 * 1024, description="Bytes of rows held at once, about; more pack better.")
    ] = 8 * 1024 * 1024
    keep_seconds: Annotated[
        float, msgspec.Meta(ge=0, description="How long files that were merged stay for readers that began with them.")
    ] = 3600.0


class ArchiveSettings(Settings):
    """Settings of the archive; `catalog` takes pyiceberg's own properties (uri, warehouse, s3.endpoint ...)."""

    enabled: bool = True
    catalog: dict[str, str] = msgspec.field(default_factory=dict)
    cluster: ClusterName = "default"
    keep_stages: tuple[Stage, ...] = KEPT_STAGES
    drop_presets: tuple[Preset, ...] = ()
    drop: tuple[Drop, ...] = ()
    hold: Hold = Hold()
    commit_seconds: Seconds = 10.0
    commit_events: Positive = 50_000
    commit_bytes: Positive = 32 * 1024 * 1024
    seals: Annotated[SealSettings, msgspec.Meta(description=str(SealSettings.__doc__))] = SealSettings()
    compact: Annotated[CompactSettings, msgspec.Meta(description=str(CompactSettings.__doc__))] = CompactSettings()
    retention: Annotated[RetentionSettings, msgspec.Meta(description=str(RetentionSettings.__doc__))] = (
        RetentionSettings()
    )
