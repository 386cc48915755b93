"""The rules that settings name: lanner's own content, then the user's files, then what is switched on and off."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import msgspec

from lanner import content
from lanner.config.typed import nearest
from lanner.errors import GroundError, UsageError
from lanner.rules.correlation.chains import enabled_only
from lanner.rules.correlation.model import Correlation
from lanner.rules.loading import LoadedRules, load_files, rule_files
from lanner.rules.ruleset import Rule
from lanner.settings.model import RulesSettings, Selection, Target

R = TypeVar("R", Rule, Correlation)
Signature = tuple[tuple[str, int, int], ...]


def rule_paths(settings: RulesSettings) -> list[Path]:
    """List files and folders in the order they load."""
    own = [content.FOLDER] if settings.content else []
    return own + [Path(name) for name in settings.files]


def load_rules(settings: RulesSettings) -> LoadedRules:
    """Load all rules; raises UsageError that lists every mistake, GroundError for unreadable files."""
    loaded = load_files(rule_paths(settings), list(map(Path, settings.pipelines))).require()
    loaded.rules = [_selected(rule, settings.select) for rule in loaded.rules]
    loaded.correlations = [_selected(correlation, settings.select) for correlation in loaded.correlations]
    return loaded


def load_named(settings: RulesSettings, names: Iterable[str]) -> tuple[list[Rule], list[Correlation]]:
    """Load rules and correlations by name, enabled whatever they say; raises UsageError for an unknown name."""
    loaded = load_rules(settings)
    wanted = set(names)
    rules = [msgspec.structs.replace(each, enabled=True) for each in loaded.rules if each.name in wanted]
    correlations = enabled_only(loaded.correlations, wanted)
    known = [each.name for each in loaded.rules] + [each.name for each in loaded.correlations]
    unknown = sorted(wanted.difference(known))
    if unknown:
        raise UsageError(f"there is no rule or correlation '{unknown[0]}'{nearest(unknown[0], known)}")
    return rules, correlations


def _selected(rule: R, selections: Iterable[Selection]) -> R:
    enabled = rule.enabled
    for selection in selections:
        if selection.enable is not None and _names(selection.enable, rule):
            enabled = True
        elif selection.disable is not None and _names(selection.disable, rule):
            enabled = False
    return rule if enabled == rule.enabled else msgspec.structs.replace(rule, enabled=enabled)


def _names(target: Target, rule: Rule | Correlation) -> bool:
    return target.tag in rule.tags if target.tag else fnmatch.fnmatchcase(rule.name, target.rule)


def signature(settings: RulesSettings) -> Signature:
    """Return what changes whenever a rule file does; empty while the files cannot be listed."""
    try:
        watched = [*rule_files(rule_paths(settings)), *map(Path, settings.pipelines)]
        stats = [(str(file), file.stat()) for file in watched]
    except (OSError, GroundError):
        return ()
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)
