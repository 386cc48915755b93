"""Command lines: which parts are secret."""

from __future__ import annotations

import pytest

from lanner.audit.redaction.arguments import secrets_in
from lanner.audit.redaction.names import name_test
from lanner.audit.redaction.settings import NAMES, PLAIN_NAMES

IS_SECRET = name_test(NAMES, PLAIN_NAMES)

LINES = {
    "id": "id",
    "ls -p /tmp": "ls -p /tmp",
    "app --password=S3cret --user=x": "app --password=* --user=x",
    "app --password S3cret --user x": "app --password * --user x",
    "app --password --verbose x": "app --password --verbose x",
    "app --password-file=/run/x": "app --password-file=/run/x",
    "app -db.token=S3cret": "app -db.token=*",
    "app --token=$(TOKEN)": "app --token=$(TOKEN)",
    "app --enable-token=true": "app --enable-token=true",
    "env API_KEY=S3cret x=y app": "env API_KEY=* x=y app",
    "kubectl create secret generic x --from-literal=password=S3cret": (
        "kubectl create secret generic x --from-literal=password=*"
    ),
    "/usr/bin/mysql -uroot -pS3cret": "/usr/bin/mysql -uroot -p*",
    "mysql -p shop": "mysql -p shop",
    "mongosh -u a -p S3cret": "mongosh -u a -p *",
    "sshpass -pS3cret ssh x": "sshpass -p* ssh x",
    "curl -u me:S3cret http://x": "curl -u me:* http://x",
    "curl -ume:S3cret http://x": "curl -ume:* http://x",
    "curl http://me:S3cret@x/y": "curl http://me:*@x/y",
    "redis-cli -a S3cret ping": "redis-cli -a * ping",
    "openssl enc -k S3cret": "openssl enc -k *",
    "ldapsearch -x -w S3cret": "ldapsearch -x -w *",
    "sqlcmd -P S3cret": "sqlcmd -P *",
}


def hidden(words, found):
    """Return the words with a star for each secret part."""
    for part in sorted(set(found), reverse=True):
        word = words[part.word]
        words[part.word] = word[: part.start] + b"*" + word[part.end :]
    return words


@pytest.mark.parametrize(("line", "expected"), LINES.items())
def test_secret_parts_of_a_command(line, expected):
    """As words of their own, and as one text for a shell."""
    words = line.encode().split()
    assert b" ".join(hidden(words, secrets_in(words, IS_SECRET))).decode() == expected
    shell = [b"sh", b"-c", line.encode()]
    assert hidden(shell, secrets_in(shell, IS_SECRET))[2].decode() == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mysql -p'S3 cret' shop", "mysql -p'*' shop"),
        ('export PASSWORD="S3 cret"; app', 'export PASSWORD="*"; app'),
        ("curl -H 'Authorization: Bearer S3cretS3cret' x", "curl -H 'Authorization: Bearer *' x"),
        ("curl -H 'X-Auth-Token: S3cret' x", "curl -H 'X-Auth-Token: *' x"),
        ("echo a;mysql -pS3cret|cat", "echo a;mysql -p*|cat"),
    ],
)
def test_quotes_of_a_shell(text, expected):
    shell = [b"sh", b"-c", text.encode()]
    assert hidden(shell, secrets_in(shell, IS_SECRET))[2].decode() == expected
