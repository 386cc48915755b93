"""YAML mistakes in yaml-cpp's words, with a hint."""

import pytest

from lanner.rules.falco.documents import load_texts
from lanner.rules.falco.yaml_reader import MAX_SECOND_READING


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b: c", "yaml-cpp: error at line 1, column 5: illegal map value"),
        ("- [a", "end of sequence flow not found"),
        ("- {a: b", "end of map flow not found"),
        ("- a\n b: c", "illegal map value"),
        ("- *x", "the referenced anchor is not defined"),
        ("- 'a", "illegal EOF in scalar"),
        ("- [a?b]", "unknown token"),
        ('- "\\q"', "unknown escape character"),
        ("- rule: A\n\tdesc: d", "illegal tab when looking for indentation"),
        ("[" * 200 + "]" * 200, "levels deep"),
    ],
)
def test_a_text_that_is_no_yaml_is_refused(text, message):
    (result,) = load_texts([("a.yaml", text)]).results
    assert result.errors[0].code == "LOAD_ERR_YAML_PARSE"
    assert message in result.errors[0].message


def test_what_only_one_of_the_readers_takes_is_taken_as_yaml_cpp_takes_it():
    """Two lists one behind the other, a last key without colon, quotes that never close."""
    for text in ("[]\n[]\n", "- foo: bar\n  last\n", "- foo: 'bar\n"):
        (result,) = load_texts([("a.yaml", text)]).results
        assert result.successful


def test_long_texts_keep_the_fast_readers_words():
    (result,) = load_texts([("a.yaml", "# " + "x" * MAX_SECOND_READING + "\n- a: b: c\n")]).results
    assert result.errors[0].message.startswith("yaml-cpp: error at line 2, column 7: ")
