"""What a policy that decodes must still be; messages are kube-apiserver's (tests/data/policy has more of them)."""

import pytest

from lanner.policy.validation import validate

LEVELS = '"None", "Metadata", "Request", "RequestResponse"'
STAR = "non-resource URL wildcards '*' must be the final character of the rule"
BOTH = "rules cannot apply to both regular resources and non-resource URLs"
STAGES = "allowed stages are RequestReceived,ResponseStarted,ResponseComplete,Panic"
GROUP = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)


@pytest.mark.parametrize(
    ("rule", "messages"),
    [
        ({"level": "None"}, []),
        (None, ["level: Required value"]),
        (
            {"level": "<x>"},
            [rf'level: Unsupported value: "\u003cx\u003e": supported values: {LEVELS}'],
        ),
        ({"level": "None", "nonResourceURLs": ["*", "/a*", "/a/*"]}, []),
        (
            {"level": "None", "nonResourceURLs": ["a*b"]},
            [
                "nonResourceURLs[0]: Invalid value: \"a*b\": non-resource URL rules must begin with a '/' character",
                f'nonResourceURLs[0]: Invalid value: "a*b": {STAR}',
            ],
        ),
        (
            {"level": "None", "nonResourceURLs": ["/a"], "namespaces": ["x"]},
            [
                f'nonResourceURLs: Invalid value: ["/a"]: {BOTH}',
            ],
        ),
        (
            {"level": "None", "resources": [{"group": "*"}, None, {"group": "A"}, {"resourceNames": ["x", None]}]},
            [
                f'resources.group: Invalid value: "A": {GROUP}',
                'resources.resourceNames: Invalid value: ["x",""]: using resourceNames requires at least one resource',
            ],
        ),
        (
            {"level": "None", "resources": [{"group": "a" * 254}]},
            [
                f'resources.group: Invalid value: "{"a" * 254}": must be no more than 253 characters',
            ],
        ),
        (
            {"level": "None", "omitStages": ["Panic", "panic"]},
            [
                f'omitStages[1]: Invalid value: "panic": {STAGES}',
            ],
        ),
    ],
)
def test_rules(rule, messages):
    found = validate({"rules": [rule]})
    assert [mistake.message for mistake in found] == [f"rules[0].{message}" for message in messages]
    assert all(mistake.fix and mistake.rule == 0 for mistake in found)


def test_the_policys_own_stages_come_first():
    found = validate({"omitStages": [None], "rules": [{}]})
    assert [mistake.path for mistake in found] == [("omitStages", 0), ("rules", 0, "level")]
