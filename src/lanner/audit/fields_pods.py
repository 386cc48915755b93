"""Fields of a pod in the request body: its containers of three kinds, its security context and its volumes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lanner.audit.event import Event
from lanner.audit.fieldinfo import Extractor, FieldInfo, in_request, index_of, plain, text_at, texts_at
from lanner.audit.pointer import MISSING, collect, text_of, texts_of

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
    return indexed(name, description, lambda event, index: texts_of(collect(event.request, keys, index)))


def _images(event: Event, kind: str, index: int | None) -> list[str] | None:
    """Return all images; None as soon as one container has none (Falco)."""
    found = collect(event.request, ("spec", kind, "image"), index)
    return None if found is None or MISSING in found else texts_of(found)


def _repositories(event: Event, kind: str, index: int | None) -> list[str] | None:
    """Return the images up to their first colon or at sign, so a registry's port ends them (Falco)."""
    images = _images(event, kind, index)
    return images and [image.partition(":")[0].partition("@")[0] for image in images]


def _joined(keys: Sequence[str]) -> Listing:
    def extract(event: Event, index: int | None) -> list[str] | None:
        found = collect(event.request, keys, index) or ()
        return [_words(value) for value in found if value is not MISSING] or None

    return extract


def _words(value: Any) -> str:
    return " ".join(map(text_of, value)) if isinstance(value, list) else text_of(value)


def _host_ports(event: Event, kind: str, index: int | None) -> list[str] | None:
    """Return each port's hostPort, else its containerPort, which is the host's under hostNetwork (Falco)."""
    found = collect(event.request, ("spec", kind, "ports"), index) or ()
    lists = [ports for ports in found if ports is not MISSING]
    if not all(isinstance(ports, list) for ports in lists):
        return None
    return [text_of(port) for ports in lists for port in _ports(ports)] or None


def _ports(ports: list[Any]) -> Iterable[Any]:
    for port in ports:
        if isinstance(port, dict) and not port.keys().isdisjoint(("hostPort", "containerPort")):
            yield port["hostPort"] if "hostPort" in port else port["containerPort"]


def _effective(kind: str, key: str) -> Listing:
    """Read an id from the container itself, else from the spec itself, else "0".

    The real place is the securityContext, so this is "0" for every real container; rules written for Falco count on
    it. The fields run_as_user and run_as_group tell the real ids.
    """

    def extract(event: Event, index: int | None) -> list[str] | None:
        found = collect(event.request, ("spec", kind, key), index)
        if not found:
            return None
        default = text_at(event.request, ("spec", key)) or "0"
        return [default if value is MISSING else text_of(value) for value in found]

    return extract


def _container_fields(kind: str, label: str) -> Iterable[FieldInfo]:
    prefix = f"ka.req.pod.{kind}"
    base = ("spec", kind)
    context = (*base, "securityContext")
    yield gathered(f"{prefix}.name", f"names of the {label}", *base, "name")
    yield indexed(f"{prefix}.image", f"images of the {label}", lambda event, index: _images(event, kind, index))
    yield indexed(
        f"{prefix}.image.repository",
        f"images of the {label} up to the first colon",
        lambda event, index: _repositories(event, kind, index),
    )
    yield indexed(f"{prefix}.command", f"commands of the {label}, words joined by blanks", _joined((*base, "command")))
    yield indexed(f"{prefix}.args", f"arguments of the {label}, words joined by blanks", _joined((*base, "args")))
    yield indexed(
        f"{prefix}.host_port",
        f"ports of the {label} on the host, container ports where none is named",
        lambda event, index: _host_ports(event, kind, index),
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
    found = collect(event.request, ("spec", "containers", "securityContext", "privileged"))
    return None if found is None else "true" if True in found else "false"


def _pod_name(event: Event) -> str | None:
    target = event.head.object_ref
    if target is None or target.resource != "pods" or target.subresource is not None:
        return None
    return text_at(event.response, ("metadata", "name"))


def _volume_types(event: Event, index: int | None) -> list[str] | None:
    volumes = collect(event.request, ("spec", "volumes"))
    items = volumes[0] if volumes and isinstance(volumes[0], list) else []
    chosen = items if index is None else items[index : index + 1]
    return [key for volume in chosen if isinstance(volume, dict) for key in volume if key != "name"] or None


def _has_host_path(argument: str | None) -> Extractor:
    path = argument or ""

    def fits(found: str) -> bool:
        return found == path or (path.endswith("*") and found.startswith(path[:-1]))

    def extract(event: Event) -> str | None:
        paths = collect(event.request, ("spec", "volumes", "hostPath", "path"))
        if paths is None:
            return None
        return "true" if any(fits(found) for found in texts_of(paths) or ()) else "false"

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
        bind=lambda _: lambda event: texts_at(event.request, (*_SPEC, "supplementalGroups")),
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
