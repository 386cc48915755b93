"""Where the fields of rules stand among the archive's columns.

Right for all events that are not `odd`: of those the columns tell less than the stream saw.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
from sqlglot import exp

from lanner.archive.auditids import ODD, STORED
from lanner.audit.event import SOURCE
from lanner.audit.fields_generic import PLUGIN
from lanner.audit.identity import ACCOUNT, ISSUED
from lanner.audit.pointer import parse_pointer
from lanner.rules import ir
from lanner.rules.sql.dialect import Dialect, call, number, text
from lanner.rules.sql.reading import Constant, Expression, Hint, Reading, UnreadError

_COLUMNS = {
    "ka.auditid": "audit_id",
    "ka.stage": "stage",
    "ka.verb": "verb",
    "ka.uri": "request_uri",
    "ka.useragent": "user_agent",
    "ka.user.name": "username",
    "ka.impuser.name": "impersonated_user",
    "ka.target.name": "name",
    "ka.target.namespace": "namespace",
    "ka.target.resource": "resource",
    "ka.target.subresource": "subresource",
    "ka.req.configmap.name": "name",
    "ka.response.reason": "reason",
    "ka.auth.decision": "decision",
    "ka.auth.reason": "decision_reason",
    "lanner.actor": "username",
    "lanner.address": "source_ip",
}
_POINTERS = {
    ("auditID",): "audit_id",
    ("stage",): "stage",
    ("level",): "level",
    ("verb",): "verb",
    ("requestURI",): "request_uri",
    ("userAgent",): "user_agent",
    ("apiVersion",): "audit_version",
    ("user", "username"): "username",
    ("user", "uid"): "uid",
    ("impersonatedUser", "username"): "impersonated_user",
    ("impersonatedUser", "uid"): "impersonated_uid",
    ("objectRef", "resource"): "resource",
    ("objectRef", "subresource"): "subresource",
    ("objectRef", "namespace"): "namespace",
    ("objectRef", "name"): "name",
    ("objectRef", "uid"): "object_uid",
    ("objectRef", "apiGroup"): "api_group",
    ("objectRef", "apiVersion"): "api_version",
    ("objectRef", "resourceVersion"): "resource_version",
}
_LISTS = {
    ("user", "groups"): "groups",
    ("impersonatedUser", "groups"): "impersonated_groups",
    ("sourceIPs",): "source_ips",
}
_JSON = {
    ("requestObject",): "request_object",
    ("responseObject",): "response_object",
    ("responseStatus",): "response_status",
    ("annotations",): "annotations",
    ("user", "extra"): "extra",
    ("impersonatedUser", "extra"): "impersonated_extra",
    ("authenticationMetadata",): "authentication",
}
_ANNOTATIONS = {
    "ka.auth.openshift.decision": "authentication.openshift.io/decision",
    "ka.auth.openshift.username": "authentication.openshift.io/username",
    "ka.validations.admission.policy.failure": "validation.policy.admission.k8s.io/validation_failure",
    "ka.security.pod.violations": "pod-security.kubernetes.io/audit-violations",
    "ka.cluster.name": "cluster_name",
}
_BODY_TEXTS = {
    "ka.req.binding.role": ("roleRef", "name"),
    "ka.req.service.type": ("spec", "type"),
    "ka.req.configmap.obj": ("data",),
    "ka.req.container.host_network": ("spec", "hostNetwork"),
    "ka.req.pod.host_ipc": ("spec", "hostIPC"),
    "ka.req.pod.host_network": ("spec", "hostNetwork"),
    "ka.req.pod.host_pid": ("spec", "hostPID"),
    "ka.req.pod.run_as_user": ("spec", "securityContext", "runAsUser"),
    "ka.req.pod.run_as_group": ("spec", "securityContext", "runAsGroup"),
    "ka.req.pod.fs_group": ("spec", "securityContext", "fsGroup"),
}
_CONSTANTS: dict[str, str | int | None] = {
    "evt.source": SOURCE,
    "evt.pluginname": PLUGIN,
    "evt.is_async": 0,
    "evt.asynctype": None,
    "evt.reltime": None,
    "evt.reltime.s": None,
    "evt.reltime.ns": None,
    "ka.req.binding.subject.has_name": "true",
}
# The keys without which a listing of a body is absent, and whether its items stand in the body as they are.
_CONTAINER = {
    "name": (("name",), True),
    "image": (("image",), True),
    "image.repository": (("image",), True),
    "command": (("command",), False),
    "args": (("args",), False),
    "host_port": (("ports",), True),
    "privileged": (("securityContext", "privileged"), True),
    "allow_privilege_escalation": (("securityContext", "allowPrivilegeEscalation"), True),
    "read_only_fs": (("securityContext", "readOnlyRootFilesystem"), True),
    "run_as_user": (("securityContext", "runAsUser"), True),
    "run_as_group": (("securityContext", "runAsGroup"), True),
    "proc_mount": (("securityContext", "procMount"), True),
    "add_capabilities": (("securityContext", "capabilities", "add"), False),
    "eff_run_as_user": ((), False),
    "eff_run_as_group": ((), False),
}
_LISTINGS: dict[str, tuple[tuple[str, ...], bool]] = {
    **{
        f"ka.req.pod.{kind}.{name}": (("spec", kind, *keys), verbatim)
        for kind in ("containers", "initContainers", "ephemeralContainers")
        for name, (keys, verbatim) in _CONTAINER.items()
    },
    "ka.req.container.image": (("spec", "containers", "image"), True),
    "ka.req.container.image.repository": (("spec", "containers", "image"), True),
    "ka.req.container.privileged": (("spec", "containers"), False),
    "ka.req.pod.supplemental_groups": (("spec", "securityContext", "supplementalGroups"), True),
    "ka.req.pod.volumes.hostpath": (("spec", "volumes", "hostPath", "path"), True),
    "ka.req.pod.volumes.flexvolume_driver": (("spec", "volumes", "flexVolume", "driver"), True),
    "ka.req.pod.volumes.volume_type": (("spec", "volumes"), True),
    "ka.req.volume.hostpath": (("spec", "volumes"), False),
    "ka.req.binding.subjects": (("subjects",), False),
    "ka.req.binding.subjects.user_names": (("subjects", "kind", "name"), True),
    "ka.req.binding.subjects.group_names": (("subjects", "kind", "name"), True),
    "ka.req.binding.subjects.serviceaccount_names": (("subjects", "kind", "name"), True),
    "ka.req.binding.subjects.serviceaccount_ns_names": (("subjects", "kind", "namespace", "name"), False),
    "ka.req.role.rules": (("rules",), False),
    "ka.req.role.rules.apiGroups": (("rules", "apiGroups"), True),
    "ka.req.role.rules.nonResourceURLs": (("rules", "nonResourceURLs"), True),
    "ka.req.role.rules.verbs": (("rules", "verbs"), True),
    "ka.req.role.rules.resources": (("rules", "resources"), True),
    "ka.req.service.ports": (("spec", "ports"), False),
    "ka.sourceips": (("rules", "sourceIPs"), True),
}

_KEY = re.compile(r"[\w.:@/ -]+", re.ASCII)
_DIGITS = re.compile(r"0|[1-9]\d{0,8}")
_PLACE = re.compile(r"[+-]?\d+", re.ASCII)
# Escapes in JSON of characters that kube-apiserver writes as they are.
_LEGACY = "authentication.k8s.io/legacy-token-"
"""What the annotations begin with that name the Secret of a token."""
_ESCAPES = r"\\/|\\u00(?:2[0-57-9a-fA-F]|3[0-9abdfABDF]|[4-7])"


def audit_id_in(engine: str) -> Expression:
    """Return how statements name the auditID: DuckDB has a view, other engines the table itself."""
    column = exp.column(STORED)
    if engine == "duckdb":
        return column
    return exp.Coalesce(this=exp.cast(column, "text"), expressions=[exp.column(ODD)])


class FieldColumns:
    """Reads fields from columns in the words of one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def __call__(self, field: ir.Field) -> Reading | Constant:
        """Return where a field stands; raises UnreadError."""
        name = field.name
        if name in _COLUMNS:
            return self._column(_COLUMNS[name])
        if name in _CONSTANTS:
            return Constant(_CONSTANTS[name])
        if name in _BODY_TEXTS:
            return self._dialect.json(exp.column("request_object"), _BODY_TEXTS[name])
        if name in _ANNOTATIONS:
            return self._annotation(_ANNOTATIONS[name])
        if name in _LISTINGS:
            raise self._listing(*_LISTINGS[name])
        if name in ("jevt.value", "json.value"):
            return self._pointer(parse_pointer(field.argument or ""))
        if name == "lanner.each":
            raise _each(field.argument or "")
        return self._special(name, field.argument)

    def _column(self, name: str) -> Reading:
        return Reading(value=audit_id_in(self._dialect.name) if name == STORED else exp.column(name))

    def _special(self, name: str, argument: str | None) -> Reading | Constant:
        match name:
            case "ka.user.groups":
                return _list("groups")
            case "ka.response.code":
                return Reading(value=exp.cast(exp.column("code"), "text"), number=exp.column("code"))
            case "ka.resp.name":
                return self._dialect.json(exp.column("response_object"), ("metadata", "name"))
            case "evt.rawtime" | "jevt.rawtime" | "json.rawtime":
                return self._time(is_text=name != "evt.rawtime")
            case "ka.uri.param":
                return self._parameter(argument or "")
            case "lanner.home" | "lanner.credential":
                return self._identity(name)
        raise UnreadError("no column tells it", self._possible(name))

    def _identity(self, name: str) -> Reading:
        if name == "lanner.home":
            account = self._dialect.starts(exp.column("username"), text(ACCOUNT))
            home = call("SPLIT_PART", exp.column("username"), text(":"), number(3))
            return Reading(value=exp.Case(ifs=[exp.If(this=account, true=home)]))
        legacy = self._dialect.contains(exp.column("annotations"), text(_LEGACY))
        return Reading(value=exp.column("credential_id"), doubts=(legacy,), partly="a token of a Secret")

    def _possible(self, name: str) -> Expression | None:
        """Return where a field that is worked out of several columns can be present."""
        match name:
            case "ka.target.pod.name":
                return exp.column("resource").eq(text("pods"))
            case "lanner.pod" | "lanner.node":
                return _present("extra")
            case "lanner.binding" | "lanner.role":
                return _present("decision_reason")
            case "lanner.issued":
                answered = exp.column("code").isin(number(200), number(201))
                holding = exp.column("resource").isin(text("secrets"), text("certificatesigningrequests"))
                return exp.or_(
                    exp.and_(answered, holding), self._dialect.contains(exp.column("annotations"), text(ISSUED))
                )
        return None

    def _annotation(self, key: str) -> Reading:
        # Annotations are texts; the archive writes them anew, so that no key is there twice.
        found = self._dialect.json(exp.column("annotations"), (key,))
        return Reading(value=found.lax or found.value)

    def _listing(self, keys: Sequence[str], verbatim: bool) -> UnreadError:
        """Return why a list in the request is not read, and what the request must hold for it to be there."""
        body = exp.column("request_object")
        present = exp.and_(*[self._dialect.contains(body.copy(), text(f'"{key}"')) for key in keys])
        if self._dialect.name != "duckdb":
            return UnreadError("a list in a body", exp.column("request_object").is_(exp.null()).not_())
        escaped = call("REGEXP_MATCHES", body.copy(), text(_ESCAPES))
        return UnreadError("a list in a body", present, Hint(body, escaped, verbatim))

    def _time(self, *, is_text: bool) -> Reading:
        value = self._dialect.nanoseconds(exp.column("time"))
        value = exp.cast(value, "text") if is_text else value
        unknown = exp.column("time").is_(exp.null())
        return Reading(value=value, exists=True, doubts=(unknown,))

    def _parameter(self, key: str) -> Reading:
        """Read a parameter of the query as it stands; those written with % or + are doubted, and ; spoils a pair."""
        if not _KEY.fullmatch(key):
            raise UnreadError(
                "a parameter of an odd name", self._dialect.contains(exp.column("request_uri"), text("?"))
            )
        pattern = rf"^[^#?]*\?(?:[^#&]*&)*?{re.escape(key)}(?:=([^#&]*))?(?:[#&]|$)"
        uri = exp.column("request_uri")
        value = exp.Coalesce(this=call("REGEXP_EXTRACT", uri.copy(), text(pattern), number(1)), expressions=[text("")])
        there = exp.RegexpLike(this=uri.copy(), expression=text(pattern))
        odd = exp.RegexpLike(this=uri.copy(), expression=text(r"\?.*[%+;]"))
        found = exp.Case(ifs=[exp.If(this=there, true=value)])
        return Reading(
            value=found, exists=there.copy(), doubts=(odd,), partly="a parameter that is written with % or +"
        )

    def _pointer(self, keys: tuple[str, ...]) -> Reading | Constant:
        if keys in _POINTERS:
            return self._column(_POINTERS[keys])
        for depth in (1, 2):
            head, rest = keys[:depth], keys[depth:]
            if head in _LISTS:
                return self._item(_LISTS[head], rest)
            if head in _JSON:
                return self._json(_JSON[head], rest)
        raise UnreadError("no column tells it", _unknown(keys))

    def _item(self, column: str, keys: tuple[str, ...]) -> Reading:
        if len(keys) == 1 and _DIGITS.fullmatch(keys[0]):
            return Reading(value=self._dialect.item(exp.column(column), int(keys[0])))
        raise UnreadError("the text of a list", _present(column))

    def _json(self, column: str, keys: tuple[str, ...]) -> Reading:
        if not keys:
            raise UnreadError("the text of an object", _present(column))
        if not all(_KEY.fullmatch(key) for key in keys):
            raise UnreadError("an odd key in JSON", _present(column))
        if column == "annotations" and len(keys) == 1:
            return self._annotation(keys[0])
        places = [key for key in keys if _PLACE.fullmatch(key)]
        if not all(map(_DIGITS.fullmatch, places)):
            raise UnreadError("an odd place in a list", _present(column))
        found = self._dialect.json(exp.column(column), [int(key) if key in places else key for key in keys])
        # A number may be a key of an object as well.
        keyed = [self._dialect.contains(exp.column(column), text(f'"{place}"')) for place in places]
        return msgspec.structs.replace(found, doubts=(*found.doubts, *keyed))


_TOP = {keys[0] for keys in (*_POINTERS, *_LISTS, *_JSON)} | {"kind", "requestReceivedTimestamp", "stageTimestamp"}


def _unknown(keys: tuple[str, ...]) -> Expression | None:
    """Say where a key that no column holds may be: among the rest, or below a known key in a line that was kept."""
    if keys[0] in _TOP:
        return None if len(keys) == 1 else _present("line")
    return exp.or_(_present("rest"), exp.and_(exp.column("rest").is_(exp.null()), _present("line")))


def _present(name: str) -> Expression:
    return exp.column(name).is_(exp.null()).not_()


def _list(name: str) -> Reading:
    """Read a list, which is absent where it is empty."""
    filled = exp.If(this=exp.GT(this=exp.ArraySize(this=exp.column(name)), expression=number(0)), true=exp.column(name))
    return Reading(value=exp.Case(ifs=[filled]), lax=exp.column(name))


def _each(path: str) -> UnreadError:
    """Return why values at a path are not read, and which body must be there for them."""
    column = {"requestObject": "request_object", "responseObject": "response_object"}.get(path.partition(".")[0])
    return UnreadError("values at a path through lists", _present(column) if column else None)
