"""Places of values, and the tree that lint reads."""

from lanner.config.yamltext import Mapping, Scalar
from lanner.policy.decoding.value import as_node, at, nearest
from lanner.policy.decoding.yaml_text import read_yaml

ROOT = read_yaml(b"a:\n  - b: 1\n    c: [x]\n").value


def test_the_place_of_a_value_is_its_keys_or_the_deepest_there_is():
    assert nearest(ROOT, ("a",)) == (1, 1)
    assert nearest(ROOT, ("a", 0)) == (2, 5)
    assert nearest(ROOT, ("a", 0, "c")) == (3, 5)
    assert nearest(ROOT, ("a", 0, "c", 0)) == (3, 9)
    assert nearest(ROOT, ("a", 0, "c", 5)) == (3, 5)
    assert nearest(ROOT, ("z", 0)) == (1, 1)


def test_values_are_found_by_path():
    assert at(ROOT, ("a", 0, "b")).text == "1"
    assert at(ROOT, ("a", 1)) is None


def test_the_tree_as_yaml_nodes():
    node = as_node(ROOT)
    assert isinstance(node, Mapping)
    inner = node.get("a").items[0]
    assert inner.get("b") == Scalar("1", quoted=False, line=2, column=8)
    assert inner.get("c").items[0].quoted
