"""Places in bytes, as yaml-cpp counts them."""

from lanner.rules.falco.yaml_stream import Stream, as_text


def test_columns_count_bytes_and_lines_end_at_line_feeds():
    stream = Stream("\u00fc: 1\r\nb")
    places = []
    while stream:
        places.append(stream.mark()[1:])
        stream.get()
    assert places == [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (0, 6), (1, 0)]
    assert not stream.begins_line


def test_at_the_end_the_margin_may_be_taken():
    stream = Stream("ab")
    stream.get(9)
    assert (stream.peek(), stream.column) == ("", 2)
    stream.to_margin()
    assert stream.column == 0


def test_what_was_read_is_text_again():
    stream = Stream("x\u00fc\U0001f985 y")
    assert as_text(stream.take("no gap")) == "x\u00fc\U0001f985"
    assert stream.match("break") == -1
    assert stream.take("break") == ""
