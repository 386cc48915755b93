"""Reads finished logs: a plain or packed file, a folder of them, or standard input."""

from __future__ import annotations

import re
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from lanner.errors import GroundError, LannerError, SourceError
from lanner.sources.documents import join_documents
from lanner.sources.lines import MAX_LINE_BYTES, Line, LineSplitter
from lanner.sources.packed import Progress, chunks
from lanner.sources.pieces import Piece, PieceCutter
from lanner.sources.rotation import in_order

__all__ = ["Line", "list_files", "read_lines", "read_pieces", "stored_bytes"]

_STDIN = Path("-")
_DEEPEST = 32
_WRITE_TEST = "aws-logs-write-test"
# Folders of the log streams that EKS has beside kube-apiserver-audit-<id>.
_OTHER_STREAM = re.compile(
    r"(?:kube-apiserver|authenticator|kube-controller-manager|cloud-controller-manager|kube-scheduler)-[0-9a-f]{32}"
)


class _Place(Protocol):
    """Knows how far the text has been read."""

    @property
    def end(self) -> int: ...


def read_lines(path: Path, *, max_line_bytes: int = MAX_LINE_BYTES, progress: Progress | None = None) -> Iterator[Line]:
    """Yield the lines of a file, of a folder's files in order of rotation, or of standard input ("-").

    Numbers count on through a folder, offsets begin anew in each file. A JSON document over several lines comes as one
    line. A line over `max_line_bytes` comes cut, with `oversized` set. `progress` is told the stored bytes (packed ones
    where packed) of each read.
    Raises SourceError (missing, cut or damaged file; lines before the damage are yielded), GroundError (unreadable).
    """
    number = 0
    for file in list_files(path):
        splitter = LineSplitter(max_line_bytes, number=number, file=str(file))
        yield from join_documents(_split(file, progress, splitter), max_line_bytes)
        number = splitter.number


def _split(file: Path, progress: Progress | None, splitter: LineSplitter) -> Iterator[Line]:
    with _open(file) as opened:
        for chunk in _checked(opened, file, progress, splitter):
            yield from splitter.feed(chunk)
    yield from splitter.finish()


def read_pieces(path: Path, *, progress: Progress | None = None) -> Iterator[Piece | Line]:
    """Yield what read_lines yields, as far as possible in uncut pieces; the text after a file's last piece as lines.

    Raises as read_lines does, after the same lines.
    """
    number = 0
    for file in list_files(path):
        cutter = PieceCutter(number=number, file=str(file))
        with _open(file) as opened:
            feed = _checked(opened, file, progress, cutter)
            damage = yield from _cut(cutter, feed)
            splitter = cutter.splitter()
            yield from join_documents(_remaining(splitter, cutter.held, feed, damage), MAX_LINE_BYTES)
        number = splitter.number


def _cut(cutter: PieceCutter, feed: Iterator[bytes]) -> Generator[Piece, None, LannerError | None]:
    """Yield pieces while the text can be cut; returns what was wrong with the file, as far as it was read."""
    try:
        for chunk in feed:
            if (piece := cutter.feed(chunk)) is not None:
                yield piece
            elif cutter.stuck:
                return None
    except (SourceError, GroundError) as error:
        return error
    return None


def _remaining(
    splitter: LineSplitter, held: bytes, feed: Iterator[bytes], damage: LannerError | None
) -> Iterator[Line]:
    yield from splitter.feed(held)
    if damage is not None:
        raise damage
    for chunk in feed:
        yield from splitter.feed(chunk)
    yield from splitter.finish()


def list_files(path: Path) -> list[Path]:
    """Return the files that read_lines reads, in its order; raise SourceError when there are none.

    A folder's own files come before those of its folders. Hidden ones and links to folders are left out, and what
    CloudWatch's export tasks write beside the audit log.
    """
    if path == _STDIN or not path.is_dir():
        return [path]
    try:
        files = list(_walk(path))
    except OSError as error:
        raise GroundError(f"{path}: cannot list the folder: {error.strerror}; check its owner and mode") from error
    if not files:
        raise SourceError("the folder holds no files; name one that holds audit logs", file=str(path))
    return files


def _walk(folder: Path, depth: int = 0) -> Iterator[Path]:
    entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    files = [entry.name for entry in entries if entry.is_file() and entry.name != _WRITE_TEST]
    yield from (folder / name for name in in_order(files))
    if depth < _DEEPEST:
        for entry in sorted(entries):
            if entry.is_dir() and not entry.is_symlink() and not _OTHER_STREAM.fullmatch(entry.name):
                yield from _walk(entry, depth + 1)


def stored_bytes(path: Path) -> int | None:
    """Return how many bytes `progress` will be told in all; None for standard input."""
    if path == _STDIN:
        return None
    return sum(file.stat().st_size for file in list_files(path) if file.exists())


def _open(file: Path) -> BinaryIO:
    if file == _STDIN:
        return open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)
    try:
        return file.open("rb", buffering=0)
    except FileNotFoundError as error:
        raise SourceError(
            "no such file; name a log file, a folder of them, or - for standard input", file=str(file)
        ) from error
    except OSError as error:
        raise GroundError(f"{file}: cannot read: {error.strerror}; check its owner and mode") from error


def _checked(opened: BinaryIO, file: Path, progress: Progress | None, place: _Place) -> Iterator[bytes]:
    """Turn a failing disk into GroundError with its place."""
    try:
        yield from chunks(opened, str(file), progress=progress)
    except OSError as error:
        raise GroundError(f"{file}: reading failed after byte {place.end}: {error.strerror}") from error
