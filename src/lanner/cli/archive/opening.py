"""Which archive a verb works on: the options that name it, and its folder and settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lanner.archive.retention.policy import HOT
from lanner.archive.settings import ArchiveSettings
from lanner.audit.redaction.redactor import Redaction, Redactor
from lanner.audit.redaction.settings import RedactionSettings
from lanner.config.folders import DataFolder, default_data_folder
from lanner.config.salt import load_salt
from lanner.policy.prices import PriceSettings, table
from lanner.settings.load import load

Data = Annotated[
    Path | None, typer.Option("--data", help="The data folder; else LANNER_DATA, else the user's data folder.")
]
Config = Annotated[Path | None, typer.Option("--config", "-c", help="lanner.yaml, for its `archive:` section.")]


def find_archive(data: Path | None, config: Path | None) -> tuple[DataFolder, Path, ArchiveSettings]:
    """Return the data folder, the archive's folder in it, and its settings."""
    settings = load(config).settings if config else None
    root = data or (settings.data_folder if settings else default_data_folder())
    folder = DataFolder(root)
    return folder, folder.archive, settings.archive if settings else ArchiveSettings()


def find_redactor(folder: DataFolder, config: Path | None) -> Redactor | None:
    """Return what redacts in this data folder, None where the settings say that nothing does."""
    settings = load(config).settings.redaction if config else RedactionSettings()
    return Redaction(settings, load_salt(folder.salt)).redactor() if settings.enabled else None


def find_prices(settings: ArchiveSettings, config: Path | None, location: str) -> dict[str, float]:
    """Return dollars for a gigabyte a month by tier: as the tier says, else S3's price for `s3://` and 0 for disks."""
    listed = {
        price.name: price.per_gb_month for price in table(load(config).settings.prices if config else PriceSettings())
    }
    places = {
        HOT: (location, None),
        **{tier.name: (tier.location, tier.per_gb_month) for tier in settings.retention.tiers},
    }
    return {
        name: given if given is not None else listed["s3"] if place.startswith("s3") else 0.0
        for name, (place, given) in places.items()
    }
