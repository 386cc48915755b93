"""All metrics that lanner gives to Prometheus, as data: name, kind, help, labels, and where the figure stands."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["counter", "gauge"]


class Metric(NamedTuple):
    """One metric. `part` is the process that publishes it, `key` the figure in its status.

    A key with `*` (`sources.*.events`) gives one sample for each entry; the entry's name is the value of the one label.
    Metrics with an empty key are computed by the web process.
    """

    name: str
    kind: Kind
    help: str
    part: str = ""
    key: str = ""
    labels: tuple[str, ...] = ()


METRICS: tuple[Metric, ...] = (
    Metric("lanner_up", "gauge", "1 when the part has published its status in the last 5 seconds.", labels=("part",)),
    Metric("lanner_status_age_seconds", "gauge", "Seconds since the part published its status.", labels=("part",)),
    Metric("lanner_problem", "gauge", "1 when the part reports a problem.", labels=("part",)),
    Metric("lanner_start_time_seconds", "gauge", "When ingest started, in seconds since 1970.", "ingest", "started"),
    Metric("lanner_events_total", "counter", "Audit events handled since ingest started.", "ingest", "events"),
    Metric("lanner_alerts_total", "counter", "Alerts fired since ingest started.", "ingest", "alerts"),
    Metric("lanner_rejects_total", "counter", "Pieces of input sent to quarantine.", "ingest", "rejects"),
    Metric(
        "lanner_duplicates_total", "counter", "Events that came again and were passed over.", "ingest", "duplicates"
    ),
    Metric(
        "lanner_events_per_second", "gauge", "Events handled per second at the moment.", "ingest", "events_per_second"
    ),
    Metric("lanner_lag_seconds", "gauge", "Age of the newest event when it was handled.", "ingest", "lag_seconds"),
    Metric("lanner_backlog_bytes", "gauge", "Bytes that sources have not read yet.", "ingest", "backlog_bytes"),
    Metric("lanner_spool_bytes", "gauge", "Bytes on disk that wait for the archive.", "ingest", "spool_bytes"),
    Metric("lanner_rules", "gauge", "Rules loaded.", "ingest", "rules"),
    Metric("lanner_incidents_open", "gauge", "Incidents that new alerts can still join.", "ingest", "incidents.open"),
    Metric(
        "lanner_repeats_held_back_total",
        "counter",
        "Alerts not told because the same was told before, by rule.",
        "ingest",
        "repeats.held_back.*",
        ("rule",),
    ),
    Metric(
        "lanner_habits", "gauge", "Habits, and what may become one, that are remembered.", "ingest", "habits.remembered"
    ),
    Metric(
        "lanner_habits_forgotten_total",
        "counter",
        "Habits, and what may become one, forgotten for want of room.",
        "ingest",
        "habits.evicted",
    ),
    Metric(
        "lanner_habits_lowered_total",
        "counter",
        "Alerts told at a lower priority because they fit a habit, by rule.",
        "ingest",
        "habits.lowered.*",
        ("rule",),
    ),
    Metric(
        "lanner_correlations_held_back_total",
        "counter",
        "Firings of correlations that are silent for their key.",
        "ingest",
        "correlations.held_back",
    ),
    Metric("lanner_policy_compared_total", "counter", "Events compared with the policy.", "ingest", "policy.compared"),
    Metric(
        "lanner_policy_deviations_total",
        "counter",
        "Events that deviate from the policy, by kind.",
        "ingest",
        "policy.deviations.*",
        ("kind",),
    ),
    Metric("lanner_policy_changes_total", "counter", "Changes of the policy's file.", "ingest", "policy.changes"),
    Metric("lanner_workers", "gauge", "Processes that detect; 1 is ingest itself.", "ingest", "workers"),
    Metric("lanner_worker_restarts_total", "counter", "Detection workers that fell.", "ingest", "worker_restarts"),
    Metric(
        "lanner_source_events_total", "counter", "Events read, by source.", "ingest", "sources.*.events", ("source",)
    ),
    Metric("lanner_source_rejects_total", "counter", "Rejects, by source.", "ingest", "sources.*.rejects", ("source",)),
    Metric(
        "lanner_source_backlog_bytes",
        "gauge",
        "Bytes not read yet, by source.",
        "ingest",
        "sources.*.backlog_bytes",
        ("source",),
    ),
    Metric(
        "lanner_archive_events_total", "counter", "Events archived since the archiver started.", "archiver", "events"
    ),
    Metric("lanner_archive_stored_events", "gauge", "Events in the archive.", "archiver", "total_events"),
    Metric("lanner_archive_commits_total", "counter", "Commits since the archiver started.", "archiver", "commits"),
    Metric("lanner_archive_sequence", "gauge", "Number of the last spool record archived.", "archiver", "sequence"),
    Metric("lanner_archive_held_events", "gauge", "Events that wait for a later stage.", "archiver", "held"),
    Metric(
        "lanner_archive_dropped_total",
        "counter",
        "Events not archived on purpose, by reason.",
        "archiver",
        "dropped.*",
        ("reason",),
    ),
    Metric(
        "lanner_redacted_values_total",
        "counter",
        "Secret values that were replaced before they were archived, by part.",
        "archiver",
        "redacted.*",
        ("reason",),
    ),
    Metric(
        "lanner_archive_compactions_total",
        "counter",
        "Merges of files since the archiver started.",
        "archiver",
        "compactions",
    ),
    Metric("lanner_archive_compacted_files_total", "counter", "Files that were merged.", "archiver", "compacted_files"),
    Metric(
        "lanner_archive_swept_files_total", "counter", "Files deleted that nothing needed.", "archiver", "swept_files"
    ),
    Metric("lanner_archive_bytes", "gauge", "Bytes of the archive's data files.", "archiver", "bytes"),
    Metric("lanner_archive_files", "gauge", "Data files of the archive.", "archiver", "files"),
    Metric("lanner_hunt_runs_total", "counter", "Runs of scheduled hunts.", "archiver", "hunts.*.runs", ("hunt",)),
    Metric(
        "lanner_hunt_failures_total", "counter", "Runs of hunts that failed.", "archiver", "hunts.*.failures", ("hunt",)
    ),
    Metric(
        "lanner_hunt_new_matches_total",
        "counter",
        "Matches of hunts that were not told before.",
        "archiver",
        "hunts.*.new_total",
        ("hunt",),
    ),
    Metric(
        "lanner_hunt_seconds_total",
        "counter",
        "Seconds that runs of hunts took.",
        "archiver",
        "hunts.*.seconds_total",
        ("hunt",),
    ),
    Metric(
        "lanner_hunt_failing", "gauge", "1 while a hunt's last run failed.", "archiver", "hunts.*.failing", ("hunt",)
    ),
    Metric("lanner_stored_alerts", "gauge", "Alerts in the state database.", labels=("rule", "priority")),
    Metric("lanner_quarantined", "gauge", "Pieces of input in quarantine.", labels=("reason",)),
    Metric("lanner_delivery_sent_total", "counter", "Alerts handed to the output.", labels=("output",)),
    Metric("lanner_delivery_refused_total", "counter", "Alerts the output will never take.", labels=("output",)),
    Metric(
        "lanner_delivery_waiting", "gauge", "Newest alert's number less that of the last one sent.", labels=("output",)
    ),
    Metric("lanner_delivery_failing", "gauge", "1 while the output's newest try failed.", labels=("output",)),
    Metric("lanner_web_pages", "gauge", "Open pages."),
)
