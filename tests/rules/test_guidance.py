"""Guidance beside rules: found, read, and what is said of a wrong one."""

import pytest

from lanner.errors import GroundError, SourceError
from lanner.rules.falco.documents import rule_files
from lanner.rules.guidance import Guidance, find_guidance, load_guidance


def test_a_folder_has_all_of_its_guidance_and_a_file_that_of_its_name(tmp_path):
    for name in ("a.yaml", "b.yml", "a.guidance.yaml", "b.guidance.yaml", "c.yaml"):
        (tmp_path / name).write_text("{}")
    assert [path.name for path in find_guidance([tmp_path])] == ["a.guidance.yaml", "b.guidance.yaml"]
    assert [path.name for path in find_guidance([tmp_path / "b.yml", tmp_path / "c.yaml"])] == ["b.guidance.yaml"]
    assert [path.name for path in rule_files([tmp_path])] == ["a.yaml", "b.yml", "c.yaml"]


def test_later_files_come_over_earlier_ones(tmp_path):
    (tmp_path / "a.guidance.yaml").write_text("R: {matrix: [MS-TA9025], false_positives: f}\nS: {response: [ask]}\n")
    (tmp_path / "b.guidance.yaml").write_text("R: {response: [look]}\n")
    assert load_guidance([tmp_path]) == {"R": Guidance(response=("look",)), "S": Guidance(response=("ask",))}


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("- R", (1, 1), "guidance is one map"),
        ("", (1, 1), "guidance is one map"),
        ("R:\n  respons: [x]\n", (2, 3), "did you mean 'response'"),
        ("R:\n  matrix: x\n", (2, 11), "array"),
        ("R: {}\nR: {}\n", (2, 1), "given twice"),
    ],
)
def test_what_is_wrong_is_told_in_its_place(tmp_path, text, place, message):
    (tmp_path / "a.guidance.yaml").write_text(text)
    with pytest.raises(SourceError, match=message) as raised:
        load_guidance([tmp_path])
    assert (raised.value.line, raised.value.column) == place


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "a.guidance.yaml").mkdir()
    with pytest.raises(GroundError, match="guidance"):
        load_guidance([tmp_path])
