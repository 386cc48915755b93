"""Exceptions of rules: read, checked, and woven into the condition as text, as Falco does it before parsing."""

from __future__ import annotations

from collections.abc import Callable

from lanner.audit.event import SOURCE
from lanner.audit.fields import FieldError
from lanner.config.yamltext import Node, Scalar, Sequence
from lanner.rules import ir
from lanner.rules.falco import condition_lexer as lex
from lanner.rules.falco.definitions import KNOWN_SOURCES, Entry, ExceptionItem
from lanner.rules.falco.fieldtext import is_left_side, may_be_of_system_calls
from lanner.rules.falco.findings import LoadError, Place
from lanner.rules.falco.values import Item, is_null

WRONG = "LOAD_ERR_VALIDATE"
MODIFIED = frozenset(
    f"{operator} {modifier}" for operator in (*lex.SYMBOLS, *lex.WORD_OPERATORS) for modifier in lex.MODIFIERS
)
"""Comparisons of texts with a list, as Falco takes them in exceptions since 0.44: with one blank between the words."""
OPERATORS = frozenset((*ir.OPERATORS, "exists", *MODIFIED))
LIST_OPERATORS = frozenset((*lex.LIST_OPERATORS, *MODIFIED))
_BLANKS = " \t\r\n"
_NO_LIST_OPERATOR = (
    "When fields is a single value, comps must be one of (in, pmatch, intersects)"
    " or a modifier operator (e.g. startswith oneof)"
)

Warn = Callable[[str, str, Place], None]
"""Takes a warning's code, message and place."""


def read_exceptions(item: Item, warn: Warn, *, appended: bool) -> list[ExceptionItem]:
    """Return the exceptions of a rule in written order; raises LoadError. Fields may be missing when `appended`."""
    value = item.find("exceptions")
    if value is None or is_null(value):
        return []
    exceptions: list[ExceptionItem] = []
    for element in item.elements("exceptions", "Rule exceptions must be a sequence"):
        inner = item.inner(element, "Rule exception must be a mapping")
        exception = ExceptionItem(inner.text("name"), inner.place)
        message = f"Multiple definitions of exception '{exception.name}' in the same rule"
        for known in exceptions:
            if known.name == exception.name:
                warn("LOAD_EXCEPTION_NAME_NOT_UNIQUE", message, inner.place)
        _read_parts(exception, inner, appended=appended)
        if appended and "values" not in inner:
            warn("LOAD_APPEND_NO_VALUES", "Overriding/appending exception with no values", inner.place)
        exceptions.append(exception)
    return exceptions


def _read_parts(exception: ExceptionItem, item: Item, *, appended: bool) -> None:
    fields, comps = item.find("fields"), item.find("comps")
    if fields is not None:
        exception.fields = _entry(item, fields)
    elif not appended:
        raise item.error("Item has no mapping for key 'fields'")
    if comps is not None:
        exception.comps = _entry(item, comps)
    if "values" in item:
        values = item.elements("values", "Rule exception values must be a sequence")
        exception.values = [_entry(item, value) for value in values]


def _entry(item: Item, node: Node) -> Entry:
    if isinstance(node, Sequence):
        return Entry(items=[_entry(item, inner) for inner in node.items], is_list=True)
    if not isinstance(node, Scalar) or is_null(node):
        return Entry()
    if not node.text:
        raise item.error("Value must be non-empty", item.at(node))
    return Entry(item=node.text)


def check_exception(exception: ExceptionItem, source: str) -> None:
    """Fill in or trim the comparisons and raise LoadError where fields and comps do not fit together or the source."""
    if exception.fields.is_list:
        _check_lists(exception)
    else:
        _check_single(exception)
    if source in KNOWN_SOURCES:
        _check_fields(exception, source)


def _check_lists(exception: ExceptionItem) -> None:
    fields, comps = exception.fields, exception.comps
    if not comps.given:
        exception.comps = comps = Entry(items=[Entry(item="=") for _field in fields.items], is_list=True)
    if len(fields.items) != len(comps.items):
        raise _wrong(exception, "Fields and comps lists must have equal length")
    for comp in comps.items:
        comp.item = comp.item.strip(_BLANKS)
        if comp.item not in OPERATORS:
            raise _wrong(exception, f"'{comp.item}' is not a supported comparison operator")


def _check_single(exception: ExceptionItem) -> None:
    if not exception.comps.given:
        exception.comps = Entry(item="in")
    if exception.comps.is_list:
        raise _wrong(exception, "Fields and comps must both be strings")
    exception.comps.item = exception.comps.item.strip(_BLANKS)
    if exception.comps.item not in LIST_OPERATORS:
        raise _wrong(exception, _NO_LIST_OPERATOR)


def _check_fields(exception: ExceptionItem, source: str) -> None:
    fields = exception.fields
    for field in fields.items if fields.is_list else [fields]:
        try:
            known = (is_left_side if source == SOURCE else may_be_of_system_calls)(field.item)
        except FieldError as error:
            # Falco does not expect this exception of libsinsp here and shows it as it is.
            raise _wrong(exception, str(error)) from None
        if not known:
            raise _wrong(exception, f"'{field.item}' is not a supported filter field")


def _wrong(exception: ExceptionItem, message: str) -> LoadError:
    return LoadError(WRONG, message, exception.place, item=exception.name)


def weave(condition: str, exceptions: list[ExceptionItem]) -> str:
    """Return the condition with its exceptions as `(condition) and not (...)`; raises LoadError."""
    clauses = [clause for clause in map(_clause, exceptions) if clause]
    return " and not ".join([f"({condition})", *clauses])


def _clause(exception: ExceptionItem) -> str:
    if not exception.values:
        return ""
    if exception.fields.is_list:
        return f"({' or '.join(_conjunction(exception, values) for values in exception.values)})"
    if any(value.is_list for value in exception.values):
        raise _wrong(exception, "Expected values array to contain a list of strings")
    values = ", ".join(quoted(value.item) for value in exception.values)
    return f"({exception.fields.item} {exception.comps.item} ({values}))"


def _conjunction(exception: ExceptionItem, values: Entry) -> str:
    fields, comps = exception.fields.items, exception.comps.items
    if len(fields) != len(values.items):
        raise _wrong(exception, "Fields and values lists must have equal length")
    checks = (
        f" {field.item} {comp.item} {_right_side(comp.item, value)}"
        for field, comp, value in zip(fields, comps, values.items, strict=True)
    )
    return f"({' and'.join(checks)})"


def _right_side(operator: str, value: Entry) -> str:
    if value.is_list:
        return _parenthesised(value.items)
    if operator in LIST_OPERATORS:
        return value.item if value.item.startswith("(") else f"({value.item})"
    return quoted(value.item)


def _parenthesised(items: list[Entry]) -> str:
    text = "("
    for item in items:
        # Falco leaves the comma out after a first item that is empty (a list in a list).
        text += ("" if text == "(" else ", ") + quoted(item.item)
    return f"{text})"


def quoted(text: str) -> str:
    """Return a value as Falco puts it into a condition's text: in quotes when it has a blank and none yet."""
    # What is inside may break the text; the same answers need the same rule.
    return f'"{text}"' if " " in text and text[0] not in "\"'" else text
