"""What rules of compliance ask for, as policies; docs/retention.md has their text and what is left to judge."""

from __future__ import annotations

from typing import Literal, NamedTuple

PresetName = Literal["pci-dss", "hipaa", "soc2"]


class Preset(NamedTuple):
    """A policy and where it is from."""

    policy: str
    source: str


PRESETS: dict[str, Preset] = {
    "pci-dss": Preset(
        "hot 3m, cold 12m, then delete",
        "PCI DSS 4.0, requirement 10.5.1: audit log history for at least 12 months, the most recent three months "
        "immediately available for analysis",
    ),
    "hipaa": Preset(
        "6y",
        "45 CFR 164.316(b)(2)(i): documentation is kept for six years from its creation or the date when it last was "
        "in effect, whichever is later",
    ),
    "soc2": Preset(
        "12m",
        "SOC 2 (AICPA Trust Services Criteria) states no period; twelve months, the length of a usual type 2 "
        "examination, is common practice",
    ),
}
