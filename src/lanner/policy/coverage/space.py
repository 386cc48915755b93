"""All requests, cut into classes that rules and a policy cannot tell apart, and what goes together in a request."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence

from lanner.policy.builtin_api import RESOURCE_VERBS, URL_VERBS
from lanner.policy.coverage import names as part
from lanner.policy.coverage.classes import ABSENT, Named, TextClass, holds, text_classes
from lanner.policy.coverage.formula import Formula, Literal, both, either, negated
from lanner.policy.coverage.names import Names
from lanner.policy.coverage.targets import Kind, Target, cluster_wide, targets, texts_of
from lanner.rules import ir
from lanner.rules.check import literals
from lanner.rules.ir import Check

TARGET = "target"
ANONYMOUS_USER = "system:anonymous"
AUTHENTICATED, UNAUTHENTICATED = "system:authenticated", "system:unauthenticated"
ACCOUNT = "system:serviceaccount:"
ACCOUNTS = "system:serviceaccounts"
BODY_VERBS = ("create", "update", "patch", "delete", "deletecollection")
SESSIONS = ("exec", "attach", "portforward", "proxy", "log")
"""Subresources of requests that kube-apiserver takes for long-running, beside watches (its ResponseStarted)."""
PROFILING = "/debug/pprof/"
_URL_ONLY = frozenset(URL_VERBS) - {"get", "patch", "delete"}
_RESOURCE_ONLY = frozenset(RESOURCE_VERBS) - {"get", "patch", "delete"}


class Space:
    """The variables of a request and their classes: `target`, and by part of a request `texts`.

    A name is shown in the event and hidden from the policy where it stands in the body of an object to be created.
    """

    def __init__(self, names: Names) -> None:
        verbs = Named(frozenset({*RESOURCE_VERBS, *URL_VERBS}))
        paths = Named(frozenset(), frozenset({"/api/", "/apis/", PROFILING}))
        users = Named(frozenset({ANONYMOUS_USER}))
        self.names = names | Names(((part.URI, paths), (part.USER, users), (part.VERB, verbs)))
        self.targets: list[Target] = targets(self.names)
        self.texts: dict[str, list[TextClass]] = {
            name: text_classes(self.names[name], always=name in (part.VERB, part.URI))
            for name in (part.USER, part.VERB, part.NAMESPACE, part.URI)
        }
        shown = text_classes(self.names[part.NAME])
        self.texts[part.NAME] = [*shown, *shown[1:]]
        self.shown_names = len(shown)
        self.groups = tuple(sorted(self.names[part.GROUPS].exact))
        self.for_resource, self.for_url = self._kinds()
        self.constraints: tuple[Formula, ...] = tuple(self._constraints())

    def literal(self, check: Check, name: str) -> Formula:
        """Return a check of one part of a request, groups apart."""
        if name in (part.API_GROUP, part.RESOURCE, part.SUBRESOURCE):
            return check_of(TARGET, check, texts_of(self.targets, name), self.names[name])
        return check_of(name, check, self.texts[name], self.names[name])

    def of_groups(self, check: Check) -> Formula:
        """Return a check of the user's groups."""
        if isinstance(check, ir.Compare) and check.operator == "intersects" and isinstance(check.left, ir.Field):
            return either(*map(self.has_group, literals(check.right)))
        return free(f"groups {check!r}", check)

    def has_group(self, group: str) -> Literal:
        """Say that the user is in a group."""
        return Literal(f"{part.GROUPS} {group}", 0b10, 0b10, 0b11)

    def one_of(self, name: str, values: Iterable[str]) -> Formula:
        """Say that a part of the request is one of some values; "" is its absence."""
        wanted = set(values)
        return self.where(name, lambda one: not one.open and (one.value or "") in wanted)

    def begins(self, name: str, *beginnings: str) -> Formula:
        """Say that a part of the request begins with one of some texts."""
        return self.where(name, lambda one: (one.value or "").startswith(beginnings))

    def is_there(self, name: str | None) -> Formula:
        """Say that an event shows a part of the request, true for what is none of the texts."""
        return self.where(name, lambda one: one != ABSENT) if name is not None and name in self.texts else True

    def where(self, name: str, test: Callable[[TextClass], bool]) -> Formula:
        """Say that a part of the request is in a class that passes a test."""
        return chosen(name, [test(one) for one in self.texts[name]])

    def target(self, test: Callable[[Kind], bool]) -> Formula:
        """Say that the request is for a resource that passes a test."""
        return chosen(TARGET, [one is not None and test(one) for one in self.targets])

    def named(self, values: Iterable[str]) -> Formula:
        """Say that the policy sees one of some object names."""
        wanted = set(values)
        seen = [not one.open and one.value in wanted for one in self.texts[part.NAME]]
        return chosen(part.NAME, [one and place < self.shown_names for place, one in enumerate(seen)])

    def long_running(self) -> Formula:
        """Say that kube-apiserver tells when the answer begins."""
        return either(
            self.one_of(part.VERB, ("watch", "proxy")),
            self.target(lambda kind: kind.subresource in SESSIONS),
            self.begins(part.URI, PROFILING),
        )

    def with_request_body(self) -> Formula:
        """Say that the request may have a body that is logged."""
        return both(self.one_of(part.VERB, BODY_VERBS), self.target(lambda _: True))

    def _kinds(self) -> tuple[Formula, Formula]:
        """Return what is so of each request for a resource, and of each other one (RequestInfo)."""
        resource = self.target(lambda _: True)
        paths = self.begins(part.URI, "/api/", "/apis/")
        odd = self.where(part.VERB, lambda one: one.open or one.value in _URL_ONLY)
        nothing = [self.one_of(name, [""]) for name in (part.NAMESPACE, part.NAME)]
        known = negated(self.one_of(part.VERB, _RESOURCE_ONLY))
        return both(resource, paths, negated(odd)), both(negated(resource), known, *nothing)

    def _constraints(self) -> Iterable[Formula]:
        yield either(self.for_resource, self.for_url)
        yield either(negated(self.target(cluster_wide)), self.one_of(part.NAMESPACE, [""]))
        yield from self._names_of_created()
        yield from self._groups_of_users()

    def _names_of_created(self) -> Iterable[Formula]:
        hidden = chosen(part.NAME, [place >= self.shown_names for place in range(len(self.texts[part.NAME]))])
        created = both(self.one_of(part.VERB, ["create"]), self.target(lambda kind: not kind.subresource))
        yield either(negated(hidden), created)
        yield either(hidden, self.one_of(part.NAME, [""]), negated(created))

    def _groups_of_users(self) -> Iterable[Formula]:
        """Every user but the anonymous one is authenticated, and a service account is in its groups.

        The anonymous user has one group, and nobody (a credential that was refused) has none.
        """
        for name, group in ((ANONYMOUS_USER, UNAUTHENTICATED), ("", None)):
            others = [negated(self.has_group(one)) for one in self.groups if one != group]
            yield either(negated(self.one_of(part.USER, [name])), both(*others))
        if AUTHENTICATED in self.groups:
            nobody = self.where(part.USER, lambda one: one in (ABSENT, TextClass(ANONYMOUS_USER)))
            yield either(self.has_group(AUTHENTICATED), nobody)
        for group in self.groups:
            if group == ACCOUNTS or group.startswith(f"{ACCOUNTS}:"):
                start = ACCOUNT + f"{group.removeprefix(ACCOUNTS)}:".removeprefix(":")
                yield either(negated(self.begins(part.USER, start)), self.has_group(group))


def chosen(variable: str, flags: Sequence[bool]) -> Formula:
    """Return the formula that a variable is in one of the classes that are flagged."""
    full = (1 << len(flags)) - 1
    mask = sum(1 << place for place, flag in enumerate(flags) if flag)
    return (mask == full) or (mask != 0 and Literal(variable, mask, mask, full))


def check_of(variable: str, check: Check, classes: Sequence[TextClass], named: Named) -> Formula:
    """Return a check of one text as a formula."""
    verdicts = [holds(check, one, named) for one in classes]
    mask = sum(1 << place for place, verdict in enumerate(verdicts) if verdict is not False)
    sure = sum(1 << place for place, verdict in enumerate(verdicts) if verdict)
    full = (1 << len(classes)) - 1
    if not mask or sure == full:
        return bool(mask)
    return Literal(variable, mask, sure, full, check if mask != sure else None)


def free(variable: str, key: Hashable) -> Literal:
    """Return a check that may hold or not, whatever else is so."""
    return Literal(variable, 0b1, 0, 0b1, key)
