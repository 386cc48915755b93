"""Turns a YAML mistake as PyYAML words it into the words of yaml-cpp, which Falco users know, plus a hint."""

from __future__ import annotations

from lanner.errors import SourceError
from lanner.rules.falco.findings import Finding

_WORDS = (
    ("mapping values are not allowed", "illegal map value", "put the text after the first ': ' into quotes"),
    ("found a tab character", "illegal tab when looking for indentation", "indent with blanks, not with tabs"),
    ("found character '\\t'", "illegal tab when looking for indentation", "indent with blanks, not with tabs"),
    ("cannot start any token", "illegal tab when looking for indentation", "indent with blanks, not with tabs"),
    ("did not find expected key", "end of map not found", "line the keys of one item up"),
    ("did not find expected '-' indicator", "end of sequence not found", "line the '- ' of the items up"),
    ("did not find expected ',' or ']'", "end of sequence flow not found", "close the list with ']'"),
    ("did not find expected ',' or '}'", "end of map flow not found", "close the map with '}'"),
    ("found unexpected end of stream", "illegal EOF in scalar", "close the quotes"),
    ("names nothing above it", "the referenced anchor is not defined", "define the anchor with & before its *use"),
    ("found unknown escape character", "unknown escape character", "double the backslash or use single quotes"),
    ("did not find expected node content", "unknown token", ""),
)


def as_yaml_finding(error: SourceError) -> Finding:
    """Return the finding for a text that is not YAML, or too large or deep to be read."""
    message, hint = _wording(error.message)
    place = f"error at line {error.line}, column {error.column}: " if error.line else ""
    return Finding(
        code="LOAD_ERR_YAML_PARSE",
        message=f"yaml-cpp: {place}{message}",
        line=error.line,
        column=error.column,
        hint=hint,
    )


def _wording(problem: str) -> tuple[str, str]:
    for start, message, hint in _WORDS:
        if start in problem:
            return message, hint
    return problem, ""
