"""Fields of a pod in the request body: its containers of three kinds, its security context and its volumes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lanner.audit.event import Event
from lanner.audit.fieldinfo import Extractor, FieldInfo, in_request, index_of, plain
from lanner.audit.pointer import MISSING
from lanner.audit.tree import (
    REQUEST,
    RESPONSE,
    Plain,
    Tree,
    collect,
    find,
    list_at,
    present,
    read,
    text_at,
    texts_through,
)

Listing = Callable[[Event, int | None], list[str] | None]
KINDS = {"containers": "containers", "initContainers": "init containers", "ephemeralContainers": "ephemeral containers"}


def indexed(name: str, description: str, extract: Listing) -> FieldInfo:
    """Return a field of lists that an index narrows to one item of the first list on its way."""

    def bind(argument: str | None) -> Extractor:
        index = index_of(argument)
        return lambda event: extract(event, index)

    return FieldInfo(name=name, description=description, bind=bind, is_list=True, argument="index")


def gathered(name: str, description: str, *keys: str) -> FieldInfo:
    """Return an indexed field of the texts found along keys of the request body."""
    return indexed(name, description, lambda event, index: texts_through(event, REQUEST, keys, index))


def _asked(question: Callable[[Tree, int | None], list[str] | None]) -> Listing:
    """Return a listing that asks a question of the request's tree."""
    return lambda event, index: read(event, REQUEST, lambda tree: question(tree, index))


def _every_text(tree: Tree, keys: Sequence[str], index: int | None) -> list[str] | None:
    """Return all texts; None as soon as one item has none (Falco)."""
    found = collect(tree, keys, index)
    return None if found is None or MISSING in found else present(tree, found)


def _images(event: Event, kind: str, index: int | None) -> list[str] | None:
    return read(event, REQUEST, lambda tree: _every_text(tree, ("spec", kind, "image"), index))


def _repositories(event: Event, kind: str, index: int | None) -> list[str] | None:
    """Return the images up to their first colon or at sign, so a registry's port ends them (Falco)."""
    images = _images(event, kind, index)
    return images and [image.partition(":")[0].partition("@")[0] for image in images]


def _lists(tree: Tree, keys: Sequence[str], index: int | None) -> list[list[Any]]:
    """Return the lists found along keys; none at all as soon as one of them is something else (Falco)."""
    found = [tree.open(value) for value in collect(tree, keys, index) or () if value is not MISSING]
    return found if all(isinstance(value, list) for value in found) else []


def _joined(*keys: str) -> Listing:
    """Join the words of each list by blanks; None as soon as one word is no text (Falco)."""

    def question(tree: Tree, index: int | None) -> list[str] | None:
        lists = _lists(tree, keys, index)
        if not all(tree.is_text(word) for words in lists for word in words):
            return None
        return [" ".join(map(tree.text, words)) for words in lists] or None

    return _asked(question)


def _host_ports(kind: str) -> Listing:
    """Read each port's hostPort, else its containerPort, which is the host's under hostNetwork (Falco)."""

    def question(tree: Tree, index: int | None) -> list[str] | None:
        ports = (tree.open(port) for ports in _lists(tree, ("spec", kind, "ports"), index) for port in ports)
        return [tree.text(number) for port in ports for number in _number(port)] or None

    return _asked(question)


def _number(port: Any) -> Iterable[Any]:
    for key in ("hostPort", "containerPort"):
        if isinstance(port, dict) and key in port:
            yield port[key]
            return


def _effective(kind: str, key: str) -> Listing:
    """Read an id from the container itself, else from the spec itself, else "0".

    The real place is the securityContext, so this is "0" for every real container; rules written for Falco count on
    it. The fields run_as_user and run_as_group tell the real ids.
    """

    def question(tree: Tree, index: int | None) -> list[str] | None:
        found = collect(tree, ("spec", kind, key), index)
        if not found:
            return None
        of_pod = find(tree, ("spec", key))
        default = "0" if of_pod is MISSING else tree.text(of_pod)
        return [default if value is MISSING else tree.text(value) for value in found]

    return _asked(question)


def _container_fields(kind: str, label: str) -> Iterable[FieldInfo]:
    prefix = f"ka.req.pod.{kind}"
    base = ("spec", kind)
    context = (*base, "securityContext")
    yield indexed(
        f"{prefix}.name", f"names of the {label}", _asked(lambda tree, index: _every_text(tree, (*base, "name"), index))
    )
    yield indexed(f"{prefix}.image", f"images of the {label}", lambda event, index: _images(event, kind, index))
    yield indexed(
        f"{prefix}.image.repository",
        f"images of the {label} up to the first colon",
        lambda event, index: _repositories(event, kind, index),
    )
    yield indexed(f"{prefix}.command", f"commands of the {label}, words joined by blanks", _joined(*base, "command"))
    yield indexed(f"{prefix}.args", f"arguments of the {label}, words joined by blanks", _joined(*base, "args"))
    yield indexed(
        f"{prefix}.host_port",
        f"ports of the {label} on the host, container ports where none is named",
        _host_ports(kind),
    )
    for name, key, what in _CONTEXT:
        yield gathered(f"{prefix}.{name}", f"{what} of the {label} that set it", *context, *key)
    for name, identity in (("user", "runAsUser"), ("group", "runAsGroup")):
        yield indexed(
            f"{prefix}.eff_run_as_{name}",
            f"{identity} of the {label} as Falco reads it: beside the securityContext, so mostly 0",
            _effective(kind, identity),
        )


_CONTEXT = (
    ("privileged", ("privileged",), "the privileged flags"),
    ("allow_privilege_escalation", ("allowPrivilegeEscalation",), "the allowPrivilegeEscalation flags"),
    ("read_only_fs", ("readOnlyRootFilesystem",), "the readOnlyRootFilesystem flags"),
    ("run_as_user", ("runAsUser",), "the uids"),
    ("run_as_group", ("runAsGroup",), "the gids"),
    ("proc_mount", ("procMount",), "the procMount types"),
    ("add_capabilities", ("capabilities", "add"), "the lists of added capabilities (each one JSON text)"),
)


def _first(listing: Callable[[Event, str, int | None], list[str] | None]) -> Extractor:
    return lambda event: (found := listing(event, "containers", 0)) and found[0]


def _any_privileged(event: Event) -> str | None:
    found = collect(Plain(event.request), ("spec", "containers", "securityContext", "privileged"))
    return None if found is None else "true" if any(value is True for value in found) else "false"


def _pod_name(event: Event) -> str | None:
    target = event.head.object_ref
    if target is None or target.resource != "pods" or target.subresource:
        return None
    return text_at(event, RESPONSE, ("metadata", "name"))


def _volume_types(event: Event, index: int | None) -> list[str] | None:
    volumes = collect(Plain(event.request), ("spec", "volumes", ""), index) or ()
    return [key for volume in volumes if isinstance(volume, dict) for key in volume if key != "name"] or None


def _has_host_path(argument: str | None) -> Extractor:
    path = argument or ""

    def fits(found: str) -> bool:
        return found == path or (path.endswith("*") and found.startswith(path[:-1]))

    def question(tree: Tree) -> str | None:
        paths = collect(tree, ("spec", "volumes", "hostPath", "path"))
        if paths is None:
            return None
        return "true" if any(map(fits, present(tree, paths) or ())) else "false"

    def extract(event: Event) -> str | None:
        return read(event, REQUEST, question)

    return extract


_SPEC = ("spec", "securityContext")

POD_FIELDS = (
    *(field for kind, label in KINDS.items() for field in _container_fields(kind, label)),
    plain("ka.req.container.image", "image of the first container (old name)", _first(_images)),
    plain("ka.req.container.image.repository", "that image up to the first colon (old name)", _first(_repositories)),
    plain("ka.req.container.privileged", "true if a container is privileged, else false (old name)", _any_privileged),
    in_request("ka.req.container.host_network", "the pod's hostNetwork flag (old name)", "spec", "hostNetwork"),
    in_request("ka.req.pod.host_ipc", "the pod's hostIPC flag", "spec", "hostIPC"),
    in_request("ka.req.pod.host_network", "the pod's hostNetwork flag", "spec", "hostNetwork"),
    in_request("ka.req.pod.host_pid", "the pod's hostPID flag", "spec", "hostPID"),
    in_request("ka.req.pod.run_as_user", "uid that the pod's security context sets", *_SPEC, "runAsUser"),
    in_request("ka.req.pod.run_as_group", "gid that the pod's security context sets", *_SPEC, "runAsGroup"),
    in_request("ka.req.pod.fs_group", "fsGroup that the pod's security context sets", *_SPEC, "fsGroup"),
    FieldInfo(
        name="ka.req.pod.supplemental_groups",
        description="supplementalGroups that the pod's security context sets",
        bind=lambda _: lambda event: list_at(event, REQUEST, (*_SPEC, "supplementalGroups")),
        is_list=True,
    ),
    gathered(
        "ka.req.pod.volumes.hostpath", "paths on the host that volumes mount", "spec", "volumes", "hostPath", "path"
    ),
    gathered(
        "ka.req.pod.volumes.flexvolume_driver", "drivers of flexVolumes", "spec", "volumes", "flexVolume", "driver"
    ),
    indexed("ka.req.pod.volumes.volume_type", "types of the volumes, such as hostPath", _volume_types),
    FieldInfo(
        name="ka.req.volume.hostpath",
        description="true if a volume mounts this path of the host (a last * stands for any rest), else false",
        bind=_has_host_path,
        argument="key",
        required=True,
    ),
    plain("ka.target.pod.name", "name that the response gives the pod", _pod_name),
)
