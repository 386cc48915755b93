"""Rule sets of hundreds and thousands of rules, made from Falco's 48 with a fixed seed, as a large platform has them.

Each copy of a rule keeps its shape and changes its words: users, names, images, paths, texts and roles are others, each
third resource or verb is another. Then it is narrowed to whom it is about, as teams narrow theirs: 4 of 10 to one
namespace, 2 to three namespaces, 1 to users of a prefix, 1 to a group, 1 to two users, and 1 not at all when it names a
resource itself, else to one namespace. Namespaces are 13 of the log and 150 others, users 6 and 400.
No two rules are equal, so nothing is saved by recognising the same rule twice.

Usage: python bench/rules.py COUNT > rules.yaml
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from lanner.rules import ir
from lanner.rules.falco.condition_printer import print_condition
from lanner.rules.falco.documents import load_files
from lanner.rules.ruleset import Rule

FALCO = Path(__file__).parents[1].parent / "shared" / "data" / "falco_rules" / "k8saudit" / "k8s_audit_rules.yaml"
SEED = 48

NAMESPACES = (
    *("shop", "dev", "kube-system", "monitoring", "payments", "default", "storage", "vault", "ci", "argocd"),
    *("kube-node-lease", "kube-public", "ingress-nginx"),
    *(f"team-{number:03}" for number in range(150)),
)
USERS = (
    *("alice@example.com", "bob@example.com", "carol@example.com", "kubernetes-admin", "kwok-nodes", "admin"),
    *(f"person-{number:03}@example.com" for number in range(200)),
    *(f"system:serviceaccount:team-{number:03}:deployer" for number in range(150)),
    *(f"robot-{number:02}" for number in range(50)),
)
RESOURCES = tuple(
    """
    pods services configmaps secrets deployments namespaces serviceaccounts roles rolebindings clusterroles
    clusterrolebindings ingresses nodes jobs cronjobs daemonsets statefulsets replicasets endpoints events leases
    persistentvolumes persistentvolumeclaims networkpolicies resourcequotas limitranges storageclasses
    endpointslices certificates issuers virtualservices gateways kustomizations applications helmreleases clusters
    machines prometheusrules servicemonitors externalsecrets vaults backups schedules workflows pipelines tasks
    """.split()  # noqa: SIM905 - easier to read than fifty quoted words
)
VERBS = ("create", "update", "patch", "delete", "get", "list", "watch", "deletecollection")


class Variation:
    """Makes changed copies of rules; the same seed gives the same copies."""

    def __init__(self, seed: int = SEED) -> None:
        self._random = random.Random(seed)

    def rule(self, rule: Rule, number: int) -> Rule:
        """Return a copy of a rule with other words, narrowed to somebody."""
        condition = self._changed(rule.condition)
        scoped = ir.And((condition, self._scope(rule.condition)))
        return renamed(rule, f"{rule.name} {number}", scoped)

    def _changed(self, condition: ir.Condition) -> ir.Condition:
        match condition:
            case ir.And(items) | ir.Or(items):
                return type(condition)(tuple(map(self._changed, items)))
            case ir.Not(item):
                return ir.Not(self._changed(item))
            case ir.Compare(ir.Field() as left, operator, ir.Text(text)):
                return ir.Compare(left, operator, ir.Text(self._word(left, text)))
            case ir.Compare(ir.Field() as left, operator, ir.Values(items)):
                words = dict.fromkeys(self._word(left, item.text) for item in items if isinstance(item, ir.Text))
                return ir.Compare(left, operator, ir.Values(tuple(map(ir.Text, words))))
        return condition

    def _word(self, field: ir.Field, text: str) -> str:
        return _WORDS.get(field.name, _kept)(self._random, text)

    def _scope(self, condition: ir.Condition) -> ir.Condition:
        draw = self._random.randrange(10)
        scope = _compare("ka.target.namespace", "=", self._random.choice(NAMESPACES))
        if draw in (4, 5):
            scope = _compare("ka.target.namespace", "in", *self._random.sample(NAMESPACES, 3))
        elif draw == 6:
            scope = _compare("ka.user.name", "startswith", f"oidc:{self._random.choice(NAMESPACES)}:")
        elif draw == 7:
            scope = _compare("ka.user.groups", "intersects", f"group-{self._random.randrange(300)}")
        elif draw == 8:
            scope = _compare("ka.user.name", "in", *self._random.sample(USERS, 2))
        elif draw == 9 and "ka.target.resource" in print_condition(condition):
            return ir.Not(_compare("ka.target.name", "endswith", f"-{self._random.randrange(10**6)}"))
        return scope


def _kept(_random: random.Random, text: str) -> str:
    return text


def _seldom(change: Callable[[random.Random, str], str]) -> Callable[[random.Random, str], str]:
    return lambda chance, text: change(chance, text) if chance.random() < 1 / 3 else text


def _suffixed(chance: random.Random, text: str) -> str:
    return f"{text}-{chance.randrange(10**4)}"


_WORDS: dict[str, Callable[[random.Random, str], str]] = {
    "ka.target.resource": _seldom(lambda chance, _: chance.choice(RESOURCES)),
    "ka.verb": _seldom(lambda chance, _: chance.choice(VERBS)),
    "ka.target.namespace": lambda chance, _: chance.choice(NAMESPACES),
    "ka.user.name": lambda chance, text: text if text.startswith("system:") else chance.choice(USERS),
    **dict.fromkeys(
        (
            "ka.target.name",
            "ka.req.pod.containers.image.repository",
            "ka.req.pod.volumes.hostpath",
            "ka.req.configmap.obj",
            "ka.req.binding.role",
            "ka.uri",
        ),
        _suffixed,
    ),
}


def renamed(rule: Rule, name: str, condition: ir.Condition) -> Rule:
    """Return the rule under another name, with another condition."""
    return Rule(
        name=name,
        description=rule.description,
        condition=condition,
        condition_text=print_condition(condition),
        output=rule.output,
        priority=rule.priority,
        tags=rule.tags,
    )


def _compare(field: str, operator: str, *words: str) -> ir.Compare:
    right = ir.Text(words[0]) if operator not in ("in", "intersects") else ir.Values(tuple(map(ir.Text, words)))
    return ir.Compare(ir.Field(field), operator, right)


def many(rules: Sequence[Rule], count: int, seed: int = SEED) -> list[Rule]:
    """Return the rules and as many changed copies of them as make `count`."""
    variation = Variation(seed)
    copies = [variation.rule(rules[number % len(rules)], number) for number in range(len(rules), count)]
    return [*rules, *copies]


def document(rules: Sequence[Rule]) -> str:
    """Write rules as a rules file (JSON, which is YAML)."""
    items = [
        {
            "rule": rule.name,
            "desc": rule.description,
            "condition": rule.condition_text,
            "output": rule.output,
            "priority": rule.priority,
            "source": rule.source,
            "tags": list(rule.tags),
        }
        for rule in rules
    ]
    return "[\n" + ",\n".join(map(json.dumps, items)) + "\n]\n"


def main() -> None:
    rules = [renamed(rule, rule.name, rule.condition) for rule in load_files([FALCO]).rules]
    print(document(many(rules, int(sys.argv[1]))), end="")


if __name__ == "__main__":
    main()
