"""What to write instead, for what kube-apiserver says about a policy's keys and types."""

from __future__ import annotations

import difflib
import re

from lanner.policy.decoding.value import Value

HEAD = "apiVersion: audit.k8s.io/v1 and kind: Policy"
POLICY_KEYS = ("apiVersion", "kind", "metadata", "rules", "omitStages", "omitManagedFields")
RULE_KEYS = (
    "level",
    "users",
    "userGroups",
    "verbs",
    "resources",
    "namespaces",
    "nonResourceURLs",
    "omitStages",
    "omitManagedFields",
)
GROUP_KEYS = ("group", "resources", "resourceNames")
_MISLED = {
    "verb": "verbs",
    "user": "users",
    "groups": "userGroups",
    "group": "userGroups",
    "namespace": "namespaces",
    "apiGroups": "resources",
    "names": "resourceNames",
    "resourceName": "resourceNames",
}
"""Keys that people write for others, where spelling alone would not tell."""
_FIELD = re.compile(r'(unknown|duplicate) field "((?:[^"\\]|\\.)*)"')
_TYPE = re.compile(r"cannot unmarshal (\w+).* into Go .* of type (\S+)$")
_SHAPES = {"bool": "true or false", "int64": "a whole number"}


def fix_for_remark(text: str) -> str:
    """Return what to do about an unknown or duplicate key."""
    found = _FIELD.match(text)
    if found is None:
        return "keep one of the keys that are there twice; kube-apiserver takes the last"
    path = found[2]
    if found[1] == "duplicate":
        return f"keep one {path}; kube-apiserver takes the last"
    above, _, key = path.rpartition(".")
    known = _keys_at(above)
    near = _MISLED.get(key) if _MISLED.get(key) in known else None
    near = near or next(iter(difflib.get_close_matches(key, known, 1, 0.7)), None) or _folded(key, known)
    return f"write {near}" if near else _elsewhere(key, known)


def _keys_at(path: str) -> tuple[str, ...]:
    if not path:
        return POLICY_KEYS
    return GROUP_KEYS if ".resources[" in path else RULE_KEYS if path.startswith("rules[") else ()


def _folded(key: str, known: tuple[str, ...]) -> str | None:
    return next((name for name in known if name.lower() == key.lower()), None)


def _elsewhere(key: str, known: tuple[str, ...]) -> str:
    ignored = "it is ignored, so remove it"
    for keys, where in ((RULE_KEYS, "a rule"), (GROUP_KEYS, "an item of resources"), (POLICY_KEYS, "the policy")):
        if key in keys:
            return f"{ignored} or move it: {key} belongs into {where}"
    return f"{ignored}; the keys here are {', '.join(known)}" if known else ignored


def fix_for_error(message: str, root: Value | None) -> str:
    """Return what to do about a text that does not decode."""
    if root is not None and ("group version" in message or "registered" in message or "conversion" in message):
        return f"begin the file with {HEAD}"
    found = _TYPE.search(message)
    if found is not None:
        return _shape(found[1], found[2])
    if "cannot start any token" in message:
        return "indent with blanks, not tabs, and quote a value that begins with a sign such as @ or `"
    return ""


def _shape(given: str, wanted: str) -> str:
    if wanted.startswith("[]"):
        return f"write a list ([...] or lines that begin with -), not {_article(given)}"
    if wanted in _SHAPES:
        return f"write {_SHAPES[wanted]} without quotes, not {_article(given)}"
    if given in ("number", "bool"):
        return "put the value in quotes, so that YAML takes it for a text"
    return f"write {'a text' if wanted.rpartition('.')[2] in ('string', 'Level', 'Stage') else 'keys and values'} here"


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'ao' else 'a'} {kind}"
