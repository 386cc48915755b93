"""What a rule decides under the rules above it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lanner.policy.evaluate import decide
from lanner.policy.lint.reach import decided
from lanner.policy.model import Attributes, GroupResources, Level, Policy, PolicyRule


def some(values: list[str], most: int = 3) -> st.SearchStrategy[tuple[str, ...]]:
    return st.one_of(st.just(()), st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple))


PATTERNS = ["pods", "pods/exec", "*", "*/status", "pods/*", "secrets", "*/*", "pods/status", "secrets/*"]
PARTS = st.builds(
    GroupResources, st.sampled_from(["", "apps", "*"]), some(PATTERNS), st.one_of(st.just(()), some(["a", "b"]))
)
COMMON = {
    "level": st.sampled_from(list(Level)),
    "users": some(["alice", "bob"]),
    "user_groups": some(["dev", "ops"]),
    "verbs": some(["get", "list", "create"]),
}
RULES = st.one_of(
    st.builds(PolicyRule, **COMMON, resources=st.lists(PARTS, max_size=2).map(tuple), namespaces=some(["", "x", "y"])),
    st.builds(PolicyRule, **COMMON, non_resource_urls=some(["/healthz", "/api*", "/apis", "*", "/a*"])),
)
POLICIES = st.lists(RULES, min_size=1, max_size=6).map(lambda rules: Policy(rules=tuple(rules)))
SHARED = {
    "user": st.sampled_from(["alice", "bob", "carol"]),
    "groups": some(["dev", "ops", "else"]),
    "verb": st.sampled_from(["get", "list", "create", "watch"]),
}
REQUESTS = st.one_of(
    st.builds(
        Attributes,
        **SHARED,
        namespace=st.sampled_from(["", "x", "y", "z"]),
        api_group=st.sampled_from(["", "apps", "batch"]),
        resource=st.sampled_from(["pods", "secrets", "jobs"]),
        subresource=st.sampled_from(["", "exec", "status", "log"]),
        name=st.sampled_from(["", "a", "b", "c"]),
    ),
    st.builds(
        Attributes,
        **SHARED,
        path=st.sampled_from(["/healthz", "/api", "/apis", "/a", "/", "/version"]),
        resource_request=st.just(False),
    ),
)


@settings(max_examples=300, deadline=None)
@given(POLICIES, st.lists(REQUESTS, min_size=20, max_size=20))
def test_a_rule_called_out_of_reach_never_decides(policy, requests):
    dead = {number for number in range(len(policy.rules)) if not decided(policy, number).reachable}
    assert not dead & {decide(policy, request).rule for request in requests}


@settings(max_examples=300, deadline=None)
@given(POLICIES)
def test_a_rule_within_reach_comes_with_a_request_that_it_decides(policy):
    for number in range(len(policy.rules)):
        found = decided(policy, number)
        if found.reachable:
            assert found.witness is not None
            assert decide(policy, found.witness).rule == number


@settings(max_examples=200, deadline=None)
@given(POLICIES)
def test_the_rules_named_as_takers_suffice(policy):
    for number, rule in enumerate(policy.rules):
        found = decided(policy, number)
        if not found.reachable:
            alone = Policy(rules=(*(policy.rules[taker] for taker in found.takers), rule))
            assert not decided(alone, len(found.takers)).reachable


def test_rules_above_may_take_a_rule_together():
    """Alice's reads and everybody's other verbs leave nothing of alice's gets and creates."""
    policy = Policy(
        rules=(
            PolicyRule(level=Level.NONE, users=("alice",), verbs=("get",)),
            PolicyRule(level=Level.METADATA, verbs=("create",)),
            PolicyRule(level=Level.REQUEST, users=("alice",), verbs=("get", "create")),
        )
    )
    assert decided(policy, 2) == (False, None, (0, 1))


def test_a_question_too_wide_counts_as_reachable():
    """Parts that no rule above takes whole make a product of choices; it is given up, and nothing is claimed."""
    names = tuple(f"n{number}" for number in range(12))
    above = tuple(
        PolicyRule(level=Level.NONE, **{part: (name,)})
        for part in ("users", "user_groups", "verbs", "namespaces")
        for name in names[1:]
    )
    wide = PolicyRule(level=Level.NONE, users=names, user_groups=names, verbs=names, namespaces=names)
    assert decided(Policy(rules=(*above, wide)), len(above)).reachable
