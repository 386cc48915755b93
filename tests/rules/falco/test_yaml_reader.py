"""YAML mistakes in yaml-cpp's words, with a hint."""

import pytest

from lanner.rules.falco.documents import load_texts


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b: c", "yaml-cpp: error at line 1, column 5: illegal map value"),
        ("- [a", "end of sequence flow not found"),
        ("- {a: b", "end of map flow not found"),
        ("- a\n b: c", "illegal map value"),
        ("- *x", "the referenced anchor is not defined"),
        ("- 'a", "illegal EOF in scalar"),
        ('- "\\q"', "unknown escape character"),
        ("- rule: A\n\tdesc: d", "illegal tab when looking for indentation"),
        ("[" * 200 + "]" * 200, "levels deep"),
    ],
)
def test_a_text_that_is_no_yaml_is_refused(text, message):
    (result,) = load_texts([("a.yaml", text)]).results
    assert result.errors[0].code == "LOAD_ERR_YAML_PARSE"
    assert message in result.errors[0].message
