"""What to write instead of a key or type that is wrong."""

import pytest

from lanner.policy.advice import fix_for_error, fix_for_remark
from lanner.policy.decoding.yaml_text import read_yaml


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ('unknown field "rules[0].verb"', "write verbs"),
        ('unknown field "rules[0].groups"', "write userGroups"),
        ('unknown field "rules[0].Level"', "write level"),
        ('unknown field "Rules"', "write rules"),
        (
            'unknown field "rules[0].resources[1].verbs"',
            "it is ignored, so remove it or move it: verbs belongs into a rule",
        ),
        ('unknown field "level"', "it is ignored, so remove it or move it: level belongs into a rule"),
        ('unknown field "rules[0].quite"', "it is ignored, so remove it; the keys here are level, users"),
        ('unknown field "metadata.x"', "it is ignored, so remove it"),
        ('duplicate field "rules"', "keep one rules; kube-apiserver takes the last"),
        ("yaml: unmarshal errors:", "keep one of the keys"),
    ],
)
def test_fixes_of_keys(text, fix):
    assert fix_for_remark(text).startswith(fix)


@pytest.mark.parametrize(
    ("message", "fix"),
    [
        ("json: cannot unmarshal string into Go struct field P.a of type []string", "write a list"),
        ("json: cannot unmarshal string into Go struct field P.a of type bool", "write true or false without quotes"),
        ("json: cannot unmarshal number into Go struct field P.a of type string", "put the value in quotes"),
        ("json: cannot unmarshal array into Go struct field P.a of type v1.Level", "write a text here"),
        ("json: cannot unmarshal array into Go struct field P.a of type v1.PolicyRule", "write keys and values here"),
        ("yaml: found character that cannot start any token", "indent with blanks"),
        ('no kind "Pod" is registered', "begin the file with apiVersion"),
        ("yaml: anything", ""),
    ],
)
def test_fixes_of_errors(message, fix):
    assert fix_for_error(message, read_yaml(b"a: b").value).startswith(fix)
