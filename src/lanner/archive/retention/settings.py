"""The `retention:` part of `archive:`: policies, rules for parts of the events, tiers."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from lanner.archive.retention.policy import HOT, Policy, parse_policy
from lanner.archive.retention.presets import PRESETS, PresetName
from lanner.config.typed import Settings

Pattern = Annotated[str, Meta(min_length=1, max_length=253)]
TierName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
PolicyText = Annotated[str, Meta(max_length=1000)]
DEFAULT_POLICY = "90d"


class RetentionRule(Settings, kw_only=True):
    """A policy for some events: those that match every list that is given; the first rule that matches holds.

    `*` in a word stands for anything.
    """

    name: Annotated[str, Meta(min_length=1, max_length=100, description="Stands in tombstones and dry runs.")]
    policy: Annotated[PolicyText, Meta(description="`30d`, `hot 7d, cold 1y, then delete`, `keep`.")]
    clusters: Annotated[tuple[Pattern, ...], Meta(description="Names of clusters.")] = ()
    namespaces: Annotated[tuple[Pattern, ...], Meta(description="Namespaces; `dev-*` for all that begin so.")] = ()
    levels: Annotated[tuple[Pattern, ...], Meta(description="Audit levels: Metadata, Request, RequestResponse.")] = ()

    def __post_init__(self) -> None:
        """Refuse a rule for everything and a policy that cannot be read; raises ValueError."""
        parse_policy(self.policy)
        if not (self.clusters or self.namespaces or self.levels):
            raise ValueError("give clusters, namespaces or levels; for all events there is `policy` above the rules")


class TierSettings(Settings):
    """A place for older events."""

    name: Annotated[TierName, Meta(description="What policies call it; `hot` is where the archive is.")]
    location: Annotated[
        str, Meta(min_length=1, description="Folder, or `s3://bucket/prefix`; `archive.catalog` says how to reach it.")
    ]
    per_gb_month: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(description="Dollars for a gigabyte a month; null: S3's list price for `s3://`, else 0."),
    ] = None

    def __post_init__(self) -> None:
        """Refuse a folder that counts from who knows where; raises ValueError."""
        if "://" not in self.location and not self.location.startswith("/"):
            raise ValueError(f"{self.location!r} is neither a whole path nor a URL such as s3://bucket/prefix")


class RetentionSettings(Settings):
    """How long events are kept, and where; ages count from their time, or from when lanner took them in if later."""

    enabled: Annotated[bool, Meta(description="Apply it while `lanner run` runs, at most once an hour.")] = True
    policy: Annotated[
        PolicyText,
        Meta(description="`90d`, `hot 7d, warm 90d, cold 7y, then delete`, `keep`; empty: that of the preset."),
    ] = ""
    preset: Annotated[
        PresetName | None, Meta(description="`pci-dss`, `hipaa` or `soc2`: a policy by what that asks for.")
    ] = None
    rules: Annotated[tuple[RetentionRule, ...], Meta(description=str(RetentionRule.__doc__))] = ()
    tiers: Annotated[tuple[TierSettings, ...], Meta(description=str(TierSettings.__doc__))] = ()

    def __post_init__(self) -> None:
        """Refuse what contradicts itself; raises ValueError."""
        if self.policy and self.preset:
            raise ValueError("give either policy or preset")
        names = [tier.name for tier in self.tiers]
        if HOT in names or len(set(names)) < len(names):
            raise ValueError("tiers need names of their own, and `hot` is where the archive is")
        for text in [self.policy or DEFAULT_POLICY, *(rule.policy for rule in self.rules)]:
            self._refuse_unknown(parse_policy(text))

    @property
    def _known(self) -> set[str]:
        return {HOT, *(tier.name for tier in self.tiers)}

    def _refuse_unknown(self, policy: Policy) -> None:
        known = self._known
        for step in policy.steps:
            if step.tier not in known:
                raise ValueError(f"the tier `{step.tier}` is not among `tiers`: {', '.join(sorted(known))}")

    def below_preset(self) -> list[tuple[int, str]]:
        """Return the rules that delete before the preset does, as place in `rules` and what is to be said of it."""
        asked = self.default.days if self.preset else None
        if asked is None or self.preset is None:
            return []
        found = []
        for place, rule in enumerate(self.rules):
            days = parse_policy(rule.policy).days
            if days is not None and days < asked:
                source = PRESETS[self.preset].source
                message = f"the rule '{rule.name}' keeps events for {days} days, the preset {self.preset} {asked} days"
                found.append((place, f"{message}: in order only where its events are out of the scope of {source}"))
        return found

    @property
    def default(self) -> Policy:
        """The policy for events that no rule matches; a preset's tiers that are not set up are passed over."""
        if self.preset:
            policy = parse_policy(PRESETS[self.preset].policy)
            return policy._replace(steps=tuple(step for step in policy.steps if step.tier in self._known))
        return parse_policy(self.policy or DEFAULT_POLICY)
