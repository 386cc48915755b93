"""Rules documents load as Falco 0.45 recorded it: results, errors, warnings, alerts."""

from itertools import zip_longest
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanner.audit.decode import decode
from lanner.config.yamltext import compose, to_python
from lanner.errors import GroundError
from lanner.rules.compile import compile_conditions
from lanner.rules.falco.documents import load_files, load_texts, rule_files
from lanner.rules.falco.output import OutputFormat

ORACLE = Path(__file__).parents[2] / "data" / "falco_oracle"
SHARED = Path(__file__).parents[3].parent / "shared" / "data" / "falco_rules"
RECORDS = [msgspec.json.decode(line) for line in (ORACLE / "documents.jsonl").read_bytes().splitlines()]

CASES = to_python(compose((ORACLE.parent / "falco_codes.yaml").read_text())[0])
LAST = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "auditID": "last",
    "stage": "ResponseComplete",
    "stageTimestamp": "2026-01-01T00:00:00Z",
    "verb": "get",
}
"""The alerts were counted with one event more behind those of events.jsonl. All counts together say of it: its verb is
get, its user is not alice, its resource is not secrets; in every other way it may be as empty as this one."""

RULE = """
- rule: A
  desc: d
  condition: ka.verb = create
  output: "%ka.verb"
  priority: WARNING
  source: k8s_audit
"""


@pytest.fixture(scope="module")
def events():
    lines = (ORACLE / "events.jsonl").read_bytes().splitlines()
    return [event for line in lines for event in decode(line).events]


def _load(*texts):
    return load_texts([(f"{number}.yaml", text) for number, text in enumerate(texts)])


def _alerts(loaded, events):
    rules = [rule for rule in loaded.rules if rule.enabled]
    matcher = compile_conditions([rule.condition for rule in rules])
    formats = [OutputFormat(rule.output) for rule in rules]
    return [
        [rules[index].name, rules[index].priority, list(rules[index].tags), formats[index].render(event)]
        for event in events
        for index in matcher.match(event)
    ]


@pytest.mark.parametrize("case", CASES, ids=[case["says"] for case in CASES])
def test_each_code_is_given_where_falcos_sources_give_it(case):
    """The table says what it is about; a code without message leaves the message open."""
    (result,) = _load(case["text"].replace("<rule>", RULE.lstrip())).results
    errors, warnings = [case["error"]] if "error" in case else [], case.get("warnings", [])
    for found, wanted in ((result.errors, errors), (result.warnings, warnings)):
        shown = [f"{one.code}: {one.message}" for one in found]
        assert [
            text if ":" in want else text.partition(":")[0] for text, want in zip_longest(shown, wanted, fillvalue="")
        ] == wanted
    assert result.successful == ("error" not in case)


@pytest.mark.parametrize("record", RECORDS, ids=range(len(RECORDS)))
def test_each_recorded_document_gives_falcos_results_and_alerts(record, events):
    """Codes and messages in order; where Falco refused to start, its words are an error of the file."""
    loaded = _load(*record["files"])
    if "refused" in record:
        assert record["refused"].strip() in {
            f"Error: {error.message}" for result in loaded.results for error in result.errors
        }
        return
    shown = [
        {
            "successful": result.successful,
            "errors": [{"code": found.code, "message": found.message} for found in result.errors],
            "warnings": [{"code": found.code, "message": found.message} for found in result.warnings],
        }
        for result in loaded.results
    ]
    assert shown == record["results"]
    if record.get("ran") == "ok":
        alerts = _alerts(loaded, events)
        assert alerts[:12] == record["alerts"]
        last = decode(msgspec.json.encode(LAST)).events
        assert len(alerts) + len(_alerts(loaded, last)) == record["alert_count"]


def test_a_bad_file_does_not_hide_the_results_of_the_others():
    """Each file is judged by itself; the rules of good files load, broken ones are left out and told once."""
    loaded = _load(RULE.replace("ka.verb =", "ka.nope ="), "a: [", RULE.replace("rule: A", "rule: B"))
    assert [result.successful for result in loaded.results] == [False, False, True]
    assert [rule.name for rule in loaded.rules] == ["B"]
    assert not loaded.successful


def test_files_load_in_order_as_one_set():
    """A later file uses lists and macros of an earlier one; until then Falco calls them unused, and a hint says why."""
    loaded = _load(
        "- list: L\n  items: [create]\n- macro: m\n  condition: ka.verb in (L)\n",
        RULE.replace("ka.verb =", "m and ka.verb ="),
    )
    first, second = loaded.results
    assert [(found.code, found.item) for found in first.warnings] == [("LOAD_UNUSED_MACRO", "m")]
    assert "a file loaded later uses it" in first.warnings[0].hint
    assert second.warnings == []
    assert first.telling == []
    assert loaded.successful


def test_what_no_file_uses_is_told_after_each_file():
    """As Falco does; in a later file's result the finding names the file it is about."""
    first, second = _load("- list: L\n  items: [create]\n", RULE).results
    assert [(found.file, found.hint) for found in first.warnings] == [("", "")]
    assert [(found.code, found.file) for found in second.warnings] == [("LOAD_UNUSED_LIST", "0.yaml")]
    assert (first.telling, second.telling) == (first.warnings, [])


def test_what_stands_before_a_mistake_of_the_file_is_judged_as_well():
    (result,) = _load(RULE.replace("ka.verb =", "ka.nope =") + "- 1\n").results
    assert [error.code for error in result.errors] == ["LOAD_ERR_YAML_VALIDATE"]
    assert [error.code for error in result.further] == ["LOAD_ERR_COMPILE_CONDITION"]


def test_an_empty_document_hides_what_follows_and_a_note_says_so():
    loaded = _load(f"---\n---\n{RULE}")
    assert loaded.rules == []
    assert loaded.results[0].notes == ["nothing is read behind the empty document in line 2 (as Falco does)"]
    assert _load(f"---{RULE}---\n").results[0].notes == []


def test_unused_lists_and_macros_are_told_at_their_place():
    (result,) = _load("- list: L\n  items: [a]\n- macro: m\n  condition: ka.verb = get\n" + RULE).results
    assert [(found.code, found.line, found.item) for found in result.warnings] == [
        ("LOAD_UNUSED_MACRO", 3, "m"),
        ("LOAD_UNUSED_LIST", 1, "L"),
    ]


def test_all_errors_are_found_but_falcos_first_one_stands_alone():
    """`errors` compares with Falco's answer, `further` saves the user a round."""
    bad = RULE.replace("ka.verb =", "ka.nope =")
    (result,) = _load(bad + bad.replace("rule: A", "rule: B").replace("ka.nope", "ka.vreb")).results
    assert [error.item for error in result.errors] == ["A"]
    assert [(error.item, error.hint) for error in result.further] == [("B", "did you mean 'ka.verb'?")]


def test_what_follows_from_a_broken_macro_is_not_told_twice():
    (result,) = _load("- macro: m\n  condition: ka.verb = \n" + RULE.replace("ka.verb =", "m and ka.verb =")).results
    assert [error.item for error in [*result.errors, *result.further]] == ["m"]


@pytest.mark.parametrize(
    ("condition", "line", "column"),
    [
        ("ka.verb = create and ka.nope = 1", 4, 35),
        ("'ka.verb = create and ka.nope = 1'", 4, 36),
        (">\n    ka.verb = create\n    and ka.nope = 1", 6, 9),
        ("|\n    ka.verb = create\n\n      and ka.nope = 1", 7, 11),
        ("ka.verb = create\n   and ka.nope = 1", 5, 8),
        ("nowhere", 4, 14),
    ],
)
def test_errors_point_at_the_word_in_the_file(condition, line, column):
    """In plain, quoted, folded and literal text alike."""
    (result,) = _load(RULE.replace("ka.verb = create", condition)).results
    assert (result.errors[0].line, result.errors[0].column) == (line, column)


def test_an_error_in_an_appended_part_points_into_the_file_that_appended():
    first, second = RULE, "\n- rule: A\n  condition: and ka.nope = 1\n  override: {condition: append}\n"
    error = _load(first, second).results[1].errors[0]
    assert (error.file, error.line, error.column) == ("", 3, 18)


def test_an_error_inside_a_macro_points_at_the_macro():
    """However deep, and whichever rule uses it."""
    macros = "- macro: m\n  condition: ka.verb exists and ka.nope = 1\n- macro: n\n  condition: not m\n"
    error = _load(macros + RULE.replace("ka.verb = create", "ka.uri = x and n")).results[0].errors[0]
    assert (error.line, error.column, error.item) == (2, 33, "A")


def test_an_error_behind_a_list_points_at_the_text_as_written():
    """The items of a list and the parentheses of exceptions do not shift the place."""
    text = "- list: L\n  items: [aaaaaaaaaaaaaaaaaaaa, b]\n" + RULE.replace(
        "ka.verb = create", "ka.verb in (L) and ka.nope = 1"
    )
    text += "  exceptions:\n  - name: e\n    fields: [ka.user.name]\n    values: [[alice]]\n"
    error = _load(text).results[0].errors[0]
    assert (error.line, error.column) == (6, 33)


def test_rules_of_other_sources_are_kept_out_and_named_once():
    """A syscall rule needs no field of ours; an audit field in it is a mistake (Falco)."""
    syscall = RULE.replace("ka.verb = create", "evt.type = open and proc.name = x").replace("k8s_audit", "syscall")
    syscall = syscall.replace("%ka.verb", "%proc.name")
    loaded = _load(syscall + syscall.replace("rule: A", "rule: B"))
    assert loaded.rules == []
    assert loaded.results[0].notes == ["2 rules of source syscall are not run: lanner reads Kubernetes audit events"]
    (result,) = _load(RULE.replace("k8s_audit", "syscall").replace("%ka.verb", "x")).results
    assert result.errors[0].message == "filter_check called with nonexistent field ka.verb"


def test_a_rule_may_ask_to_be_skipped_for_unknown_names():
    skip = "  skip-if-unknown-filter: true\n"
    for broken in (RULE.replace("ka.verb =", "ka.nope ="), RULE.replace("%ka.verb", "%ka.nope")):
        loaded = _load(broken + skip)
        assert [found.code for found in loaded.results[0].warnings] == ["LOAD_UNKNOWN_FILTER"]
        assert loaded.successful
        assert loaded.rules == []


def test_a_rule_knows_where_it_comes_from():
    rule = _load(RULE).rules[0]
    assert (rule.file, rule.line, rule.condition_text, rule.priority) == ("0.yaml", 2, "ka.verb = create", "Warning")


def test_folders_give_their_yaml_files_in_name_order_without_tests(tmp_path):
    for name in ("b.yaml", "a.yml", "a.test.yaml", "c.txt"):
        (tmp_path / name).write_text(RULE if "." in name else "")
    assert [path.name for path in rule_files([tmp_path])] == ["a.yml", "b.yaml"]
    assert load_files([tmp_path]).successful


def test_a_path_that_is_not_there_is_an_error_of_the_ground(tmp_path):
    with pytest.raises(GroundError, match="no such file"):
        load_files([tmp_path / "none.yaml"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-16"])
def test_files_are_read_in_the_encodings_that_yaml_cpp_reads_by_their_mark(tmp_path, encoding):
    text = RULE.replace("rule: A", "rule: \u00fcn\u00ef")
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    (tmp_path / "a.yaml").write_bytes((mark + text).encode(encoding))
    assert [rule.name for rule in load_files([tmp_path]).rules] == ["\u00fcn\u00ef"]


def test_wrong_bytes_are_replaced(tmp_path):
    (tmp_path / "a.yaml").write_bytes(RULE.replace("rule: A", "rule: A?").encode().replace(b"A?", b"A\xff"))
    assert [rule.name for rule in load_files([tmp_path]).rules] == ["A\ufffd"]


def test_lists_that_blow_up_are_stopped():
    """Each list holds the next one many times; the text is bounded, not the machine."""
    lists = "".join(f"- list: L{n}\n  items: [{', '.join([f'L{n + 1}'] * 40)}]\n" for n in range(8))
    (result,) = _load(lists + RULE.replace("= create", "in (L0)")).results
    assert "longer than" in result.errors[0].message


def test_macros_that_blow_up_are_stopped():
    macros = "- macro: m0\n  condition: ka.verb = get\n" + "".join(
        f"- macro: m{n}\n  condition: {' or '.join([f'm{n - 1}'] * 20)}\n" for n in range(1, 9)
    )
    (result,) = _load(macros + RULE.replace("ka.verb = create", "m8")).results
    assert "parts with its macros" in result.errors[0].message


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="../shared/data/falco_rules is not there")
def test_falcos_own_rule_files_load():
    """The audit rules load whole, beside them a file of system-call rules that is kept out."""
    files = [SHARED / "k8saudit" / "k8s_audit_rules.yaml", SHARED / "testing" / "falco_rules_v1.0.1.yaml"]
    loaded = load_files(files)
    assert loaded.successful
    assert len(loaded.rules) == 48
    assert "source syscall" in loaded.results[1].notes[0]


words = st.sampled_from(
    ["rule", "macro", "list", "condition", "items", "ka.verb = get", "append", "override", "true", "exceptions", "name",
     "fields", "values", "comps", "tags", "priority", "INFO", "desc", "output", "%ka.verb", "k8s_audit", "source", "(",
     "m", "L", "", "~", "required_plugin_versions", "required_engine_version", "version", "0.1.0", "🦅"]
)  # fmt: skip
documents = st.recursive(
    words | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=6),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.dictionaries(words, documents, max_size=7), max_size=4))
def test_no_document_of_known_words_breaks_the_loader(items):
    """JSON is YAML; whatever its shape, the loader answers with results."""
    loaded = _load(msgspec.json.encode(items).decode(), RULE)
    assert len(loaded.results) == 2


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="-:[]{}#&*!|>'\"%@` \n\tab\x00\ud800", max_size=60))
def test_no_text_breaks_the_loader(text):
    assert len(_load(text).results) == 1
