r"""Shell patterns as fnmatch(3) reads them with FNM_EXTMATCH, which is what Falco's glob operators use.

Known forms: `*`, `?`, `[set]`, `\x` and the groups `?(a|b)`, `*(a|b)`, `+(a|b)`, `@(a|b)`, `!(a|b)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import re2

from lanner.rules.text import ascii_lower

_GROUP = re.compile(r"[?*+@!]\(")
_CLASS = re.compile(r"\[[!^]?\]?(?:\[:[a-z]+:\]|\\.|[^\]\\])*\]", re.DOTALL)
_REPEAT = {"?": "?", "*": "*", "+": "+", "@": ""}
_MARK = re.compile(r"\\.|[(|)]", re.DOTALL)
_MAGIC = re.compile(r"[*?\[\\(]")


def glob_matcher(pattern: str, *, ignore_case: bool = False) -> Callable[[str], bool]:
    """Compile a pattern to a test of a whole text; with `ignore_case` ASCII letters match in either case."""
    if ignore_case:
        inner = glob_matcher(ascii_lower(pattern))
        return lambda text: inner(ascii_lower(text))
    return _plain_matcher(pattern) or _pattern_matcher(pattern)


def _plain_matcher(pattern: str) -> Callable[[str], bool] | None:
    """Compile `text`, `text*`, `*text` and `*text*` without a regular expression; None for anything else."""
    body = pattern.strip("*")
    if _MAGIC.search(body) or pattern.startswith("**") or pattern.endswith("**"):
        return None
    opened, closed = pattern.startswith("*"), pattern.endswith("*")
    if pattern == "*":
        return lambda _text: True
    if opened and closed:
        return lambda text: body in text
    if opened:
        return lambda text: text.endswith(body)
    if closed:
        return lambda text: text.startswith(body)
    return lambda text: text == body


def _pattern_matcher(pattern: str) -> Callable[[str], bool]:
    if "!(" in pattern:
        return _Negating(pattern).match
    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True
    try:
        compiled = re2.compile(translate(pattern), options)
    except re2.error:
        return lambda text: text == pattern
    return lambda text: compiled.fullmatch(text) is not None


def translate(pattern: str) -> str:
    """Write a pattern without `!(...)` as a regular expression of RE2."""
    out: list[str] = []
    position = 0
    while position < len(pattern):
        piece, position = _translate_at(pattern, position)
        out.append(piece)
    return "".join(out)


def _translate_at(pattern: str, position: int) -> tuple[str, int]:
    character = pattern[position]
    if _GROUP.match(pattern, position):
        end = _closing(pattern, position + 1)
        if end != -1:
            choices = "|".join(translate(choice) for choice in _choices(pattern[position + 2 : end]))
            return f"(?:{choices}){_REPEAT[character]}", end + 1
    if character == "[":
        found = _CLASS.match(pattern, position)
        if found is not None:
            return _translate_class(found.group()), found.end()
    if character == "\\" and position + 1 < len(pattern):
        return re2.escape(pattern[position + 1]), position + 2
    return {"*": ".*", "?": "."}.get(character) or re2.escape(character), position + 1


def _translate_class(text: str) -> str:
    negated = text[1] in "!^"
    body = text[2:-1] if negated else text[1:-1]
    body = re.sub(r"\[(?!:)", r"\\[", body)
    if body.startswith("]"):
        body = "\\" + body
    return f"[{'^' if negated else ''}{body.replace('^', chr(92) + '^')}]"


def _closing(pattern: str, start: int) -> int:
    """Return the place of the parenthesis that closes the one at `start`, or -1."""
    depth = 0
    position = start
    while position < len(pattern):
        if pattern[position] == "\\":
            position += 1
        elif pattern[position] == "(":
            depth += 1
        elif pattern[position] == ")":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    return -1


def _choices(body: str) -> list[str]:
    """Split at the bars that stand in no inner group."""
    choices, depth, start = [], 0, 0
    for found in _MARK.finditer(body):
        mark = found.group()
        depth += {"(": 1, ")": -1}.get(mark, 0)
        if mark == "|" and depth == 0:
            choices.append(body[start : found.start()])
            start = found.end()
    return [*choices, body[start:]]


class _Negating:
    """A pattern that holds `!(...)` outside other groups: tried at every split of the text, in polynomial time."""

    def __init__(self, pattern: str) -> None:
        start = pattern.index("!(")
        end = _closing(pattern, start + 1)
        if end == -1:
            self._head, self._tail = glob_matcher(pattern.replace("!(", r"\!\(")), None
            return
        self._head = glob_matcher(pattern[:start])
        self._tail = glob_matcher(pattern[end + 1 :])
        self._refused = [glob_matcher(choice) for choice in _choices(pattern[start + 2 : end])]

    def match(self, text: str) -> bool:
        if self._tail is None:
            return self._head(text)
        heads = [place for place in range(len(text) + 1) if self._head(text[:place])]
        tails = [place for place in range(len(text) + 1) if self._tail(text[place:])]
        return any(
            not any(refused(text[head:tail]) for refused in self._refused)
            for head in heads
            for tail in tails
            if tail >= head
        )
