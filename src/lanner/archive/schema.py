"""The archive's Iceberg table: columns, partitions and the properties that keep its metadata small."""

from __future__ import annotations

from typing import NamedTuple

from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.sorting import NullOrder, SortField, SortOrder
from pyiceberg.transforms import DayTransform, IdentityTransform
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    NestedField,
    StringType,
    TimestamptzType,
    UUIDType,
)

TABLE = ("lanner", "events")
_TEXT, _TIME, _LONG, _INT = StringType(), TimestamptzType(), LongType(), IntegerType()


class Column(NamedTuple):
    """One column; `bounds` says that its least and greatest value go into the metadata, for pruning of files."""

    number: int
    name: str
    kind: IcebergType | None
    doc: str
    bounds: bool = False


# A number is the column's identity in every file ever written: never reuse one, add new columns at the end.
# kind None stands for a list of text, whose items have the number + 1000.
COLUMNS = (
    Column(1, "time", _TIME, "stageTimestamp", bounds=True),
    Column(2, "received", _TIME, "requestReceivedTimestamp", bounds=True),
    Column(3, "cluster", _TEXT, "name of the cluster", bounds=True),
    Column(4, "audit_id", UUIDType(), "auditID; chosen by the client, so not unique"),
    Column(5, "stage", _TEXT, "stage", bounds=True),
    Column(6, "level", _TEXT, "level", bounds=True),
    Column(7, "verb", _TEXT, "verb", bounds=True),
    Column(8, "request_uri", _TEXT, "requestURI"),
    Column(9, "username", _TEXT, "user.username", bounds=True),
    Column(10, "uid", _TEXT, "user.uid"),
    Column(11, "groups", None, "user.groups"),
    Column(12, "extra", _TEXT, "user.extra, JSON"),
    Column(13, "credential_id", _TEXT, "first authentication.kubernetes.io/credential-id of user.extra"),
    Column(14, "impersonated_user", _TEXT, "impersonatedUser.username", bounds=True),
    Column(15, "impersonated_uid", _TEXT, "impersonatedUser.uid"),
    Column(16, "impersonated_groups", None, "impersonatedUser.groups"),
    Column(17, "impersonated_extra", _TEXT, "impersonatedUser.extra, JSON"),
    Column(18, "authentication", _TEXT, "authenticationMetadata, JSON"),
    Column(19, "source_ips", None, "sourceIPs; all but the last are what the client says"),
    Column(20, "source_ip", _TEXT, "last of sourceIPs: what the API server itself saw", bounds=True),
    Column(21, "user_agent", _TEXT, "userAgent"),
    Column(22, "resource", _TEXT, "objectRef.resource", bounds=True),
    Column(23, "subresource", _TEXT, "objectRef.subresource", bounds=True),
    Column(24, "namespace", _TEXT, "objectRef.namespace", bounds=True),
    Column(25, "name", _TEXT, "objectRef.name", bounds=True),
    Column(26, "api_group", _TEXT, "objectRef.apiGroup"),
    Column(27, "api_version", _TEXT, "objectRef.apiVersion"),
    Column(28, "object_uid", _TEXT, "objectRef.uid"),
    Column(29, "resource_version", _TEXT, "objectRef.resourceVersion"),
    Column(30, "code", _INT, "responseStatus.code", bounds=True),
    Column(31, "reason", _TEXT, "responseStatus.reason"),
    Column(32, "decision", _TEXT, "annotation authorization.k8s.io/decision", bounds=True),
    Column(33, "decision_reason", _TEXT, "annotation authorization.k8s.io/reason"),
    Column(34, "annotations", _TEXT, "annotations, JSON"),
    Column(35, "response_status", _TEXT, "responseStatus, JSON"),
    Column(36, "request_object", _TEXT, "requestObject, JSON"),
    Column(37, "response_object", _TEXT, "responseObject, JSON"),
    Column(38, "audit_version", _TEXT, "the event's own apiVersion"),
    Column(39, "shape", _TEXT, "order of the event's keys, JSON; null for the usual one"),
    Column(40, "rest", _TEXT, "keys without a column, JSON"),
    Column(41, "line", BinaryType(), "the event's text where the columns do not rebuild it"),
    Column(42, "source", _TEXT, "id of the source, or import:<digest>", bounds=True),
    Column(43, "origin", _TEXT, "file or peer"),
    Column(44, "position", _LONG, "byte offset or item number in the origin"),
    Column(45, "item", _INT, "place in an EventList"),
    Column(46, "ordinal", _LONG, "place in the order of arrival within the source", bounds=True),
    Column(47, "ingested", _TIME, "when lanner took the event", bounds=True),
    Column(
        48, "odd", BooleanType(), "true where the columns tell less than rules see in the event, else null", bounds=True
    ),
    Column(49, "audit_text", _TEXT, "auditID where it is no UUID in lower case"),
)

BOUNDED = tuple(column.name for column in COLUMNS if column.bounds)
SORTED = ("resource", "subresource", "verb", "namespace", "name", "time", "source", "ordinal", "item")
"""The order of rows in a compacted file: what hunts ask for first, then the object, whose bodies repeat over time."""

PROPERTIES = {
    "format-version": "2",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "10",
    "commit.manifest-merge.enabled": "true",
    "commit.manifest.min-count-to-merge": "50",
    # The archive retries itself, because a retry must read the summary of the commit that won.
    "commit.retry.num-retries": "0",
    "write.metadata.metrics.default": "none",
    **{f"write.metadata.metrics.column.{name}": "truncate(32)" for name in BOUNDED},
}


def table_schema() -> Schema:
    """Return the table's schema; every column may be null."""
    return Schema(*(NestedField(c.number, c.name, _kind(c), required=False, doc=c.doc) for c in COLUMNS))


def table_partitions() -> PartitionSpec:
    """Return the partitions: day of `time`, then cluster."""
    return PartitionSpec(
        PartitionField(source_id=1, field_id=2001, transform=DayTransform(), name="day"),
        PartitionField(source_id=3, field_id=2002, transform=IdentityTransform(), name="cluster"),
    )


def table_order() -> SortOrder:
    """Return the order of rows in compacted files; appended files have none."""
    numbers = {column.name: column.number for column in COLUMNS}
    return SortOrder(
        *(SortField(numbers[name], transform=IdentityTransform(), null_order=NullOrder.NULLS_LAST) for name in SORTED)
    )


def _kind(column: Column) -> IcebergType:
    if column.kind is not None:
        return column.kind
    return ListType(element_id=column.number + 1000, element=_TEXT, element_required=False)
