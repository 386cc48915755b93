"""Settings of redaction: what is refused."""

from __future__ import annotations

import pytest

from lanner.errors import LannerError
from lanner.settings.load import load


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{names: ['(']}", "no regular expression"),
        ("{parts: [passwords]}", "passwords"),
        ("{rules: [{name: x}]}", "give paths, keys or values"),
        ("{rules: [{name: x, paths: [spec]}]}", r"paths\[0\]"),
        ("{rules: [{name: x, keys: ['[']}]}", "no regular expression"),
        ("{keep: [{}]}", "give resources"),
        ("{keeps: []}", "keep"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path, text, message):
    file = tmp_path / "lanner.yaml"
    file.write_text(f"redaction: {text}\n")
    with pytest.raises(LannerError, match=message) as caught:
        load(file)
    assert f"{file}:1:" in str(caught.value)
