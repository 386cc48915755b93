"""Secrets in command lines: options and variables with telling names, and what well-known programs take."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import re2

from lanner.audit.redaction.values import NameTest, in_text, says_something


class Found(NamedTuple):
    """A part of one of the words."""

    word: int
    start: int
    end: int


class _Word(NamedTuple):
    """A word of a command line, and where it stands: in which argument, from which byte on."""

    text: bytes
    argument: int
    start: int


_SHELL_WORD = re.compile(rb"(?:[^\s'\";|&<>]++|'[^']*+'?|\"(?:[^\"\\]++|\\.)*+\"?)++", re.DOTALL)
# RE2: a long word without an equals sign must not be read from each of its letters.
_ASSIGNED = re2.compile(rb"([A-Za-z0-9_.-]+)=")
_OPTION = re.compile(rb"--?[A-Za-z][\w.-]*+", re.ASCII)

_PROGRAMS: tuple[tuple[tuple[bytes, ...], dict[bytes, str]], ...] = (
    ((b"mysql", b"mysqldump", b"mysqladmin", b"mysqlimport", b"mariadb", b"mariadb-dump"), {b"-p": "attached"}),
    ((b"mongo", b"mongosh", b"mongodump", b"mongorestore", b"sshpass", b"cqlsh", b"az"), {b"-p": "any"}),
    ((b"docker", b"podman", b"nerdctl", b"helm", b"crane"), {b"-p": "any"}),
    ((b"curl", b"etcdctl", b"smbclient"), {b"-u": "user", b"--user": "user", b"-U": "user"}),
    ((b"ldapsearch", b"ldapmodify", b"ldapadd", b"ldapwhoami"), {b"-w": "any"}),
    ((b"sqlcmd", b"mosquitto_pub", b"mosquitto_sub"), {b"-P": "any"}),
    ((b"redis-cli",), {b"-a": "any", b"--pass": "any"}),
    ((b"openssl",), {b"-passin": "any", b"-passout": "any", b"-k": "any", b"-K": "any"}),
)
"""Options that hold a secret. `attached`: in the same word only; `user`: behind a colon (or percent sign)."""
_SHORT = {name: options for names, options in _PROGRAMS for name in names}


def secrets_in(arguments: Sequence[bytes], is_secret: NameTest) -> Iterator[Found]:
    """Find secrets in the arguments of a command; an argument with blanks is read as a shell would."""
    words = [word for number, argument in enumerate(arguments) for word in _words(number, argument)]
    yield from _in_words(words, is_secret)
    for number, argument in enumerate(arguments):
        yield from (Found(number, *span) for span in in_text(argument, is_secret))


def _words(number: int, argument: bytes) -> Iterator[_Word]:
    if not re.search(rb"\s", argument):
        yield _Word(argument, number, 0)
        return
    for found in _SHELL_WORD.finditer(argument):
        yield _Word(found[0], number, found.start())


def _in_words(words: Sequence[_Word], is_secret: NameTest) -> Iterator[Found]:
    short: dict[bytes, str] = {}
    asked = ""
    for word in words:
        if asked and not (asked == "name" and word.text.startswith(b"-")):
            yield from _value(word, 0, asked)
            asked = ""
            continue
        short = _SHORT.get(word.text.rpartition(b"/")[2], short)
        asked = short.get(word.text, "").replace("attached", "")
        if asked:
            continue
        found = list(_in_word(word, short, is_secret))
        yield from found
        if not found and _OPTION.fullmatch(word.text) and is_secret(word.text):
            asked = "name"


def _in_word(word: _Word, short: dict[bytes, str], is_secret: NameTest) -> Iterator[Found]:
    for assigned in _ASSIGNED.finditer(word.text):
        if is_secret(assigned[1]) or short.get(assigned[1]):
            yield from _value(word, assigned.end(), short.get(assigned[1], ""))
            return
    for option, way in short.items():
        if word.text.startswith(option) and len(word.text) > len(option) == 2 and not word.text.startswith(b"--"):
            yield from _value(word, len(option), way)
            return


def _value(word: _Word, start: int, way: str) -> Iterator[Found]:
    """Give the part of a word from a byte on that is secret: without quotes, of `user:password` the latter."""
    end = len(word.text)
    if word.text[start : start + 1] in (b"'", b'"'):
        quote = word.text[start : start + 1]
        start += 1
        end -= word.text.endswith(quote) and end > start
    if way == "user":
        behind = re.compile(rb"[:%]").search(word.text, start, end)
        start = behind.end() if behind else start
    if start < end and says_something(word.text[start:end]):
        yield Found(word.argument, word.start + start, word.start + end)
