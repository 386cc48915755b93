"""What a policy looks at, from events, rows and words."""

from pathlib import Path

import msgspec
import pytest

from lanner.audit.decode import decode
from lanner.audit.event import Head, ObjectRef, User
from lanner.errors import UsageError
from lanner.policy.attributes import as_json, of_event, of_json, of_words, path_of
from lanner.policy.model import Attributes
from lanner.sources.history import read_lines

LOG = Path(__file__).parents[2].parent / "shared" / "data" / "audit" / "full.jsonl.zst"


def event(uri, verb="get", **parts):
    return Head(request_uri=uri, verb=verb, user=User(username="alice", groups=["devs"]), **parts)


def test_the_one_who_authenticated_counts_not_the_one_impersonated():
    """WithAudit decides before the impersonation filter runs."""
    head = event("/api/v1/pods", "list", impersonated_user=User(username="root"), object_ref=ObjectRef(resource="pods"))
    assert of_event(head).user == "alice"


def test_an_event_without_an_object_is_no_resource_request():
    found = of_event(event("/healthz%2Fx?verbose"))
    assert found == Attributes("alice", ("devs",), "get", path="/healthz/x", resource_request=False)


@pytest.mark.parametrize(
    ("uri", "namespace", "name"),
    [
        ("/api/v1/namespaces/a/pods?fieldManager=x", "a", ""),
        ("/api/v1/namespaces/a/pods/web/exec?command=sh", "a", "web"),
        ("/apis/apps/v1/namespaces/a/deployments", "a", ""),
        ("/api/v1/namespaces", "", ""),
        ("/api/v1/namespaces/a/finalize", "a", "a"),
        ("/apis/rbac.authorization.k8s.io/v1/clusterroles", "", ""),
    ],
)
def test_a_created_objects_name_was_not_known_when_the_level_was_decided(uri, namespace, name):
    """kube-apiserver fills objectRef from the body after it decided."""
    target = ObjectRef(resource="r", namespace="from-body", name="from-body", subresource="s", api_group="g")
    found = of_event(event(uri, "create", object_ref=target))
    assert (found.namespace, found.name) == (namespace, name)
    assert (found.resource, found.subresource, found.api_group) == ("r", "s", "g")


def test_other_requests_have_the_names_of_their_object():
    """A list or watch by metadata.name has its name from the field selector."""
    target = ObjectRef(resource="pods", namespace="a", name="web", api_version="v1")
    found = of_event(event("/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Dweb", "watch", object_ref=target))
    assert (found.namespace, found.name, found.api_version) == ("a", "web", "v1")


def test_an_event_with_nothing_in_it_is_still_a_request():
    assert of_event(Head()) == Attributes(resource_request=False)


@pytest.mark.shared
def test_both_stages_of_a_real_request_have_the_same_attributes():
    """RequestReceived is written before the body is known, so it shows what the policy saw."""
    if not LOG.exists():
        pytest.skip("no recorded log beside the checkout")
    received, compared = {}, 0
    for line in read_lines(LOG):
        for found in decode(line.data).events:
            if found.head.stage == "RequestReceived":
                received[found.head.audit_id] = of_event(found.head)
            elif found.head.audit_id in received:
                assert of_event(found.head)[:8] == received[found.head.audit_id][:8]
                assert of_event(found.head).name == received[found.head.audit_id].name
                compared += 1
    assert compared > 1000


def test_rows_have_the_keys_of_kube_apiservers_attributes():
    row = {"User": "a", "Groups": ["g"], "Verb": "get", "APIGroup": "apps", "Resource": "deployments", "Name": "n"}
    assert of_json(row) == Attributes("a", ("g",), "get", api_group="apps", resource="deployments", name="n")
    assert not of_json({"Path": "/x", "Groups": None}).resource_request


@pytest.mark.parametrize(
    ("row", "mistake"),
    [
        ({"user": "a"}, "'user'"),
        ({"User": 1}, "User"),
        ({"Groups": "g"}, "Groups"),
        ({"ResourceRequest": 1}, "true or"),
    ],
)
def test_wrong_rows_are_told(row, mistake):
    with pytest.raises(UsageError, match=mistake):
        of_json(row)


@pytest.mark.parametrize(
    ("resource", "parts"),
    [
        ("pods", ("", "pods", "")),
        ("pods/exec", ("", "pods", "exec")),
        ("deployments.apps", ("apps", "deployments", "")),
        ("roles.rbac.authorization.k8s.io", ("rbac.authorization.k8s.io", "roles", "")),
        ("deployments.apps/scale", ("apps", "deployments", "scale")),
    ],
)
def test_resources_in_words(resource, parts):
    found = of_words(user="u", groups=["g"], verb="get", resource=resource, namespace="n", name="x")
    assert (found.api_group, found.resource, found.subresource) == parts
    assert (found.user, found.groups, found.verb, found.namespace, found.name) == ("u", ("g",), "get", "n", "x")


def test_urls_in_words():
    found = of_words(verb="get", url="/healthz?verbose")
    assert (found.path, found.resource_request) == ("/healthz", False)


@pytest.mark.parametrize("words", [{}, {"resource": "pods", "url": "/x"}, {"url": "healthz"}])
def test_words_that_name_no_request(words):
    with pytest.raises(UsageError):
        of_words(verb="get", **words)


def test_paths_lose_query_and_escapes():
    assert path_of("/a%20b?c=%20") == "/a b"
    assert msgspec.json.encode(path_of("/%ff")) == '"/\ufffd"'.encode()


@pytest.mark.parametrize("verb", ["get", ""])
def test_a_row_reads_back(verb):
    """What a request does not have is left out."""
    one = of_words(user="u", groups=["g"], verb=verb, resource="deployments.apps/scale", namespace="n", name="x")
    assert of_json(as_json(one)) == one
    assert of_json(as_json(of_words(url="/healthz"))) == of_words(url="/healthz")
