"""Finding a rule by its name or a part of it."""

import pytest

from lanner.cli.rules.choosing import choose
from lanner.errors import UsageError
from lanner.rules.falco.documents import link_texts

ITEM = "- {{rule: {}, desc: d, condition: {}, output: x, priority: INFO, source: {}}}\n"
TEXT = "".join(
    ITEM.format(name, "evt.type = open" if source == "syscall" else "ka.verb = get", source)
    for name, source in [("Pod made", "k8s_audit"), ("Pod", "k8s_audit"), ("Shell", "k8s_audit"), ("File", "syscall")]
)


def chosen(word):
    loaded, linker = link_texts([("rules.yaml", TEXT)])
    assert loaded.successful
    return choose(word, loaded.rules, linker.collector.rules).name


@pytest.mark.parametrize(("word", "name"), [("Pod", "Pod"), ("made", "Pod made"), ("SHELL", "Shell"), ("hel", "Shell")])
def test_a_name_or_the_only_name_with_a_part_is_taken(word, name):
    assert chosen(word) == name


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("po", "2 rules have 'po' in their names; write more of the one you mean:\n  Pod made\n  Pod"),
        ("Shel1", "no rule 'Shel1'; did you mean 'Shell'?"),
        ("mode", "no rule 'mode'; did you mean 'made'?"),
        ("zzz", "no rule 'zzz'; `lanner rules list` names all"),
        ("File", "rule 'File' is of source syscall: lanner runs rules of source k8s_audit only"),
    ],
)
def test_other_words_are_refused_with_the_way_out(word, said):
    with pytest.raises(UsageError) as caught:
        chosen(word)
    assert str(caught.value) == said


def test_many_names_are_cut():
    loaded, linker = link_texts(
        [("r.yaml", "".join(ITEM.format(f"r{n}", "ka.verb = get", "k8s_audit") for n in range(12)))]
    )
    with pytest.raises(UsageError, match="and 2 more"):
        choose("r", loaded.rules, linker.collector.rules)
