"""Items of documents: lists, macros, versions, and what is none of them."""

import pytest

from lanner.rules.falco.documents import load_texts


def _result(text):
    return load_texts([("a.yaml", text)]).results[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", "Rules content is not yaml"),
        ("- x", "Unexpected element type. Each element should be a yaml associative array."),
        ("- list: a\n  items: [[b]]", "sequence value is not scalar"),
        ("- list: a\n  items: [~]", "sequence value is not scalar"),
        ("- macro: a\n  condition: {}", "Value is not a scalar value"),
        ("- macro: a\n  condition: b\n  append: maybe", "Can't decode YAML scalar value"),
        (
            "- macro: a\n  condition: b\n  override: {items: append}",
            "Key 'items' cannot be appended to, use 'replace' instead",
        ),
        ("- macro: a\n  condition: b\n  override: {items: replace}", "Key 'items' cannot be replaced"),
        (
            "- macro: a\n  condition: b\n  override: {items: x}",
            "Invalid override operation for key 'items': 'x'. Allowed values are: ",
        ),
        (
            "- required_engine_version: x",
            "Unable to parse engine version 'x' as a semver string. Expected \"x.y.z\" semver format.",
        ),
        ("- required_engine_version: 64", "Rules require engine version 0.64.0, but engine version is 0.63.0"),
        ("- required_plugin_versions: x", "Value of required_plugin_versions must be a sequence"),
        ("- required_plugin_versions: [x]", "Plugin version must be a mapping"),
        (
            "- required_plugin_versions: [{name: k8saudit, version: x}]",
            "Invalid required version 'x' for plugin 'k8saudit'",
        ),
        (
            "- required_plugin_versions: [{name: a, version: 1.0.0, alternatives: x}]",
            "Value of plugin version alternatives must be a sequence",
        ),
        (
            "- required_plugin_versions: [{name: a, version: 1.0.0, alternatives: [x]}]",
            "Plugin version alternative must be a mapping",
        ),
        (
            "- required_plugin_versions: [{name: a, version: 1.0.0, alternatives: [{name: a, version: 1.0.0}]}]",
            "Defined multiple alternative version requirements for plugin 'a'",
        ),
    ],
)
def test_wrong_items_are_refused_in_falcos_words(text, message):
    assert [error.message for error in _result(text).errors] == [message]


@pytest.mark.parametrize(
    "text",
    [
        "- required_engine_version: 0x10",
        "- required_plugin_versions: [{name: x, version: 1.0.0, alternatives: [{name: k8saudit, version: 0.7.0}]}]",
        "- required_plugin_versions: [{name: k8saudit-eks, version: 9.0.0}]",
        "- ~\n- required_plugin_versions: []",
        "[]\n---\n- list: a\n  items: []\n---\n~",
    ],
)
def test_what_lanner_satisfies_loads(text):
    """Plugins whose events lanner reads itself, or has none of, do not keep rules from loading."""
    assert _result(text).successful


@pytest.mark.parametrize(
    ("text", "code", "line", "hint"),
    [
        ("- list: a b\n  items: []", "LOAD_INVALID_LIST_NAME", 1, ""),
        ("- list: a\n  items: []\n  itmes: []", "LOAD_UNKNOWN_KEY", 3, "did you mean 'items'?"),
        ("- macro: a\n  condition: ka.verb exists\n  desc: x", "LOAD_UNKNOWN_KEY", 3, ""),
        ("- rul: x", "LOAD_UNKNOWN_ITEM", 1, "did you mean 'rule'?"),
    ],
)
def test_warnings_name_place_and_way_out(text, code, line, hint):
    found = _result(text).warnings[0]
    assert (found.code, found.line, found.hint) == (code, line, hint)


def test_of_a_key_written_twice_the_first_counts():
    """As yaml-cpp answers."""
    text = "- list: L\n  items: [create]\n  items: [get]\n- rule: A\n  desc: d\n  condition: ka.verb in (L)\n"
    loaded = load_texts([("a.yaml", text + "  output: x\n  priority: INFO\n  source: k8s_audit\n")])
    again = load_texts(
        [("a.yaml", text.replace("  items: [get]\n", "") + "  output: x\n  priority: INFO\n  source: k8s_audit\n")]
    )
    assert loaded.rules[0].condition == again.rules[0].condition
