"""Collections of documents are read as pySigma reads them."""

import itertools

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sigma.collection import SigmaCollection

from lanner.config.yamltext import compose, to_python
from lanner.rules.loading import load_texts
from lanner.rules.sigma.collection import collect

SOURCE = {"product": "kubernetes", "service": "audit"}


def documents(*parts):
    return yaml.safe_dump_all(parts, sort_keys=False)


def load(*parts):
    loaded = load_texts([("c.yaml", documents(*parts))])
    return loaded, [(error.line, error.message) for error in loaded.results[0].errors]


def rule(**more):
    return {"title": "t", "logsource": SOURCE, "detection": {"a": {"verb": "get"}, "condition": "a"}} | more


ACTION = st.sampled_from([None, None, "global", "reset", "repeat"])
PART = st.fixed_dictionaries(
    {},
    optional={
        "level": st.sampled_from(["low", "high"]),
        "fields": st.lists(st.sampled_from(["verb", "stage"]), max_size=2, unique=True),
        "detection": st.fixed_dictionaries(
            {"condition": st.sampled_from(["a", "a and b"])},
            optional={
                "a": st.sampled_from([{"verb": "get"}, {"verb": ["list", "get"]}, {"stage": "Panic", "verb": "get"}]),
                "b": st.sampled_from([{"verb": "list"}, {"user.username|startswith": "system:"}]),
            },
        ),
    },
)


@settings(deadline=None)
@given(st.lists(st.tuples(ACTION, PART), min_size=1, max_size=6))
def test_documents_join_as_in_pysigma(parts):
    """But for a `repeat` right behind a `global`: pySigma, by accident, makes it a part of what is shared."""
    actions = [action for action, _ in parts if action != "reset"]
    assume(("global", "repeat") not in itertools.pairwise(actions))
    whole = rule()["detection"]
    written = [rule()]
    for action, part in parts:
        detection = {"detection": whole | part.get("detection", {})}
        written.append(part | {"action": action} if action else rule() | part | detection)
    theirs = SigmaCollection.from_yaml(documents(*written), collect_errors=True).rules
    ours, errors = collect(compose(documents(*written)), "")
    assert errors == []
    read = [to_python(node) for node in ours]
    assert [each["detection"] for each in read] == [
        {**each.detection.to_dict(), "condition": each.detection.condition[0]} for each in theirs
    ]
    assert [each.get("level") for each in read] == [each.level and str(each.level) for each in theirs]


def test_rules_of_one_title_are_numbered_and_the_first_keeps_the_other_names():
    shared = {"action": "global", "title": "Shared", "name": "shared", "logsource": SOURCE}
    one, two = ({"detection": {"a": {"verb": verb}, "condition": "a"}} for verb in ("get", "list"))
    loaded, errors = load(shared, one, two, {"action": "repeat", "level": "high"})
    assert errors == []
    assert [(each.name, each.priority, each.line) for each in loaded.rules] == [
        ("Shared", "Warning", 8),
        ("Shared (2)", "Warning", 13),
        ("Shared (3)", "Error", 18),
    ]


def test_a_reset_ends_what_is_shared():
    loaded, errors = load({"action": "global", "level": "high"}, rule(), {"action": "reset"}, rule(title="u"))
    assert errors == []
    assert [each.priority for each in loaded.rules] == ["Error", "Warning"]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("action: globl\n", "no action is called 'globl'; did you mean 'global'?"),
        ("action: [a]\n", "no action is called ''"),
        ("action: global\nlevel: low\nlevel: high\n", "level"),
    ],
)
def test_what_is_wrong_with_an_action_is_told_with_its_place(document, words):
    loaded = load_texts([("c.yaml", f"{documents(rule())}---\n{document}")])
    (error,) = loaded.results[0].errors
    assert words in error.message
    assert error.line >= 9
    assert [each.name for each in loaded.rules] == ["t"]


def test_a_mistake_in_what_is_shared_is_told_where_it_stands():
    wrong = {"a": {"verb|contans": "x"}, "condition": "a"}
    _, errors = load({"action": "global", "title": "x", "logsource": SOURCE, "detection": wrong}, {"level": "low"})
    assert errors == [(8, "Unknown modifier 'contans'")]


def test_an_empty_document_at_the_end_is_none():
    assert load_texts([("c.yaml", documents(rule()) + "---\n")]).successful
