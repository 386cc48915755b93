"""The reference page of lanner's own rules is that of the content."""

from pathlib import Path

from lanner.cli.rules_reference import reference

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "rules.md"


def test_the_reference_page_is_up_to_date():
    assert PAGE.read_text() == reference(), "run: python -m lanner.cli.rules_reference > docs/reference/rules.md"
