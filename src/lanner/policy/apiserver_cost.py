"""What auditing costs the API server under a policy, relative to the log's own: bounds, and what has been measured."""

from __future__ import annotations

from typing import NamedTuple

from lanner.policy.simulation import Tally


class Source(NamedTuple):
    """A published observation of what auditing costs an API server."""

    where: str
    says: str


SOURCES = (
    Source(
        "kubernetes.io/docs/tasks/debug/debug-cluster/audit",
        "memory grows with auditing, as context of each request is stored; how much depends on the configuration",
    ),
    Source(
        "github.com/kubernetes/kubernetes/issues/60500, pull/61118",
        "a buffered backend took up to 200 MB more in a 100-node cluster, bounded by the buffer (10,000 events)",
    ),
    Source(
        "github.com/kubernetes/enhancements/pull/472 (release notes 1.8)",
        "latency of large requests and answers grows where they are logged at RequestResponse as JSON",
    ),
    Source(
        "git.laurivan.com/Dev/talos-cluster, commit f7e635e (one cluster, no controlled experiment)",
        "76 % fewer events at Metadata: a standby API server fell from 316 to 125 millicores",
    ),
)


class ApiServerCost(NamedTuple):
    """Share of today's auditing work that stays, between `least` and `most`: 0.4 is 40 %.

    Work on an event is some for the event and some for each byte that is encoded and written. Whatever the shares of
    the two, the sum changes by a factor between that of the events and that of the bytes. What share auditing has in
    the API server's whole load is not known from a log, and no measurement was found that could be carried over.
    """

    least: float
    most: float
    sources: tuple[Source, ...] = SOURCES


def api_server_cost(total: Tally) -> ApiServerCost | None:
    """Return the bounds for a simulated log, None where it held no event."""
    if not total.events_now or not total.bytes_now:
        return None
    shares = (total.events_kept / total.events_now, total.bytes_kept / total.bytes_now)
    return ApiServerCost(min(shares), max(shares))
