"""Falco's keys about rules: which files, which rules of them, how they match."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from lanner.audit.event import SOURCE
from lanner.rules.ruleset import PRIORITIES
from lanner.settings.falco.reader import Reader
from lanner.settings.hunts import Priority
from lanner.settings.model import Matching, RulesSettings, Selection, Target
from lanner.settings.notes import Note

_PRIORITIES = tuple(priority.lower() for priority in PRIORITIES)
_SELECTION_KNOWN = frozenset({"enable", "disable"})
_TARGET_KNOWN = frozenset({"rule", "tag"})


def rules_settings(root: Reader, folder: Path) -> tuple[RulesSettings, list[Note]]:
    """Return Falco's rules and matching; where the file names no rules, lanner's own, all that match.

    As in Falco, files and folders that are not there are passed over.
    """
    named = [*root.texts("rules_file"), *root.texts("rules_files")]
    files = [name for name in dict.fromkeys(named) if (folder / name).exists()]
    absent = [name for name in dict.fromkeys(named) if name not in files]
    notes = [Note("info", f"rule files that are not there are passed over: {', '.join(absent)}")] if absent else []
    select, select_notes = _select(root)
    settings = RulesSettings(
        files=tuple(files),
        content=not named,
        matching=_matching(root, "first" if named else "all"),
        priority=_priority(root),
        select=tuple(select),
        watch=root.flag("watch_config_files", default=True),
    )
    return settings, [*notes, *select_notes, *_append_notes(root)]


def _matching(root: Reader, default: Matching) -> Matching:
    word = root.text("rule_matching", default).lower() or default
    node = root.get("rule_matching")
    if word not in ("all", "first"):
        assert node is not None
        raise root.origins.error(node, f"rule_matching: '{word}' is neither first nor all")
    return cast(Matching, word)


def _priority(root: Reader) -> Priority:
    """Read the lowest priority; Falco takes any word that begins a priority's name, such as info or warn."""
    word = root.text("priority").lower() or "debug"
    found = next((name for name in _PRIORITIES if name.startswith(word)), None)
    if found is None:
        node = root.get("priority")
        assert node is not None
        raise root.origins.error(node, f"priority: '{word}' is none of {', '.join(_PRIORITIES)}")
    return cast(Priority, found)


def _select(root: Reader) -> tuple[list[Selection], list[Note]]:
    selections, notes = [], []
    for entry in root.sections("rules"):
        notes += entry.unknown(_SELECTION_KNOWN)
        for action in ("enable", "disable"):
            if action in entry:
                target = entry.section(action)
                notes += target.unknown(_TARGET_KNOWN)
                selections += _targets(target, action)
    return selections, notes


def _targets(target: Reader, action: str) -> list[Selection]:
    found = [Target(**{kind: target.text(kind)}) for kind in ("rule", "tag") if target.text(kind)]
    return [Selection(enable=one) if action == "enable" else Selection(disable=one) for one in found]


def _append_notes(root: Reader) -> list[Note]:
    """Warn only where something would have been added to alerts about audit events."""
    sources = [entry.section("match").text("source", SOURCE) for entry in root.sections("append_output")]
    if SOURCE not in sources:
        return []
    return [Note("warning", "append_output is not supported; alerts go without the added text and fields")]
