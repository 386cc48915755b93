"""Outcomes as JUnit XML, the form that build servers read: a suite a file, a case a test."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree as ET

from lanner.errors import GroundError
from lanner.rules.testing.outcome import Outcome, Problem

# XML 1.0, 2.2: what may stand in a document at all.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAGS = {"failed": "failure", "mistaken": "error"}


def write_junit(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write the outcomes to a file; raises GroundError when it cannot be written."""
    try:
        path.write_bytes(junit(outcomes))
    except OSError as error:
        raise GroundError(f"{path}: {error.strerror or error}") from error


def junit(outcomes: Sequence[Outcome]) -> bytes:
    """Return the outcomes as XML."""
    root = ET.Element("testsuites", _counts(outcomes), name="lanner rules test")
    for file, group in groupby(outcomes, key=lambda outcome: outcome.file):
        members = list(group)
        suite = ET.SubElement(root, "testsuite", _counts(members), name=_clean(file))
        for outcome in members:
            _add(suite, outcome)
    ET.indent(root)
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def details_text(problem: Problem) -> str:
    """Return the lines below a problem's message, differences marked."""
    return "\n".join("".join(map(str, line)) for line in problem.details)


def _add(suite: ET.Element, outcome: Outcome) -> None:
    attributes = {
        "name": _clean(outcome.test),
        "classname": _clean(Path(outcome.file).name),
        "file": _clean(outcome.file),
        "line": str(outcome.line),
        "time": f"{outcome.seconds:.3f}",
    }
    case = ET.SubElement(suite, "testcase", attributes)
    for problem in outcome.problems:
        told = ET.SubElement(case, _TAGS[outcome.status], message=_clean(problem.message), type=problem.kind)
        told.text = _clean(f"{problem.place}: {problem.message}\n{details_text(problem)}")


def _counts(outcomes: Iterable[Outcome]) -> dict[str, str]:
    listed = list(outcomes)
    statuses = [outcome.status for outcome in listed]
    return {
        "tests": str(len(listed)),
        "failures": str(statuses.count("failed")),
        "errors": str(statuses.count("mistaken")),
        "time": f"{sum(outcome.seconds for outcome in listed):.3f}",
    }


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
