"""Names behind which values are secret."""

from __future__ import annotations

import pytest

from lanner.audit.redaction.names import compiled, name_test, word_test
from lanner.audit.redaction.settings import NAMES, PLAIN_NAMES


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("password", True),
        ("MYSQL_ROOT_PASSWORD", True),
        ("dbPasswd", True),
        ("DB_PASS", True),
        ("bypass", False),
        ("AWS_SECRET_ACCESS_KEY", True),
        ("apiKey", True),
        ("api-key", True),
        ("key", False),
        ("tls.key", True),
        ("ca.crt", False),
        ("id_rsa", True),
        (".dockerconfigjson", True),
        ("connectionString", True),
        ("TOKEN_PATH", False),
        ("SECRET_NAME", False),
        ("tokens", True),
        ("x" * 2000 + "password", False),
    ],
)
def test_default_names(name, secret):
    assert name_test(NAMES, PLAIN_NAMES)(name.encode()) is secret


def test_without_patterns_no_name_is_secret():
    assert compiled(()).search(b"password\xff") is None


def test_words_match_whole_or_by_prefix():
    test = word_test(("pods/exec", "kube-*"))
    assert [test(word) for word in ("pods/exec", "pods", "kube-system", None)] == [True, False, True, False]
    assert word_test(())(None)
