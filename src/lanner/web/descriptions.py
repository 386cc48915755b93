"""What the rules say about themselves: the description of each rule that the settings name, and what to do."""

from __future__ import annotations

import threading
import time
from importlib.resources import files
from pathlib import Path

from lanner.errors import LannerError
from lanner.rules.correlation.model import Correlation
from lanner.rules.guidance import Guidance, load_guidance
from lanner.rules.loading import load_files
from lanner.rules.ruleset import Rule
from lanner.settings.model import RulesSettings

REREAD_SECONDS = 30.0


class Descriptions:
    """Reads the rule files when first asked, and again when a rule is not known; rules that do not load have none."""

    def __init__(self, settings: RulesSettings) -> None:
        own = [Path(str(files("lanner") / "content"))] if settings.content else []
        self._files = [*own, *(Path(name) for name in settings.files)]
        self._pipelines = list(map(Path, settings.pipelines))
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}
        self._read = float("-inf")

    def of(self, rule: str) -> str:
        """Return a rule's description, empty when there is none; may read files."""
        with self._lock:
            if rule not in self._known and time.monotonic() - self._read > REREAD_SECONDS:
                self._known = self._load()
                self._read = time.monotonic()
            return self._known.get(rule, "")

    def _load(self) -> dict[str, str]:
        try:
            loaded = load_files(self._files, self._pipelines)
            every: list[Rule | Correlation] = [*loaded.rules, *loaded.correlations]
            guidance = load_guidance(self._files)
            return {each.name: _text(each.description, guidance.get(each.name)) for each in every}
        except (LannerError, OSError):
            return {}


def _text(description: str, guidance: Guidance | None) -> str:
    parts = [description]
    if guidance is not None and guidance.false_positives:
        parts.append(f"Harmless: {guidance.false_positives}")
    if guidance is not None and guidance.response:
        parts.append(f"What to do: {' '.join(guidance.response)}")
    return " ".join(" ".join(parts).split())
