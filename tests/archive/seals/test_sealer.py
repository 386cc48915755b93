"""Each commit adds a link that its summary carries and the chain's file keeps, whatever is killed between."""

import hashlib
from pathlib import Path

import msgspec
import pytest

from lanner.archive.change import Change
from lanner.archive.seals.chain import Chain
from lanner.archive.seals.keys import public_key, signing_key
from lanner.archive.seals.link import START, is_signed, read_link
from lanner.archive.seals.sealer import snapshot_links
from lanner.archive.settings import ArchiveSettings, SealSettings
from lanner.archive.store import Archive
from lanner.errors import GroundError, UsageError


def links(archive):
    return [read_link(line) for line in Chain(archive.folder / "seals").lines()]


def files_of(archive):
    return [task.file for task in archive.refresh().scan().plan_files()]


def test_commits_make_a_chain(archive, make_row):
    """Numbers, hashes of the one before, kinds, files, rows and signatures."""
    archive.append([make_row(1), make_row(2, day=2)], sequence=1)
    archive.append([make_row(3)])
    archive.append([], sequence=2)
    first, second, third = links(archive)
    assert [link.number for link in (first, second, third)] == [1, 2, 3]
    assert (first.previous, second.previous, third.previous) == (START, first.hash(), second.hash())
    assert [len(link.added) for link in (first, second, third)] == [2, 1, 0]
    key = public_key(archive.folder / "seals" / "seal.pub")
    assert all(is_signed(link, key) and link.kind == "append" for link in (first, second, third))
    assert [link.number for link in snapshot_links(archive.refresh())] == [3, 2, 1]


def test_a_link_says_what_is_on_the_disk(archive, make_row):
    """The digest taken while writing is that of the file; read again, the rows are the same."""
    archive.append([make_row(number) for number in range(5)])
    (file,) = files_of(archive)
    (sealed,) = links(archive)[0].added
    path = file.file_path.removeprefix("file://")
    with Path(path).open("rb") as opened:
        assert sealed.sha256 == hashlib.file_digest(opened, "sha256").hexdigest()
    assert path.endswith(f"/{sealed.name}")
    archive.exchange(Change("again", added=[file], removed=[file]))
    assert links(archive)[1].added == (sealed,)
    assert sealed.content.rows == 5


def test_lines_that_a_kill_kept_from_the_chain_come_back(archive, make_row):
    """The snapshots have them: a cut last line, a line that is missing, a file that is gone."""
    for number in range(4):
        archive.append([make_row(number)])
    chain = archive.folder / "seals" / "chain.jsonl"
    whole = chain.read_bytes().splitlines(keepends=True)
    for left in (b"".join(whole[:2]) + whole[2][:20], whole[0], b""):
        chain.write_bytes(left)
        again = Archive.open(ArchiveSettings(), archive.folder)
        again.append([])
        assert chain.read_bytes().startswith(b"".join(whole))


def test_a_commit_waits_until_the_chain_can_be_written(archive, make_row):
    """Else the link of an old snapshot could go before the chain has it."""
    archive.append([make_row(1)])
    chain = archive.folder / "seals" / "chain.jsonl"
    chain.unlink()
    chain.mkdir()
    with pytest.raises(GroundError):
        Archive.open(ArchiveSettings(), archive.folder).append([make_row(2)])
    assert sum(file.record_count for file in files_of(archive)) == 1


def test_no_seal_by_settings(tmp_path, make_row):
    """Nothing is written beside the table."""
    archive = Archive.open(ArchiveSettings(seals=SealSettings(enabled=False)), tmp_path / "a")
    archive.append([make_row(1)])
    assert not (tmp_path / "a" / "seals").exists()


def test_the_private_key_is_its_owners(archive, make_row, tmp_path):
    """Mode 0600, made once; a file that holds something else is named."""
    archive.append([make_row(1)])
    path = archive.folder / "seals" / "seal.key"
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    signing_key(path)
    assert path.read_bytes() == before
    (tmp_path / "bad").write_text("no key")
    with pytest.raises(UsageError, match="bad"):
        signing_key(tmp_path / "bad")
    with pytest.raises(UsageError, match="bad"):
        public_key(tmp_path / "bad")
    with pytest.raises(GroundError, match="none"):
        public_key(tmp_path / "none")


def test_a_changed_link_is_not_signed(archive, make_row):
    """Nor one of another key."""
    archive.append([make_row(1)])
    (link,) = links(archive)
    key = public_key(archive.folder / "seals" / "seal.pub")
    assert not is_signed(msgspec.structs.replace(link, kind="x"), key)
    assert not is_signed(msgspec.structs.replace(link, signature="!"), key)
    assert not is_signed(link, signing_key(archive.folder / "other.key").public_key())
