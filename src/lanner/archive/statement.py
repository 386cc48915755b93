"""A rule's condition as one statement of SQL over the archive's table, for people and other engines."""

from __future__ import annotations

from sqlglot import exp

from lanner.archive.auditids import STORED
from lanner.archive.fieldcolumns import FieldColumns, audit_id_in
from lanner.archive.schema import TABLE
from lanner.rules import ir
from lanner.rules.sql.compile import Translator
from lanner.rules.sql.dialect import DIALECTS

_SHOWN = ("time", "cluster", "username", "verb", "resource", "subresource", "namespace", "name", "code")


def write_statement(condition: ir.Condition, engine: str) -> tuple[str, tuple[str, ...]]:
    """Return the SELECT in the words of an engine, and the names of what it does not say exactly."""
    dialect = DIALECTS[engine]()
    found = Translator(FieldColumns(dialect), dialect, doubts=False).translate(condition)
    # In `lanner hunt --sql` the table is the view `events`.
    table = exp.to_table("events" if engine == "duckdb" else ".".join(TABLE))
    audit_id = audit_id_in(engine)
    columns = [*map(exp.column, _SHOWN), audit_id if engine == "duckdb" else exp.alias_(audit_id, STORED)]
    select = exp.Select(expressions=columns).from_(table).where(found.condition)
    return select.sql(dialect=engine, pretty=True), found.refused
