"""What a hit keeps of an event: values of its key, each with a bound."""

import msgspec

from lanner.audit.decode import decode
from lanner.detect.correlate.hits import LONGEST, Reader
from lanner.rules import ir
from lanner.rules.correlation.model import Part


def _hit(agent):
    part = Part(alias="a", condition=ir.Exists(ir.Field("ka.verb")), key=(ir.Field("ka.useragent"),))
    line = (
        f'{{"kind":"Event","auditID":"x","verb":"get","userAgent":"{agent}","stageTimestamp":"2026-01-01T00:00:00Z"}}'
    )
    return Reader(0, 0, part).read(decode(line.encode()).events[0], 1)


def test_a_long_value_is_known_by_its_beginning_and_a_digest():
    long = "x" * 100_000
    ((first,),), ((other,),) = _hit(long + "1").keys, _hit(long + "2").keys
    assert len(first) == LONGEST
    assert first != other
    assert _hit("x" * LONGEST).keys == [("x" * LONGEST,)]


def test_an_event_without_a_value_of_the_key_is_none():
    assert _hit("") is not None
    assert (
        Reader(0, 0, Part(alias="a", condition=ir.Exists(ir.Field("ka.verb")), key=(ir.Field("ka.uri"),))).read(
            decode(b'{"kind":"Event","stageTimestamp":"2026-01-01T00:00:00Z"}').events[0], 1
        )
        is None
    )


def test_a_hit_has_the_links_of_its_event_only_where_its_part_binds():
    line = b'{"kind":"Event","verb":"get","sourceIPs":["192.0.2.7"],"stageTimestamp":"2026-01-01T00:00:00Z"}'
    (event,) = decode(line).events
    plain = Part(alias="a", condition=ir.Exists(ir.Field("ka.verb")), key=())
    assert Reader(0, 0, plain).read(event, 1).bonds == ()
    assert Reader(0, 0, msgspec.structs.replace(plain, binds=True)).read(event, 1).bonds == ("address 192.0.2.7",)
