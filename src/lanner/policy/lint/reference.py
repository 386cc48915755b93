"""Writes the table of checks in docs/policy-lint.md from the checks themselves."""

from __future__ import annotations

from pathlib import Path

from lanner.policy.lint import CHECKS

BEGIN = "<!-- checks: written by `python -m lanner.policy.lint.reference docs/policy-lint.md` -->"
END = "<!-- end of checks -->"


def table() -> str:
    """Return the checks as a Markdown table, in the order in which they run."""
    rows = (f"| `{one.name}` | {one.severity} | {one.explanation.replace('|', chr(92) + '|')} |" for one in CHECKS)
    return "\n".join(("| check | severity | what it finds, and why |", "|---|---|---|", *rows))


def filled(page: str) -> str:
    """Return a page with the table between its two marks; raises ValueError where a mark is missing."""
    head, _ = page.split(BEGIN)
    _, tail = page.split(END)
    return f"{head}{BEGIN}\n{table()}\n{END}{tail}"


def main(path: str) -> None:
    """Fill the page's table in place."""
    page = Path(path)
    page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    import sys

    main(sys.argv[1])
