"""All settings of lanner as one typed tree: what lanner.yaml holds and what a falco.yaml is translated to."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from lanner.archive.settings import ArchiveSettings
from lanner.audit.redaction.settings import RedactionSettings
from lanner.config import typed
from lanner.config.folders import default_data_folder
from lanner.config.typed import PathText
from lanner.detect.habits import HabitSettings
from lanner.outputs import OutputSettings
from lanner.outputs.stdout import StdoutSettings
from lanner.outputs.throttle import ThrottleSettings
from lanner.policy.prices import PriceSettings
from lanner.policy.watch_settings import PolicySettings
from lanner.settings.hunts import Priority, SavedHunt
from lanner.sources import SourceSettings

Matching = Literal["all", "first"]
LogLevel = Literal["debug", "info", "warning", "error"]
Bytes = Annotated[int, Meta(ge=1024 * 1024)]


class Target(typed.Settings):
    """Names rules: by a name in which `*` stands for anything, or by a tag."""

    rule: Annotated[str, Meta(description="Name of a rule; `*` stands for anything.")] = ""
    tag: Annotated[str, Meta(description="A tag that the rules carry.")] = ""

    def __post_init__(self) -> None:
        """Refuse an entry that names nothing or two things; raises ValueError."""
        if bool(self.rule) == bool(self.tag):
            raise ValueError("give either rule or tag")


class Selection(typed.Settings):
    """Switches rules on or off; later entries win, as in Falco's `rules` key."""

    enable: Annotated[Target | None, Meta(description="Rules to switch on, by `rule` or `tag`.")] = None
    disable: Annotated[Target | None, Meta(description="Rules to switch off, by `rule` or `tag`.")] = None

    def __post_init__(self) -> None:
        """Refuse an entry that does nothing or two things; raises ValueError."""
        if (self.enable is None) == (self.disable is None):
            raise ValueError("give either enable or disable")


class RulesSettings(typed.Settings):
    """Which rules run and how they match."""

    files: Annotated[
        tuple[PathText, ...],
        Meta(description="Rule files in Falco's language, and folders of them, in order; later ones may override."),
    ] = ()
    content: Annotated[bool, Meta(description="Load lanner's own rules before these files.")] = True
    pipelines: Annotated[
        tuple[PathText, ...],
        Meta(description="pySigma's processing pipelines, and folders of them, that Sigma's rules go through."),
    ] = ()
    matching: Annotated[
        Matching, Meta(description="`all`: every rule that matches fires; `first`: only the first one, as in Falco.")
    ] = "all"
    priority: Annotated[Priority, Meta(description="Rules below this priority are not loaded.")] = "debug"
    select: Annotated[
        tuple[Selection, ...], Meta(description="Switches rules on and off by name or tag; later entries win.")
    ] = ()
    watch: Annotated[bool, Meta(description="Load the rules again when a rule file changes.")] = True


class WebSettings(typed.Settings):
    """The page and API for people."""

    enabled: Annotated[bool, Meta(description="Serve the page.")] = True
    listen: Annotated[
        str,
        Meta(
            pattern=r"^(\[[0-9A-Fa-f:.]+\]|[^:\[\]]*):[0-9]{1,5}$",
            description="Address and port. The page shows alerts to whoever reaches it: keep it on loopback.",
        ),
    ] = "127.0.0.1:8765"
    hosts: Annotated[
        tuple[str, ...],
        Meta(description="Further names under which people open the page (an Ingress's host); others are refused."),
    ] = ()


class SpoolSettings(typed.Settings):
    """What waits on disk between ingest and the archive."""

    max_bytes: Annotated[
        Bytes, Meta(description="When the spool is this big, sources wait until the archive has caught up.")
    ] = 4 * 1024**3


class QuarantineSettings(typed.Settings):
    """Input that is not an audit event, kept for you to see."""

    max_bytes: Annotated[Bytes, Meta(description="The oldest entries go when more than this is kept.")] = 256 * 1024**2


class Settings(typed.Settings):
    """Everything that lanner can be told."""

    hostname: Annotated[
        str,
        Meta(max_length=253, description="Goes into every alert; empty: FALCO_HOSTNAME, else the machine's name."),
    ] = ""
    data: Annotated[
        PathText, Meta(description="Folder for state, spool and archive; empty: LANNER_DATA, else the usual place.")
    ] = ""
    log_level: Annotated[LogLevel, Meta(description="How much lanner tells about itself on standard error.")] = "info"
    sources: Annotated[tuple[SourceSettings, ...], Meta(description="Where audit events come from.")] = ()
    workers: Annotated[
        int,
        Meta(
            ge=1,
            le=64,
            description="Processes that detect. 1: ingest does it itself. More: one for each core that is to be used.",
        ),
    ] = 1
    rules: Annotated[RulesSettings, Meta(description=str(RulesSettings.__doc__))] = RulesSettings()
    habits: Annotated[HabitSettings, Meta(description=str(HabitSettings.__doc__))] = HabitSettings()
    policy: Annotated[PolicySettings, Meta(description=str(PolicySettings.__doc__))] = PolicySettings()
    outputs: Annotated[tuple[OutputSettings, ...], Meta(description="Where alerts go.")] = (StdoutSettings(),)
    throttle: Annotated[ThrottleSettings, Meta(description=str(ThrottleSettings.__doc__))] = ThrottleSettings()
    redaction: Annotated[RedactionSettings, Meta(description=str(RedactionSettings.__doc__))] = RedactionSettings()
    archive: Annotated[ArchiveSettings, Meta(description="The store of all events.")] = ArchiveSettings()
    hunts: Annotated[
        tuple[SavedHunt, ...],
        Meta(description="Questions to the archive under a name; those that are scheduled give alerts."),
    ] = ()
    web: Annotated[WebSettings, Meta(description=str(WebSettings.__doc__))] = WebSettings()
    spool: Annotated[SpoolSettings, Meta(description=str(SpoolSettings.__doc__))] = SpoolSettings()
    quarantine: Annotated[QuarantineSettings, Meta(description=str(QuarantineSettings.__doc__))] = QuarantineSettings()
    prices: Annotated[PriceSettings, Meta(description=str(PriceSettings.__doc__))] = PriceSettings()

    @property
    def data_folder(self) -> Path:
        """The folder that `data` names, else the default one."""
        return Path(self.data) if self.data else default_data_folder()

    @property
    def host(self) -> str:
        """The name for alerts: `hostname`, else FALCO_HOSTNAME as Falco has it, else the machine's."""
        return self.hostname or os.environ.get("FALCO_HOSTNAME") or socket.gethostname()
