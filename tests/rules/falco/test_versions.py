"""Versions that rules require."""

import pytest

from lanner.rules.falco.versions import Requirement, compatible, engine_problem, parse_version, plugin_problem


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("1.2.3", (1, 2, 3)),
        ("1.2.3-rc1", (1, 2, 3)),
        ("+1. 2.\t3", (1, 2, 3)),
        ("-1.0.0", (4294967295, 0, 0)),
        ("4294967297.0.0", (1, 0, 0)),
        ("9" * 30 + ".0.0", (4294967295, 0, 0)),
        *((text, None) for text in ("1.2", "x", "", "1 .2.3", "--1.0.0")),
    ],
)
def test_versions_are_three_numbers(text, version):
    assert parse_version(text) == version


@pytest.mark.parametrize(
    ("required", "holds"), [((0, 63, 0), True), ((0, 0, 1), True), ((0, 63, 1), False), ((1, 0, 0), False)]
)
def test_a_version_satisfies_older_ones_of_the_same_major(required, holds):
    assert compatible(parse_version("0.63.0"), parse_version(".".join(map(str, required)))) is holds


def test_the_engine_is_named_with_its_version():
    assert engine_problem(parse_version("0.20.0")) is None
    assert engine_problem(parse_version("9.0.0")) == "Rules require engine version 9.0.0, but engine version is 0.63.0"


def test_one_of_the_alternatives_is_enough():
    assert plugin_problem([Requirement("nope", "1.0.0"), Requirement("json", "0.7.0")]) is None
    assert plugin_problem([Requirement("json", "0.7.5")]) == (
        "Plugin 'json' version '0.7.4' is not compatible with required plugin version '0.7.5'"
    )
    assert plugin_problem([Requirement("nope", "1.0.0"), Requirement("not", "2.0.0")]) == (
        "Plugin requirement not satisfied, must load one of: nope (>= 1.0.0), not (>= 2.0.0)"
    )
