"""The index decides as the plain evaluator does, on any policy and request."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lanner.policy import compiled
from lanner.policy.compiled import CompiledPolicy
from lanner.policy.evaluate import decide
from lanner.policy.model import STAGES, Attributes, GroupResources, Level, Policy, PolicyRule


def some(*values):
    return st.lists(st.sampled_from(values), max_size=2).map(tuple)


users, groups = ("", "alice", "system:apiserver"), ("devs", "system:nodes", "system:authenticated")
verbs, namespaces, names = ("get", "create", "*"), ("", "default", "kube-*"), ("", "a", "b")
paths = ("/", "/healthz", "/healthz/etcd", "/metrics", "/x")
patterns = ("pods", "pods/exec", "*", "*/exec", "pods/*", "nodes", "*/", "/*")
parts = st.builds(GroupResources, st.sampled_from(("", "apps", "*")), some(*patterns), some(*names))
rules = st.builds(
    PolicyRule,
    level=st.sampled_from(Level),
    users=some(*users),
    user_groups=some(*groups),
    verbs=some(*verbs),
    resources=st.lists(parts, max_size=2).map(tuple),
    namespaces=some(*namespaces),
    non_resource_urls=some("*", "/healthz*", "/metrics", "/"),
    omit_stages=some(*STAGES),
    omit_managed_fields=st.none() | st.booleans(),
)
policies = st.builds(
    Policy,
    rules=st.lists(rules, min_size=1, max_size=8).map(tuple),
    omit_stages=some(*STAGES),
    omit_managed_fields=st.booleans(),
)
requests = st.builds(
    Attributes,
    user=st.sampled_from(users),
    groups=some(*groups),
    verb=st.sampled_from(verbs),
    namespace=st.sampled_from(namespaces),
    api_group=st.sampled_from(("", "apps", "batch")),
    resource=st.sampled_from(("pods", "nodes", "")),
    subresource=st.sampled_from(("", "exec", "status")),
    name=st.sampled_from((*names, "c")),
    path=st.sampled_from(paths),
    resource_request=st.booleans(),
)


@settings(max_examples=300)
@given(policies, st.lists(requests, max_size=12))
def test_the_index_agrees_with_the_plain_evaluator(policy, asked):
    index = CompiledPolicy(policy)
    for request in (*asked, *asked):
        assert index.decide(request) == decide(policy, request)


def test_the_stores_stay_bounded(monkeypatch):
    """A full store begins anew and answers stay right."""
    monkeypatch.setattr(compiled, "_MOST_KEPT", 3)
    policy = Policy(rules=(PolicyRule(level=Level.REQUEST, users=("u5",)), PolicyRule(level=Level.NONE)))
    index = CompiledPolicy(policy)
    for number in range(20):
        request = Attributes(user=f"u{number}", groups=(f"g{number}",), path=f"/{number}", resource_request=False)
        assert index.decide(request) == decide(policy, request)
        assert max(len(index._answers), len(index._paths), len(index._group_sets)) <= 3


def test_a_name_that_no_rule_names_is_not_taken_for_the_empty_one():
    """A rule may name the empty name: requests without one. Others must not share its answer."""
    unnamed = GroupResources("", ("pods",), ("",))
    policy = Policy(rules=(PolicyRule(level=Level.REQUEST, resources=(unnamed,)), PolicyRule(level=Level.NONE)))
    index = CompiledPolicy(policy)
    asked = Attributes(verb="get", resource="pods")
    assert [index.decide(asked._replace(name=name)).level for name in ("", "web", "")] == [
        Level.REQUEST,
        Level.NONE,
        Level.REQUEST,
    ]
