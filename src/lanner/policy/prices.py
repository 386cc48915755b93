"""What logs cost at services: a table of list prices with their sources, and the sum for a month."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta

from lanner.config import typed

DAYS_A_MONTH = 365.25 / 12
GIGABYTE = 1e9
Form = Literal["raw", "gzip", "zstd"]
Amount = Annotated[float, Meta(ge=0)]
Days = Annotated[int, Meta(ge=0, le=36_500)]


class Price(typed.Settings):
    """What one service asks for logs, in US dollars and gigabytes of 10^9 bytes."""

    name: Annotated[str, Meta(description="Name; one of the built-in table replaces that entry.")]
    per_gb: Annotated[Amount, Meta(description="Dollars for each gigabyte taken in, before packing.")] = 0.0
    per_gb_month: Annotated[Amount, Meta(description="Dollars for each gigabyte kept, a month.")] = 0.0
    kept_as: Annotated[Form, Meta(description="What is charged for keeping: bytes as they are, or packed ones.")] = (
        "raw"
    )
    included_days: Annotated[Days, Meta(description="Days of keeping that the price for taking in contains.")] = 0
    source: Annotated[str, Meta(description="Where the price is from.")] = ""
    date: Annotated[str, Meta(description="When it was read there.")] = ""
    assumption: Annotated[str, Meta(description="What is left out or taken for granted.")] = ""


class PriceSettings(typed.Settings):
    """What `lanner policy simulate` reckons with: list prices are built in, write here what you pay."""

    retention_days: Annotated[Days, Meta(description="How long the logs are kept.")] = 90
    services: Annotated[
        tuple[Price, ...], Meta(description="Your prices; an entry replaces the built-in one of its name or is added.")
    ] = ()


LIST_PRICES = (
    Price(
        name="cloudwatch",
        per_gb=0.50,
        per_gb_month=0.03,
        kept_as="gzip",
        source="c3x.dev/blog/cloudwatch-logs-cost-optimization; dev.classmethod.jp/articles/compare-archive-cost-"
        "cloudwatchlogs-s3 (storage is charged packed)",
        date="2026-06",
        assumption="Amazon CloudWatch Logs, standard class, us-east-1; without queries and the free 5 GB",
    ),
    Price(
        name="splunk",
        per_gb=2.74,
        included_days=90,
        source="ogma.in/blog/the-complete-guide-to-splunk-licensing-in-2026-ingest-vs-workload-pricing-explained",
        date="2026-04",
        assumption="no price is published: $1,000 for a GB a day and year, the middle of what is quoted for 10 to 50 GB"
        " a day ($800 to 1,200); 90 days of keeping taken as contained",
    ),
    Price(
        name="elastic",
        per_gb=0.50,
        per_gb_month=0.04,
        source="qiita.com/nobuhikosekiya/items/01b67501b53387fdf6fd (a bill, measured)",
        date="2024-12",
        assumption="Elastic Cloud Serverless Observability; charged for bytes after enrichment, which are more",
    ),
    Price(
        name="grafana-cloud",
        per_gb=0.45,
        per_gb_month=0.10,
        included_days=30,
        source="grafana.com/docs/grafana-cloud/cost-management-and-billing/understand-your-invoice/logs-invoice",
        date="2026",
        assumption="hosted Loki: $0.05 processed and $0.40 written, each further 30 days $0.10; without the free 50 GB",
    ),
    Price(
        name="s3",
        per_gb_month=0.023,
        kept_as="zstd",
        source="finout.io/blog/cloud-storage-pricing-comparison",
        date="2026",
        assumption="Amazon S3 Standard, us-east-1, first 50 TB; also Loki or lanner's archive on S3, without machines"
        " and requests",
    ),
)
"""List prices, none of them an offer: what a team pays differs by contract, region and volume."""


class Volume(NamedTuple):
    """Bytes of a month, as they are and packed."""

    raw: float
    gzip: float
    zstd: float


class Cost(NamedTuple):
    """Dollars a month at one service once as many days are kept as are to be kept."""

    name: str
    now: float
    kept: float
    price: Price


def table(settings: PriceSettings) -> tuple[Price, ...]:
    """Return the built-in prices with those of the settings in their place or behind them."""
    found = {price.name: price for price in LIST_PRICES} | {price.name: price for price in settings.services}
    return tuple(found.values())


def monthly(price: Price, volume: Volume, retention_days: int) -> float:
    """Return dollars a month for logs of so many bytes a month."""
    held = max(0, retention_days - price.included_days) / DAYS_A_MONTH
    stored: float = getattr(volume, price.kept_as)
    return (price.per_gb * volume.raw + price.per_gb_month * stored * held) / GIGABYTE


def costs(prices: Iterable[Price], now: Volume, kept: Volume, retention_days: int) -> list[Cost]:
    """Return what each service asks for a log as it is and as a policy keeps it."""
    return [
        Cost(price.name, monthly(price, now, retention_days), monthly(price, kept, retention_days), price)
        for price in prices
    ]
