"""Says whether a text is a field, as libsinsp decides it for a whole text: name, argument, nothing else."""

from __future__ import annotations

import re

from lanner.audit.fields import FieldError, lookup
from lanner.rules.check import check_condition
from lanner.rules.falco.condition import parse_condition
from lanner.rules.ir import ConditionError

SYSTEM_CALL_CLASSES = frozenset({
    "evt", "proc", "thread", "user", "group", "fd", "fs", "syslog", "container", "k8s", "k8smeta", "mesos", "krsi",
    "anomaly", "json", "jevt",
})  # fmt: skip
"""What fields of system-call events begin with, of libsinsp and of plugins for them or for every source."""

_CLASS = re.compile(r"(?:\w+\( *)*(\w+)\.")
_NOT_THERE = "filter_check called with nonexistent field"


def is_field(text: str) -> bool:
    """Say whether a text is a field; raises FieldError, in Falco's words, where only its argument is wrong."""
    name, bracket, rest = text.partition("[")
    argument, closed, more = rest.partition("]")
    try:
        lookup(name, argument if bracket else None)
    except FieldError as error:
        if str(error).startswith(_NOT_THERE) or more:
            return False
        raise
    if bracket and not closed:
        where = "has unbalanced argument brackets" if rest else "terminates with incomplete argument brackets"
        raise FieldError(f"filter '{text}': {name} {where}")
    return not more


def is_left_side(text: str) -> bool:
    """Say whether a text can stand left of an operator: a field, or transformers around one; raises FieldError."""
    if "(" not in text:
        return is_field(text)
    try:
        check_condition(parse_condition(f"{text} exists"))
    except ConditionError:
        return False
    return True


def may_be_of_system_calls(text: str) -> bool:
    """Say whether a text may begin with a field of system-call events; their classes are known, not their names."""
    found = _CLASS.match(text)
    return found is not None and found[1] in SYSTEM_CALL_CLASSES
