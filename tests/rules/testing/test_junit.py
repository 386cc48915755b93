"""Outcomes as JUnit XML."""

from xml.etree import ElementTree as ET

import pytest

from lanner.errors import GroundError
from lanner.rules.testing.differences import differences
from lanner.rules.testing.junit import junit, write_junit
from lanner.rules.testing.outcome import Outcome, Problem

FAILED = Problem(
    kind="output", message="said \x1b something", file="a", line=2, column=3, details=(differences("x", "y"),)
)
OUTCOMES = [
    Outcome(file="d/a.test.yaml", test="good", line=1, seconds=0.25),
    Outcome(file="d/a.test.yaml", test="bad <&>", line=2, problems=(FAILED,)),
    Outcome(file="b.test.yaml", test="", line=3, problems=(Problem(kind="mistake", message="no"),)),
]


def test_a_suite_a_file_and_a_case_a_test():
    root = ET.fromstring(junit(OUTCOMES))
    assert (root.tag, root.get("tests"), root.get("failures"), root.get("errors")) == ("testsuites", "3", "1", "1")
    assert [(suite.get("name"), suite.get("tests"), suite.get("time")) for suite in root] == [
        ("d/a.test.yaml", "2", "0.250"),
        ("b.test.yaml", "1", "0.000"),
    ]
    good, bad = root[0]
    assert (good.get("name"), good.get("classname"), good.get("line"), list(good)) == ("good", "a.test.yaml", "1", [])
    assert bad.get("name") == "bad <&>"
    assert bad[0].tag == "failure"
    assert bad[0].text == "a:2:3: said \ufffd something\n[-x-]{+y+}"
    assert root[1][0][0].tag == "error"


def test_a_file_that_cannot_be_written(tmp_path):
    write_junit(tmp_path / "out.xml", OUTCOMES)
    assert (tmp_path / "out.xml").read_bytes() == junit(OUTCOMES)
    with pytest.raises(GroundError, match=r"none/out\.xml"):
        write_junit(tmp_path / "none" / "out.xml", OUTCOMES)
