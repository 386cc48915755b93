"""The reference page of the command line is that of the application."""

from __future__ import annotations

from pathlib import Path

from lanner.cli.reference import reference

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"


def test_the_reference_page_is_up_to_date():
    assert PAGE.read_text() == reference(), "run: python -m lanner.cli.reference > docs/reference/cli.md"


def test_every_option_says_what_it_means():
    rows = [row for row in reference().splitlines() if row.startswith("| `")]
    assert len(rows) > 40
    assert [row for row in rows if row.endswith("|  |")] == []
