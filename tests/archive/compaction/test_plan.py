"""Merges take files of like size, end, and leave few files."""

from hypothesis import given
from hypothesis import strategies as st

from lanner.archive.compaction.plan import BASE_BYTES, FANOUT, MOST_FILES, Size, closed_merge, open_merge

MOST = 64 * 1024 * 1024
SIZES = st.lists(st.builds(Size, st.integers(1, 2 * MOST), st.booleans()), max_size=200)


def numbered(sizes):
    return list(enumerate(sizes))


def settle(plan, sizes):
    """Merge until the plan has nothing more; return the files and the bytes that were rewritten."""
    rewritten = 0
    while chosen := plan(numbered(sizes), MOST):
        total = sum(sizes[index].bytes for index in chosen)
        rewritten += total
        sizes = [size for index, size in enumerate(sizes) if index not in chosen] + [Size(total, compacted=True)]
    return sizes, rewritten


def test_a_growing_partition_waits_until_many_files_of_one_class_have_gathered():
    """One short of the number nothing is done."""
    files = [Size(1000, compacted=False)] * FANOUT
    assert open_merge(numbered(files[1:]), MOST) == []
    assert open_merge(numbered(files), MOST) == list(range(FANOUT))


def test_a_closed_partition_becomes_one_file_but_a_much_larger_one_is_left_alone():
    """A late event does not have a whole day written again."""
    assert closed_merge(numbered([Size(5000, compacted=True), Size(900, compacted=False)]), MOST) == [1, 0]
    late = [Size(5_000_000, compacted=True), Size(900, compacted=False)]
    assert closed_merge(numbered(late), MOST) == [1]
    assert closed_merge(numbered([Size(5_000_000, compacted=True), Size(900, compacted=True)]), MOST) == []
    assert closed_merge([], MOST) == []


def test_a_large_file_that_no_compaction_made_is_sorted_alone():
    """An import may write files that are large from the start."""
    assert closed_merge(numbered([Size(MOST, compacted=False)]), MOST) == [0]


@given(SIZES)
def test_merges_end(sizes):
    """Whatever there is, after some merges nothing is left to do, and what is left is compacted."""
    left, _ = settle(closed_merge, sizes)
    assert all(size.compacted for size in left)
    assert len([size for size in left if size.bytes < MOST // 2]) <= 12
    opened, _ = settle(open_merge, sizes)
    assert closed_merge(numbered(left), MOST) == []
    assert len([size for size in opened if size.bytes < MOST // 2]) < FANOUT * 6


@given(SIZES)
def test_a_merge_is_bounded(sizes):
    """In number of files, and in bytes where there are more than two."""
    for plan in (open_merge, closed_merge):
        chosen = plan(numbered(sizes), MOST)
        assert len(chosen) == len(set(chosen)) <= MOST_FILES
        assert len(chosen) <= 2 or sum(sizes[index].bytes for index in chosen) <= MOST


def test_a_day_of_commits_every_ten_seconds_is_rewritten_four_times():
    """What compaction costs, and how many files a hunt finds."""
    files, rewritten = [], 0
    for _ in range(8640):
        files.append(Size(BASE_BYTES, compacted=False))
        files, cost = settle(open_merge, files)
        rewritten += cost
    assert len(files) < 5 * FANOUT
    assert rewritten <= 5 * 8640 * BASE_BYTES
