"""Which kind a text is, and what is refused before its values are looked at."""

import pytest

from lanner.policy.decoding.document import read_document

HEAD = "couldn't get version/kind; json parse error"
NO_WAY = "to (audit.Policy): unknown conversion"
SCHEME = ' in scheme "pkg/runtime/scheme.go:111"'


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("apiVersion: a/b/c", "unexpected GroupVersion string: a/b/c"),
        ("apiVersion: foo/", "Object 'apiVersion' is missing in 'apiVersion: foo/'"),
        ("apiVersion: v1\nkind: Pod", f'no kind "Pod" is registered for version "v1"{SCHEME}'),
        ("kind: Pod", f'no kind "Pod" is registered for the internal version of group "audit.k8s.io"{SCHEME}'),
        ("apiVersion: x/v1\nkind: Status", f"converting (v1.Status) {NO_WAY}"),
        ("apiVersion: audit.k8s.io/v1\nkind: PolicyList", f"converting (v1.PolicyList) {NO_WAY}"),
        ("apiVersion: 1", f"{HEAD}: json: cannot unmarshal number into Go struct field .apiVersion of type string"),
        ("{", f"{HEAD}: unexpected end of JSON input"),
    ],
)
def test_refusals(text, refusal):
    assert read_document(text.encode()).refusal.message == f"failed decoding: {refusal}"


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("", "__internal"),
        ("apiVersion: /", "__internal"),
        ("apiVersion: audit.k8s.io/", "__internal"),
        ("apiVersion: audit.k8s.io/v1", "v1"),
        ("APIVERSION: audit.k8s.io/v1\nKind: Policy", "v1"),
        ("apiVersion: null\nkind: ~", "__internal"),
    ],
)
def test_versions(text, version):
    """Go's own JSON looks for the version, and case does not count for it."""
    assert read_document(text.encode()).version == version


def test_objections_know_their_rule():
    document = read_document(b"apiVersion: audit.k8s.io/v1\nrules: [{}, {x: 1}]\nz: 1\nz: 2")
    assert [(found.text.splitlines()[0], found.rule) for found in document.remarks] == [
        ("yaml: unmarshal errors:", None),
        ('unknown field "rules[1].x"', 1),
        ('unknown field "z"', None),
    ]
