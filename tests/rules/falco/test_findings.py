"""Findings are data that say where they belong."""

from lanner.rules.falco.findings import FileResult, Loaded, LoadError, Place, as_finding


def test_a_finding_names_its_file_only_when_it_is_another():
    place = Place("a.yaml", 2, 3)
    assert as_finding("C", "m", place, "a.yaml").file == ""
    assert LoadError("C", "m", place).finding("b.yaml").file == "a.yaml"


def test_a_set_is_successful_when_each_file_is():
    good = FileResult(file="a", successful=True, errors=[], warnings=[])
    bad = FileResult(file="b", successful=False, errors=[], warnings=[])
    assert Loaded(rules=[], results=[good]).successful
    assert not Loaded(rules=[], results=[good, bad]).successful
