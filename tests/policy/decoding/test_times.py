"""Go's messages on times."""

import pytest

from lanner.policy.decoding.times import time_mistake

AS = ' as "2006-01-02T15:04:05Z07:00": cannot parse '


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("2024-02-29T12:00:00Z", None),
        ("2024-01-01T00:00:00.5+02:00", None),
        ("x", f'parsing time "x"{AS}"x" as "2006"'),
        ("2024/01", f'parsing time "2024/01"{AS}"/01" as "-"'),
        ("2024-01-01T00:00:00", f'parsing time "2024-01-01T00:00:00"{AS}"" as "Z07:00"'),
        ("2024-13-01T00:00:00Z", 'parsing time "2024-13-01T00:00:00Z": month out of range'),
        ("2023-02-29T00:00:00Z", 'parsing time "2023-02-29T00:00:00Z": day out of range'),
        ("2024-01-01T25:00:00Z", 'parsing time "2024-01-01T25:00:00Z": hour out of range'),
        ("2024-01-01T00:00:00Zx", 'parsing time "2024-01-01T00:00:00Zx": extra text: "x"'),
        ('é"', f'parsing time "\\xc3\\xa9\\""{AS}"\\xc3\\xa9\\"" as "2006"'),
    ],
)
def test_times(text, mistake):
    assert time_mistake(text) == mistake
