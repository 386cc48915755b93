"""The sample and the reference page come from the structs and say everything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from lanner.settings import Settings, load
from lanner.settings.describe import keys, summary
from lanner.settings.reference import reference
from lanner.settings.sample import sample
from lanner.sources.file import FileSettings


def structs(struct: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    yield struct
    for key in keys(struct):
        for below in key.structs:
            yield from structs(below)


ALL = list(dict.fromkeys(structs(Settings)))


def test_the_sample_loads_to_the_defaults_with_a_file_source(tmp_path):
    (tmp_path / "lanner.yaml").write_text(sample())
    found = load(tmp_path / "lanner.yaml")
    assert found.settings == Settings(sources=(FileSettings(path="/var/log/kubernetes/audit.log"),))
    assert found.notes == ()


@pytest.fixture(scope="module")
def pages():
    return sample(), reference()


@pytest.mark.parametrize("struct", ALL, ids=lambda struct: struct.__qualname__)
def test_every_key_is_described_and_appears_in_both(struct, pages):
    sample_page, reference_page = pages
    assert summary(struct)
    for key in keys(struct):
        assert key.description, f"{struct.__name__}.{key.name} has no description"
        assert re.search(rf"^[ #-]*{key.name}:", sample_page, re.MULTILINE)
        assert f"| `{key.name}` |" in reference_page


def test_commented_entries_load_when_they_are_uncommented(tmp_path):
    """Taking `# ` off the webhook, file and http entries gives settings that load."""
    text, lines = [], sample().splitlines()
    inside = False
    for line in lines:
        inside = bool(re.match(r"# +- type: ", line)) or (inside and line.startswith("#   "))
        text.append(line[2:] if inside else line)
    (tmp_path / "lanner.yaml").write_text("\n".join(text))
    found = load(tmp_path / "lanner.yaml").settings
    assert len(found.sources) >= 3
    assert len(found.outputs) == 3


def test_the_reference_page_is_up_to_date():
    page = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
    assert page.read_text() == reference(), "run: python -m lanner.settings.reference > docs/reference/settings.md"
