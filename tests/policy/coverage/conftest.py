"""Rules, policies and requests for the tests of coverage."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from lanner.audit.decode import decode
from lanner.audit.event import Event
from lanner.policy.loading import read_policy
from lanner.policy.model import STAGES, GroupResources, Level, Policy, PolicyRule
from lanner.rules import ir
from lanner.rules.falco.documents import load_texts
from lanner.rules.ruleset import Rule

USERS = ["", "alice", "bob", "system:anonymous", "system:serviceaccount:kube-system:job", "system:node:n1"]
GROUPS = ["devs", "system:nodes", "system:masters"]
NAMESPACES = ["kube-system", "dev", "prod"]
NAMES = ["web", "db", "x"]
KINDS = [
    ("", "pods", ["", "exec", "status", "log"]),
    ("", "secrets", [""]),
    ("", "nodes", ["", "proxy"]),
    ("apps", "deployments", ["", "scale"]),
    ("example.com", "widgets", ["", "status", "odd"]),
    ("other.org", "gadgets", [""]),
]
VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]
URLS = ["/healthz", "/healthz?verbose", "/healthz/etcd", "/metrics", "/version", "/", "/api"]
BODY_VERBS = ("create", "update", "patch", "delete", "deletecollection")

CHECKS = [
    "ka.verb = create",
    "ka.verb in (get, list, watch)",
    "not ka.verb in (get, list)",
    "jevt.value[/verb] startswith de",
    "ka.target.resource = pods",
    "ka.target.resource in (secrets, widgets)",
    "ka.target.resource exists",
    "ka.target.subresource = exec",
    "ka.target.subresource exists",
    "jevt.value[/objectRef/apiGroup] = apps",
    "ka.target.namespace = kube-system",
    "ka.target.namespace exists",
    "ka.target.name = web",
    "ka.target.name startswith d",
    "ka.user.name = alice",
    'ka.user.name startswith "system:"',
    "ka.user.name contains ob",
    "tolower(ka.user.name) = bob",
    "ka.user.groups intersects (devs, system:nodes)",
    "ka.user.groups in (devs)",
    "ka.uri = /healthz",
    "ka.uri startswith /healthz?",
    "ka.uri contains verbose",
    "ka.uri glob /api*",
    "ka.stage = ResponseComplete",
    "ka.stage in (ResponseStarted, RequestReceived)",
    "jevt.value[/stage] = RequestReceived",
    "ka.response.code = 403",
    "ka.response.code startswith 2",
    "ka.response.code exists",
    "ka.auth.decision = allow",
    "ka.impuser.name exists",
    "ka.req.pod.containers.privileged intersects (true)",
    "ka.req.pod.containers.image.repository in (nginx)",
    "ka.req.pod.containers.image startswith nginx",
    "jevt.value[/requestObject/spec/hostNetwork] = true",
    "jevt.value[/requestObject/metadata] contains kubectl",
    "jevt.value[/responseObject/metadata/name] exists",
    "ka.resp.name = web",
    "ka.user.name = val(jevt.value[/responseObject/metadata/name])",
    "jevt.value[/level] = RequestResponse",
    "jevt.obj contains nginx",
    "jevt.rawtime = 0",
]
Make = Callable[..., Any]


@pytest.fixture
def rules_of() -> Callable[..., list[Rule]]:
    """Return a maker of rules from conditions; their names are r0, r1 ..."""

    def make(*conditions: str) -> list[Rule]:
        rule = "- rule: r{}\n  desc: d\n  condition: >\n    {}\n  output: o\n  priority: INFO\n  source: k8s_audit\n"
        loaded = load_texts([("rules.yaml", "".join(rule.format(*pair) for pair in enumerate(conditions)))])
        assert all(result.successful for result in loaded.results), loaded.results
        return loaded.rules

    return make


@pytest.fixture
def policy_of() -> Callable[..., Policy]:
    """Return a maker of policies from rules in YAML, each on one line from line 4 on."""

    def make(*rules: str) -> Policy:
        text = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n" + "".join(f"- {rule}\n" for rule in rules)
        found = read_policy(text).policy
        assert found is not None
        return found

    return make


def _some(values: list[str], most: int = 2) -> st.SearchStrategy[tuple[str, ...]]:
    return st.one_of(st.just(()), st.lists(st.sampled_from(values), min_size=1, max_size=most, unique=True).map(tuple))


_PATTERNS = ["pods", "pods/exec", "pods/*", "*/status", "*", "secrets", "deployments", "widgets", "nodes/proxy"]
_PARTS = st.builds(
    GroupResources, st.sampled_from(["", "*", "apps", "example.com"]), _some(_PATTERNS), st.just(())
) | st.builds(GroupResources, st.sampled_from(["", "*"]), st.just(("pods",)), st.just(("web",)))
_POLICY_RULES = st.builds(
    PolicyRule,
    level=st.sampled_from(Level),
    users=_some([*USERS[1:], "carol"]),
    user_groups=_some([*GROUPS, "system:authenticated", "system:serviceaccounts:kube-system"]),
    verbs=_some(VERBS, 3),
    resources=st.just(()) | st.lists(_PARTS, min_size=1, max_size=2).map(tuple),
    namespaces=_some(["", *NAMESPACES]),
    non_resource_urls=_some(["/healthz*", "/version", "/api*", "*", "/healthz"]),
    omit_stages=_some(list(STAGES)),
    omit_managed_fields=st.sampled_from([None, True, False]),
)
_CATCH_ALL = st.builds(PolicyRule, level=st.sampled_from(list(Level)[1:]), omit_stages=_some(list(STAGES), 1))


@pytest.fixture(scope="session")
def policies() -> st.SearchStrategy[Policy]:
    """Return a strategy of policies that name what the requests have."""
    rules = st.lists(_POLICY_RULES, max_size=4)
    ended = st.builds(lambda some, last: (*some, *last), rules, st.lists(_CATCH_ALL, max_size=1))
    return st.builds(Policy, rules=ended, omit_stages=_some(list(STAGES), 1), omit_managed_fields=st.booleans())


@pytest.fixture(scope="session")
def conditions(parse: Callable[[str], ir.Condition]) -> st.SearchStrategy[ir.Condition]:
    """Return a strategy of conditions over the checks."""
    checks = st.sampled_from([parse(text) for text in CHECKS])
    return st.recursive(
        checks | checks.map(ir.Not),
        lambda inner: (
            st.lists(inner, min_size=2, max_size=3).map(lambda items: ir.And(tuple(items)))
            | st.lists(inner, min_size=2, max_size=3).map(lambda items: ir.Or(tuple(items)))
            | inner.map(ir.Not)
        ),
        max_leaves=8,
    )


@pytest.fixture(scope="session")
def parse() -> Callable[[str], ir.Condition]:
    """Return the parser of conditions."""
    from lanner.rules.falco.condition import parse_condition

    return parse_condition


@pytest.fixture(scope="session")
def stages_of() -> Callable[[random.Random], list[Event]]:
    """Return a maker of random requests, each as the events of its stages as kube-apiserver writes them."""
    return _stages


def _stages(chance: random.Random) -> list[Event]:
    verb = chance.choice(VERBS)
    user = chance.choice(USERS)
    document: dict[str, Any] = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "RequestResponse",
        "auditID": "a",
        "stage": "ResponseComplete",
        "verb": verb,
        "user": {"username": user, "groups": _groups_of(user, chance)},
        "stageTimestamp": "2026-01-02T03:04:05.000000Z",
    }
    target = chance.choice([*KINDS, None])
    sub = chance.choice(target[2]) if target else ""
    if target is None:
        document |= {"requestURI": chance.choice(URLS), "verb": chance.choice(["get", "post", "options"])}
    else:
        document |= _of_resource(target[0], target[1], sub, verb, chance)
    code = chance.choice([200, 201, 403, 500])
    late: dict[str, Any] = {
        "responseStatus": {"code": code},
        "annotations": {"authorization.k8s.io/decision": "forbid" if code == 403 else "allow"},
    }
    if chance.random() < 0.2:
        late["impersonatedUser"] = {"username": chance.choice(USERS[1:])}
    if target and verb in BODY_VERBS:
        late["requestObject"] = _body(chance)
    answer = {"responseObject": {"metadata": _metadata(chance)}} if target else {}
    name_is_late = verb == "create" and not sub
    received = {**document, "stage": "RequestReceived"}
    if target and name_is_late:
        received["objectRef"] = {key: value for key, value in document["objectRef"].items() if key != "name"}
    long_running = target and (verb == "watch" or sub in ("exec", "log", "proxy"))
    started = [{**document, **late, "stage": "ResponseStarted"}] if long_running else []
    end = {**document, **late, **answer}
    if chance.random() < 0.1:
        end |= {"stage": "Panic", "responseStatus": {"code": 500}}
    return [_event(one) for one in (received, *started, end)]


def _groups_of(user: str, chance: random.Random) -> list[str]:
    if user in ("", "system:anonymous"):
        return ["system:unauthenticated"] if user else []
    own = ["system:serviceaccounts", "system:serviceaccounts:kube-system"] if "serviceaccount" in user else []
    return [*own, "system:authenticated", *(group for group in GROUPS if chance.random() < 0.3)]


def _of_resource(group: str, resource: str, sub: str, verb: str, chance: random.Random) -> dict[str, Any]:
    namespace = "" if resource == "nodes" else chance.choice([*NAMESPACES, ""])
    name = "" if verb in ("list", "deletecollection") else chance.choice([*NAMES, ""])
    start = f"/apis/{group}/v1" if group else "/api/v1"
    in_url = name if name and (verb != "create" or sub) else ""
    parts = [start, *(["namespaces", namespace] if namespace else []), resource, in_url, sub if in_url else ""]
    found = {"resource": resource, "apiGroup": group, "namespace": namespace, "name": name, "subresource": sub}
    return {
        "requestURI": "/".join(part for part in parts if part),
        "objectRef": {key: value for key, value in found.items() if value},
    }


def _metadata(chance: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {"name": chance.choice(NAMES)} if chance.random() < 0.7 else {}
    if chance.random() < 0.4:
        found["managedFields"] = [{"manager": "kubectl"}]
    return found


def _body(chance: random.Random) -> dict[str, Any]:
    container: dict[str, Any] = {"name": "c"}
    if chance.random() < 0.7:
        container["image"] = chance.choice(["nginx", "nginx:1", "busybox"])
    if chance.random() < 0.5:
        container["securityContext"] = {"privileged": chance.random() < 0.5}
    spec: dict[str, Any] = {"containers": [container]} if chance.random() < 0.8 else {}
    if chance.random() < 0.3:
        spec["hostNetwork"] = True
    return {"metadata": _metadata(chance), "spec": spec}


def _event(document: dict[str, Any]) -> Event:
    return decode(json.dumps(document, separators=(",", ":")).encode()).events[0]
