"""Makes relative paths in settings count from the folder of the settings file."""

from __future__ import annotations

import typing
from pathlib import Path
from typing import Any, TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)


def resolve(settings: S, folder: Path) -> S:
    """Return the settings with every PathText made absolute; empty ones stay empty."""
    hints = typing.get_type_hints(type(settings), include_extras=True)
    changes = {name: _resolved(getattr(settings, name), hints[name], folder) for name in settings.__struct_fields__}
    return msgspec.structs.replace(settings, **changes)


def _resolved(value: Any, hint: Any, folder: Path) -> Any:
    if isinstance(value, msgspec.Struct):
        return resolve(value, folder)
    if isinstance(value, (tuple, list)):
        return type(value)(_resolved(item, _item_hint(hint), folder) for item in value)
    if isinstance(value, str) and value and is_path(hint):
        return str(folder / Path(value).expanduser())
    return value


def is_path(hint: Any) -> bool:
    """Tell whether an annotation is PathText."""
    return any((getattr(extra, "extra", None) or {}).get("path") for extra in getattr(hint, "__metadata__", ()))


def _item_hint(hint: Any) -> Any:
    inner = typing.get_args(hint)[0] if hasattr(hint, "__metadata__") else hint
    return next(iter(typing.get_args(inner)), None)
