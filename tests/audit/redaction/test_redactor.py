"""What is redacted in events, and that all else stays byte for byte."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from tests.audit.redaction.conftest import make_event, redact

from lanner.audit.decode import decode
from lanner.audit.redaction.marks import MARK
from lanner.audit.redaction.redactor import REFUSED, Redactor
from lanner.audit.redaction.settings import ExtraRule, Keep, RedactionSettings
from lanner.sources.history import read_lines

AUDIT = Path(__file__).parents[4] / "shared" / "data" / "audit"
CLEAR = "hunter2-hunter2"
CODED = base64.b64encode(CLEAR.encode()).decode()
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW06c2EifQ.c2lnbmF0dXJl"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"
APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
CSR = base64.b64encode(b"-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n").decode()

SECRETS = {"resource": "secrets", "namespace": "shop", "name": "db", "apiVersion": "v1"}
PODS = {"resource": "pods", "namespace": "shop", "name": "web", "apiVersion": "v1"}
CONFIG = {"resource": "configmaps", "namespace": "shop", "name": "settings", "apiVersion": "v1"}
DEPLOYMENTS = {"resource": "deployments", "namespace": "shop", "name": "web", "apiGroup": "apps", "apiVersion": "v1"}
ISSUE = {"resource": "serviceaccounts", "subresource": "token", "apiVersion": "v1"}
CERTIFICATES = {"resource": "certificatesigningrequests", "apiGroup": "certificates.k8s.io", "apiVersion": "v1"}


def container(**keys):
    return {"kind": "Pod", "spec": {"containers": [{"name": "app", **keys}]}}


HIDDEN = {
    "data": (SECRETS, {"kind": "Secret", "data": {"password": CODED}}, "secrets", 1),
    "stringData": (SECRETS, {"kind": "Secret", "stringData": {"a": CLEAR, "b": CLEAR}}, "secrets", 2),
    "kind behind the data": (PODS, {"data": {"password": CODED}, "kind": "Secret"}, "secrets", 1),
    "merge patch without a kind": (SECRETS, {"data": {"password": CODED}}, "secrets", 1),
    "other letters": (SECRETS, {"Data": {"password": CODED}, "stringdata": {"a": CLEAR}}, "secrets", 2),
    "JSON patch": (SECRETS, [{"op": "replace", "path": "/data/password", "value": CODED}], "secrets", 1),
    "value before its path": (SECRETS, [{"value": CODED, "op": "add", "path": "/data/a~1b"}], "secrets", 1),
    "JSON patch of all data": (SECRETS, [{"op": "add", "path": "/data", "value": {"a": CODED}}], "secrets", 1),
    "JSON patch of the root": (SECRETS, [{"op": "add", "path": "", "value": {"data": {"a": CODED}}}], "secrets", 1),
    "JSON patch without a path": (SECRETS, [{"op": "add", "value": CODED}], "secrets", 1),
    "JSON patch with an odd path": (SECRETS, [{"op": "add", "path": "data/a", "value": CODED}], "secrets", 1),
    "list": (SECRETS, {"kind": "SecretList", "items": [{"data": {"a": CODED}}, {"data": {"a": CODED}}]}, "secrets", 2),
    "table": (SECRETS, {"kind": "Table", "rows": [{"object": {"data": {"a": CODED}}}]}, "secrets", 1),
    "watch event": (SECRETS, {"type": "ADDED", "object": {"kind": "Secret", "data": {"a": CODED}}}, "secrets", 1),
    "list of any kind": (PODS, {"kind": "List", "items": [{"kind": "Secret", "data": {"a": CODED}}]}, "secrets", 1),
    "odd shapes": (SECRETS, {"kind": "Secret", "data": CODED, "stringData": [CLEAR]}, "secrets", 2),
    "a tree of values": (SECRETS, {"kind": "Secret", "data": {"a": {"b": [CODED]}}}, "secrets", 1),
    "annotation": (SECRETS, {"metadata": {"annotations": {APPLIED: CLEAR}}}, "annotations", 1),
    "annotation of others": (PODS, {"metadata": {"annotations": {APPLIED: f'{{"a":"{CLEAR}"}}'}}}, "annotations", 1),
    "patch of an annotation": (
        PODS,
        [{"op": "add", "path": f"/metadata/annotations/{APPLIED.replace('/', '~1')}", "value": CLEAR}],
        "annotations",
        1,
    ),
    "token": (ISSUE, {"kind": "TokenRequest", "status": {"token": CLEAR}}, "tokens", 1),
    "token review": ({"resource": "tokenreviews"}, {"kind": "TokenReview", "spec": {"token": CLEAR}}, "tokens", 1),
    "signing request": (CERTIFICATES, {"spec": {"request": CSR, "username": "u"}}, "certificates", 1),
    "config by key": (CONFIG, {"kind": "ConfigMap", "data": {"db.password": CLEAR}}, "configmaps", 1),
    "config by patch": (CONFIG, [{"op": "add", "path": "/data/api_key", "value": CLEAR}], "configmaps", 1),
    "binary config": (CONFIG, {"kind": "ConfigMap", "binaryData": {"keystore.jks": CODED}}, "configmaps", 1),
    "assignment in a config": (CONFIG, {"data": {"app.ini": f"user=x\ndb_password = {CLEAR}\n"}}, "configmaps", 1),
    "YAML in a config": (CONFIG, {"data": {"app.yaml": f'a: 1\ntoken: "{CLEAR}"\n'}}, "configmaps", 1),
    "URL in a config": (CONFIG, {"data": {"dsn.txt": f"postgres://u:{CLEAR}@db/x"}}, "configmaps", 1),
    "environment": (PODS, container(env=[{"name": "DB_PASSWORD", "value": CLEAR}]), "environment", 1),
    "environment, turned round": (PODS, container(env=[{"value": CLEAR, "name": "API_KEY"}]), "environment", 1),
    "URL in an environment": (
        DEPLOYMENTS,
        container(env=[{"name": "DB", "value": f"redis://:{CLEAR}@r/0"}]),
        "environment",
        1,
    ),
    "probe's header": (
        PODS,
        container(livenessProbe={"httpGet": {"httpHeaders": [{"name": "Authorization", "value": f"Basic {CLEAR}"}]}}),
        "environment",
        1,
    ),
    "arguments": (PODS, container(args=["--user=x", f"--db-password={CLEAR}"]), "arguments", 1),
    "command": (DEPLOYMENTS, container(command=["sh", "-c", f"mysql -u root -p{CLEAR} shop"]), "arguments", 1),
    "a key anywhere": ({"resource": "widgets"}, {"spec": {"pem": KEY.replace("MIIEow", CLEAR)}}, "patterns", 1),
}


@pytest.mark.parametrize("body", ["requestObject", "responseObject"])
@pytest.mark.parametrize("case", HIDDEN.values(), ids=HIDDEN)
def test_secret_values_become_marks(redactor, body, case):
    """All else stays: with the marks cut out the line is the one that came in with the values cut out."""
    ref, content, reason, count = case
    line = make_event(objectRef=ref, requestURI="/x", **{body: content})
    redacted = redact(line, redactor)
    assert redactor.counts == {reason: count}
    assert CLEAR.encode() not in redacted
    assert CODED.encode() not in redacted
    assert CSR.encode() not in redacted
    assert_only_marks_differ(line, redacted)


def assert_only_marks_differ(line, redacted):
    """Between the marks everything stands as it stood, in its order."""
    pattern = b"(.+?)".join(re.escape(part) for part in MARK.split(redacted))
    # A mark that stands for an object or a number brought its quotes with it.
    assert re.fullmatch(pattern.replace(b'"(.+?)"', b'("?.+?"?)'), line, re.DOTALL)


STAYS = {
    "data of another kind": (PODS, {"kind": "Pod", "data": {"a": CODED}}),
    "plain config": (CONFIG, {"kind": "ConfigMap", "data": {"LOG_LEVEL": "debug", "token-path": "/run/token"}}),
    "references": (PODS, container(env=[{"name": "DB_PASSWORD", "value": "$(OTHER)"}, {"name": "TOKEN", "value": ""}])),
    "a secret's reference": (PODS, container(env=[{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"key": "x"}}}])),
    "deleted keys": (SECRETS, {"data": {"removed": None}, "stringData": None}),
    "names": (SECRETS, {"kind": "Secret", "metadata": {"name": "db"}, "type": "Opaque", "data": {}}),
    "other steps": (SECRETS, [{"op": "add", "path": "/type", "value": "Opaque"}, {"op": "remove", "path": "/data/a"}]),
    "a token that is asked for": (ISSUE, {"kind": "TokenRequest", "status": {"token": ""}}),
    "odd kinds": (ISSUE, {"kind": ["TokenRequest"], "status": "not an object"}),
    "nothing": (None, None),
}


@pytest.mark.parametrize(("ref", "content"), STAYS.values(), ids=STAYS)
def test_an_event_without_secret_values_is_the_very_same(redactor, ref, content):
    (event,) = decode(make_event(objectRef=ref, requestURI="/x", requestObject=content)).events
    assert redactor.redact(event.raw, event.head) is event.raw
    assert not redactor.counts


URIS = {
    "exec?command=id&container=app&stdout=true": None,
    "exec?command=mysql&command=-pS3cret&command=shop": "exec?command=mysql&command=-pMARK&command=shop",
    "exec?command=sh&command=-c&command=curl+-u+me%3AS3cret+http%3A%2F%2Fx": (
        "exec?command=sh&command=-c&command=curl+-u+me%3AMARK+http%3A%2F%2Fx"
    ),
    "exec?command=x&command=--token&command=S3cret": "exec?command=x&command=--token&command=MARK",
    "exec?command=env&command=PGPASSWORD%3DS3cret": "exec?command=env&command=PGPASSWORD%3DMARK",
    "exec?command=curl&command=-H&command=Authorization%3A+Bearer+S3cretS3cret": (
        "exec?command=curl&command=-H&command=Authorization%3A+Bearer+MARK"
    ),
    "services/x/proxy/login?user=me&password=S3cret": "services/x/proxy/login?user=me&password=MARK",
    "pods?limit=500&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ": None,
    "x/%70?%63ommand=--password%3DS3cret": "x/%70?%63ommand=--password%3DMARK",
}


@pytest.mark.parametrize(("uri", "expected"), URIS.items())
@pytest.mark.parametrize("level", ["Metadata", "RequestResponse"])
def test_arguments_in_the_uri(redactor, uri, expected, level):
    """kube-apiserver writes & as \\u0026."""
    bodies = {"responseObject": {"requestURI": "/other"}} if level == "RequestResponse" else {}
    line = make_event(requestURI=f"/api/v1/{uri}", objectRef=PODS, level=level, **bodies).replace(b"&", rb"\u0026")
    redacted = MARK.sub(b"MARK", redact(line, redactor))
    assert redacted == (
        line
        if expected is None
        else line.replace(uri.replace("&", r"\u0026").encode(), expected.replace("&", r"\u0026").encode())
    )


def test_one_clear_value_has_one_mark_wherever_it_stands(redactor):
    """A token that is read from a Secret and used afterwards is the same mark; another salt gives another one."""
    places = [
        make_event(responseObject={"kind": "Secret", "data": {"token": base64.b64encode(JWT.encode()).decode()}}),
        make_event(requestObject={"kind": "Secret", "stringData": {"token": JWT}}),
        make_event(objectRef={"resource": "tokenreviews"}, requestObject={"spec": {"token": JWT}}),
        make_event(objectRef=PODS, requestObject=container(args=[f"--token={JWT}"])),
        make_event(objectRef=PODS, requestObject=container(env=[{"name": "A_TOKEN", "value": JWT}])),
        make_event(objectRef=CONFIG, requestObject={"data": {"x": f"jwt is {JWT}."}}),
        make_event(objectRef={"resource": "widgets"}, requestObject={"note": f"it is {JWT}"}),
        make_event(objectRef=PODS, requestURI=f"/x?access_token={JWT}"),
    ]
    marks = [MARK.findall(redact(line, redactor)) for line in places]
    assert marks == [[redactor.mark(JWT.encode())]] * len(places)
    assert Redactor(RedactionSettings(), b"1" * 32).mark(b"x") != redactor.mark(b"x")


def test_a_key_in_base64_has_the_mark_of_the_key(redactor):
    """As in a Secret; kubeconfigs hold keys so."""
    coded = base64.b64encode(KEY.encode()).decode()
    line = make_event(objectRef={"resource": "widgets"}, requestObject={"config": f"client-key-data: {coded}"})
    other = make_event(objectRef={"resource": "widgets"}, requestObject={"pem": KEY})
    assert (
        MARK.findall(redact(line, redactor)) == MARK.findall(redact(other, redactor)) == [redactor.mark(KEY.encode())]
    )


def test_an_issued_certificate_keeps_the_fingerprint_by_which_its_use_is_known(redactor):
    """kube-apiserver names it in the credential-id of the requests: what was issued and then used still joins."""
    der = b"not really one"
    pem = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"
    line = make_event(
        objectRef=CERTIFICATES, responseObject={"status": {"certificate": base64.b64encode(pem).decode()}}
    )
    found = json.loads(redact(line, redactor))["responseObject"]["status"]["certificate"]
    assert found == f"{redactor.mark(pem).decode()}:X509SHA256={hashlib.sha256(der).hexdigest()}"


def test_redacting_twice_changes_nothing(redactor):
    """An exported log can be imported again."""
    for ref, content, _, _ in HIDDEN.values():
        once = redact(make_event(objectRef=ref, requestURI="/x?token=abcdefgh", requestObject=content), redactor)
        assert redact(once, redactor) == once


ODD = {
    "escaped key": rb'{"kind":"Secret","d\u0061ta":{"a":"%s"}}',
    "escaped kind": rb'{"kind":"S\u0065cret","data":{"a":"%s"}}',
    "doubled key": rb'{"kind":"Secret","data":{"a":"%s","a":"b"},"data":{"a":"%s"}}',
    "doubled kind": rb'{"kind":"Secret","kind":"Pod","data":{"a":"%s"}}',
    "blanks": b'{ "kind"\t:\n"Secret" , "data" :\r\n{ "a" : "%s" } }',
    "escapes in the value": rb'{"kind":"Secret","data":{"a":"\u0025%s\n\"}"}}',
    "bytes that are no UTF-8": b'{"kind":"Secret","data":{"a":"\xff%s"}}',
    "a lone surrogate": rb'{"kind":"Secret","data":{"a":"\ud800%s"}}',
    "escaped environment": rb'{"kind":"Pod","spec":{"containers":[{"\u0065nv":[{"name":"PASSWORD","value":"%s"}]}]}}',
    "escaped annotation": rb'{"metadata":{"annotations":{"kubectl.kubernetes.io\/last-applied-configuration":"%s"}}}',
    "deep": b'{"a":' * 400 + b'{"kind":"Secret","data":{"a":"%s"}}' + b"}" * 400,
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
@pytest.mark.parametrize("ref", [SECRETS, PODS], ids=["secrets", "pods"])
def test_odd_writing_hides_nothing_from_redaction(redactor, body, ref):
    line = make_event(objectRef=ref, requestURI="/x", requestObject=0).replace(
        b'"requestObject":0', b'"requestObject":%s' % body.replace(b"%s", CLEAR.encode())
    )
    decoded = decode(line)
    assert len(decoded.events) == 1, decoded.refusals
    assert CLEAR.encode() not in redactor.redact(line, decoded.events[0].head)


def test_an_event_that_does_not_say_what_it_is_about(redactor):
    """The URI, or else a word anywhere, tells of secrets."""
    line = make_event(objectRef=None, responseObject={"data": {"a": CODED}})
    assert CODED.encode() not in redact(line, redactor)


KEYS = st.sampled_from(
    ["data", "stringData", "items", "object", "rows", "metadata", "value", "path", "a", "binaryData"]
)
SCALARS = st.sampled_from([None, True, 0, 1.5, "", "/data/x", "/data", "Secret", "Pod", f"{CLEAR}", CODED])
CANARIES = st.text(st.sampled_from('ab"\\\n\u2028é€😀/{}[],:'), max_size=6).map(lambda text: f"{text}{CLEAR}{text}")
TREES = st.recursive(
    SCALARS | CANARIES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | CANARIES.map(lambda _: "k"), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(
    values=st.dictionaries(st.text(max_size=8), CANARIES | TREES, min_size=1, max_size=4),
    around=TREES.filter(lambda tree: CLEAR not in json.dumps(tree) and CODED not in json.dumps(tree)),
    form=st.sampled_from(["object", "list", "patch", "whole patch", "root patch", "pod list"]),
    holder=st.sampled_from(["data", "stringData"]),
    ascii_=st.booleans(),
    indent=st.sampled_from([None, 1]),
)
def test_no_planted_value_is_left_in_any_form_of_a_secret(*, values, around, form, holder, ascii_, indent):
    """Whatever the values, the form of the body and its writing: neither clear nor as base64."""
    redactor = Redactor(RedactionSettings(), bytes(32))
    secret = {"metadata": around, holder: values, "kind": "Secret"}
    body = {
        "object": secret,
        "list": {"items": [secret, around]},
        "patch": [
            {"op": "add", "path": f"/{holder}/{key.replace('~', '~0').replace('/', '~1')}x", "value": value}
            for key, value in values.items()
        ],
        "whole patch": [{"value": values, "path": f"/{holder}", "op": "add"}],
        "root patch": [{"op": "replace", "path": "", "value": secret}],
        "pod list": {"kind": "List", "items": [around, secret]},
    }[form]
    ref = PODS if form == "pod list" else SECRETS
    text = json.dumps(body, ensure_ascii=ascii_, indent=indent).encode("utf-8", "surrogatepass")
    line = make_event(objectRef=ref, requestURI="/x", requestObject=0).replace(
        b'"requestObject":0', b'"requestObject":' + text
    )
    decoded = decode(line)
    assert len(decoded.events) == 1
    redacted = redactor.redact(line, decoded.events[0].head)
    assert CLEAR.encode() not in redacted
    assert CODED.encode() not in redacted
    assert len(decode(redacted).events) == 1


@settings(max_examples=200, deadline=None)
@given(body=TREES, ref=st.sampled_from([SECRETS, PODS, CONFIG, ISSUE, None]))
def test_only_values_change(body, ref):
    """Any body keeps its keys, lists and order; a value that changed is a mark or has one in it."""
    redactor = Redactor(RedactionSettings(), bytes(32))
    line = make_event(objectRef=ref, requestObject=body)
    changes = list(differences(json.loads(line), json.loads(redact(line, redactor))))
    assert all("lanner:redacted:" in changed for changed in changes)
    assert sum(redactor.counts.values()) >= len(changes)


def differences(before, after):
    if isinstance(after, dict) and isinstance(before, dict):
        assert list(before) == list(after)
        for key in before:
            yield from differences(before[key], after[key])
    elif isinstance(after, list) and isinstance(before, list):
        assert len(before) == len(after)
        for one, other in zip(before, after, strict=True):
            yield from differences(one, other)
    elif before != after or type(before) is not type(after):
        yield after


def test_parts_can_be_left_out():
    redactor = Redactor(RedactionSettings(parts=("tokens",)), bytes(32))
    for ref, content, reason, _ in HIDDEN.values():
        line = make_event(objectRef=ref, requestURI="/x?password=abcdef", requestObject=content)
        assert (redact(line, redactor) == line) == (reason != "tokens")


def test_exceptions_keep_values():
    """All of an object, or the value behind a key."""
    kept = (Keep(resources=("secrets",), namespaces=("kube-*",), names=("public",)), Keep(keys=("ca.crt",)))
    redactor = Redactor(RedactionSettings(keep=kept), bytes(32))
    body = {"kind": "Secret", "data": {"ca.crt": CODED, "tls.key": CODED}}
    public = make_event(objectRef={**SECRETS, "namespace": "kube-public", "name": "public"}, requestObject=body)
    assert redact(public, redactor) == public
    other = json.loads(redact(make_event(requestObject=body), redactor))["requestObject"]["data"]
    assert (other["ca.crt"], other["tls.key"]) == (CODED, redactor.mark(CLEAR.encode()).decode())


WIDGET = {"resource": "widgets", "namespace": "shop", "name": "w", "apiGroup": "example.org"}


@pytest.mark.parametrize(
    ("rule", "hidden"),
    [
        ({"paths": ("/spec/*/code",)}, {"code"}),
        ({"paths": ("/spec/list/item",)}, {"item"}),
        ({"keys": ("^co", "IT.M")}, {"code", "item"}),
        ({"values": (r"PIN (\d+)",)}, {"note"}),
        ({"keys": ("code",), "resources": ("gadgets",)}, set()),
        ({"keys": ("code",), "namespaces": ("sh*",)}, {"code"}),
    ],
)
def test_further_rules(rule, hidden):
    redactor = Redactor(RedactionSettings(rules=(ExtraRule(name="mine", **rule),)), bytes(32))
    spec = {"a": {"code": "1234"}, "list": [{"item": "5678"}], "note": "PIN 9012 of x"}
    line = make_event(
        objectRef=WIDGET, requestObject={"items": [{"spec": spec}]} if "paths" in rule else {"spec": spec}
    )
    redacted = redact(line, redactor)
    left = {name for name, text in {"code": b"1234", "item": b"5678", "note": b"9012"}.items() if text in redacted}
    assert left == {"code", "item", "note"} - hidden
    assert redactor.counts == Counter({"mine": len(hidden)} if hidden else {})


def test_refused_lines_lose_what_may_be_secret(redactor):
    """A cut event keeps what stands before its bodies; a text that says nothing of secrets is kept."""
    cut = make_event(objectRef=PODS, requestURI="/x", requestObject=container(env=[{"name": "TOKEN", "value": CLEAR}]))[
        :-60
    ]
    kept = redactor.redact_refused(cut)
    assert kept.startswith(cut[: cut.index(b'"requestObject"')])
    assert CLEAR.encode() not in kept
    manifest = b'{"data":{"a":"%s"},"kind":"Secret"' % CODED.encode()
    assert MARK.fullmatch(redactor.redact_refused(manifest))
    assert redactor.redact_refused(b"no JSON at all") == b"no JSON at all"
    assert redactor.counts == {REFUSED: 2}


def test_an_alert_is_made_of_the_redacted_event(redactor):
    """Fields read the marks; number and head stay."""
    (event,) = decode(make_event(requestObject={"kind": "Secret", "data": {"a": CODED}})).events
    event.number = 7
    shown = redactor.redact_event(event)
    assert (shown.number, shown.head.audit_id) == (7, "a")
    assert shown.request["data"]["a"] == redactor.mark(CLEAR.encode()).decode()
    (other,) = decode(make_event(objectRef=PODS)).events
    assert redactor.redact_event(other) is other


ALLOWED = re.compile(
    r"(requestObject|responseObject)((/items|/rows)/\d+(/object)?)?/"
    r"(metadata/annotations/kubectl\.kubernetes\.io/last-applied-configuration|data/[^/]+|status/token|spec/request|status/certificate)"
)


def paths(before, after, path=""):
    if isinstance(before, dict):
        for key in before:
            yield from paths(before[key], after[key], f"{path}/{key}" if path else key)
    elif isinstance(before, list):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from paths(one, other, f"{path}/{index}")
    elif before != after:
        yield path


def stand_in_order(parts, line):
    """Say whether a line is these parts, each as it stands, with something between them."""
    end = 0
    for part in parts[:-1]:
        start = line.index(part, end) if end else 0
        end = start + len(part)
    return line.startswith(parts[0]) and line.endswith(parts[-1]) and len(line) - len(parts[-1]) > end


@pytest.mark.shared
def test_a_real_log_differs_in_the_redacted_values_alone(redactor):
    """All of full.jsonl.zst: the paths that differ are those of secrets, tokens, certificates and annotations."""
    log = AUDIT / "full.jsonl.zst"
    if not log.is_file():
        pytest.skip("../shared/data/audit is absent")
    changed = 0
    for line in read_lines(log):
        redacted = redact(line.data, redactor)
        if redacted == line.data:
            continue
        changed += 1
        found = list(paths(json.loads(line.data), json.loads(redacted)))
        assert all(ALLOWED.fullmatch(path) for path in found), found
        parts = MARK.split(redacted)
        assert len(parts) == len(found) + 1
        assert stand_in_order(parts, line.data)
    assert (changed, redactor.counts) == (
        1429,
        {"annotations": 3010, "secrets": 70, "certificates": 24, "tokens": 23},
    )


LARGE = 1_000_000
COSTLY = {
    "beginnings of tokens": (PODS, {"note": "eyJ" * (LARGE // 3)}),
    "beginnings of keys": (PODS, {"note": "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVkt" * (LARGE // 36)}),
    "beginnings of blocks": (PODS, {"note": "-----BEGIN PRIVATE KEY-----" * (LARGE // 27)}),
    "a long argument": (PODS, container(args=["a" * LARGE])),
    "many assignments": (PODS, container(args=["a=" * (LARGE // 2)])),
    "quotes": (PODS, container(args=["' \" " * (LARGE // 4)])),
    "words of a config": (CONFIG, {"data": {"a": "password" * (LARGE // 8)}}),
    "lines of a config": (CONFIG, {"data": {"a": "\n" * LARGE}}),
    "lists in lists": (PODS, {"env": json.loads('[{"env":' * 300 + "1" + "}]" * 300)}),
}


@pytest.mark.parametrize(("ref", "content"), COSTLY.values(), ids=COSTLY)
def test_a_long_text_is_read_in_a_time_that_grows_with_its_length(redactor, ref, content):
    """Anybody may write such an object; what is quadratic would not end within the time that a test has."""
    redact(make_event(objectRef=ref, requestURI="/x?token=" + "eyJ" * 100_000, requestObject=content), redactor)
