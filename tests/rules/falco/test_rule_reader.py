"""Rule items: what must be there, what may be appended, replaced, switched."""

import pytest

from lanner.rules.falco.documents import load_texts

RULE = "- rule: A\n  desc: d\n  condition: ka.verb = create\n  output: ' x '\n  priority: INFO\n  source: k8s_audit\n"


def _load(text):
    return load_texts([("a.yaml", text)])


def _change(keys, override):
    return _load(RULE + f"- rule: A\n  {keys}\n  override: {{{override}}}\n")


@pytest.mark.parametrize(
    ("keys", "override", "attribute", "value"),
    [
        ("output: y", "output: append", "output", "x y"),
        ("output: y", "output: replace", "output", "y"),
        ("desc: more", "desc: append", "description", "d more"),
        ("desc: other", "desc: replace", "description", "other"),
        ("tags: [b, a, b]", "tags: append", "tags", ("a", "b")),
        ("priority: eMergency", "priority: replace", "priority", "Emergency"),
        ("enabled: no", "enabled: replace", "enabled", False),
        ("condition: and ka.uri = x", "condition: append", "condition_text", "ka.verb = create and ka.uri = x"),
        ("warn_evttypes: false", "warn_evttypes: replace", "enabled", True),
        ("capture_duration: 5", "capture_duration: replace", "enabled", True),
        ("skip-if-unknown-filter: true", "skip-if-unknown-filter: replace", "enabled", True),
    ],
)
def test_overrides_change_one_part(keys, override, attribute, value):
    loaded = _change(keys, override)
    assert loaded.successful
    assert getattr(loaded.rules[0], attribute) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- rule: B\n  tags: [x]\n  override: {tags: append}\n", "Rule uses 'append' or 'override.<key>: append'"),
        (
            "- rule: B\n  tags: [x]\n  override: {tags: replace}\n",
            "An 'override.<key>: replace' to a rule was requested",
        ),
        ("- rule: A\n  append: true\n", "Appended rule must have exceptions or condition property"),
        (
            "- rule: A\n  override: {tags: replace}\n",
            "An replace override for 'tags' was specified but 'tags' is not defined",
        ),
        ("- rule: A\n  tags: [x]\n", "Item has no mapping for key 'enabled'"),
        (RULE.replace("k8s_audit", "syscall"), "Rule has been re-defined with a different source"),
        (RULE.replace("rule: A", "rule: B") + "  capture_duration: x\n", "Can't decode YAML scalar value"),
        (RULE.replace("rule: A", "rule: B") + "  enabled: perhaps\n", "Can't decode YAML scalar value"),
        (RULE.replace("output: ' x '", "output: '  '").replace("rule: A", "rule: B"), "empty formatting token"),
    ],
)
def test_wrong_changes_are_refused_in_falcos_words(text, message):
    (result,) = _load(RULE + text).results
    assert result.errors[0].message.startswith(message)


def test_an_unknown_priority_names_the_known_ones():
    (result,) = _load(RULE.replace("INFO", "HIGH")).results
    assert "Emergency" in result.errors[0].hint


def test_a_macro_may_be_meant_where_a_list_is_named():
    """The hint knows the names that are defined."""
    text = "- list: L\n  items: [a]\n" + RULE.replace("ka.verb = create", "ka.verb = x and L2 and m")
    (result,) = _load(text + "- macro: m\n  condition: ka.verb exists\n").results
    assert result.errors[0].hint == "define a macro 'L2', or write a comparison"
    (result,) = _load("- macro: a\n  condition: b\n- macro: b\n  condition: ka.verb exists\n").results
    assert result.errors[0].hint == "macro 'b' is defined further down: a macro sees only those before it"
