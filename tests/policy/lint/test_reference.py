"""The page of checks is what the checks say of themselves."""

from pathlib import Path

import pytest

from lanner.policy.lint import CHECKS
from lanner.policy.lint.reference import filled, main, table

PAGE = Path(__file__).parents[3] / "docs" / "policy-lint.md"


def test_the_page_has_the_table_of_today():
    page = PAGE.read_text(encoding="utf-8")
    assert filled(page) == page


def test_every_check_explains_itself():
    assert all(check.explanation and f"| `{check.name}` |" in table() for check in CHECKS)


def test_the_table_is_written_in_place(tmp_path):
    page = tmp_path / "page.md"
    old = PAGE.read_text(encoding="utf-8").replace(CHECKS[0].explanation, "something else")
    page.write_text(old, encoding="utf-8")
    main(str(page))
    assert page.read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8")


def test_a_page_without_marks_is_refused():
    with pytest.raises(ValueError, match="values to unpack"):
        filled("no marks")
