"""docs/content.md: its lists are those of the content, its tables what the bench finds."""

import pytest
from bench.panther import EVENTS, PAGE, UNEXPLAINED, judge, read_reasons, tables, written

from lanner import content
from lanner.rules.loading import load_files


def test_the_page_names_every_list_that_users_append_to():
    lists = load_files([content.FOLDER]).linker.collector.lists
    assert len(lists) > 5
    assert [name for name in lists if f"| `{name}` |" not in PAGE.read_text()] == []


@pytest.mark.shared
@pytest.mark.skipif(not EVENTS.exists(), reason="../shared/data/panther is not there")
def test_the_tables_are_what_the_rules_do_and_every_disagreement_has_its_reason():
    text = tables(list(judge(EVENTS)))
    assert UNEXPLAINED not in text
    assert [reason for reason in read_reasons().values() if f"| {reason} |" not in text] == []
    assert written(PAGE.read_text(), text) == PAGE.read_text(), "run: python bench/panther.py --update"
