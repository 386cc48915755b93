"""The file source: follows audit logs through rotation, restarts and whatever else happens to files."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec

from lanner.audit.batch import Batch, Checkpoint
from lanner.sources.file_chain import folder_and_base, members
from lanner.sources.file_discover import MAX_LOGS, LogName, discover, is_folder
from lanner.sources.file_log import LogFollower
from lanner.sources.file_settings import FileSettings
from lanner.sources.file_state import LogState, load, save
from lanner.sources.file_watch import Watcher
from lanner.sources.source import Emit, Note

__all__ = ["FileSettings", "FileSource"]


class FileSource:
    """Follows the logs that the settings name; one run at a time."""

    def __init__(self, settings: FileSettings, note: Note) -> None:
        self.settings, self.id, self._note = settings, settings.source_id, note
        self._logs: dict[str, LogFollower] = {}
        self._saved: dict[str, object] = {}
        self._trouble = ""

    def run(self, checkpoint: Checkpoint | None, emit: Emit, stop: threading.Event) -> None:
        """Follow until `stop`; a log without a checkpoint begins as `start` says, one that appears later at 0."""
        states = self._states(checkpoint)
        watcher = Watcher(self.settings.poll_seconds, self._note)
        try:
            known = states or {}
            self._refresh(known, watcher)
            self._keep_absent(known)
            if states is None and self.settings.start == "end":
                self._skip_to_end(emit)
            while not stop.is_set():
                if not self._round(emit, stop) and watcher.wait(stop):
                    self._refresh(known, watcher)
        finally:
            watcher.close()
            for log in self._logs.values():
                log.close()
            self._logs.clear()

    def _states(self, checkpoint: Checkpoint | None) -> dict[str, LogState] | None:
        if not checkpoint:
            return None
        try:
            return load(checkpoint)
        except ValueError as error:
            self._note(f"the checkpoint cannot be used ({error}); starting at the {self.settings.start}")
            return None

    def _refresh(self, states: dict[str, LogState], watcher: Watcher) -> None:
        """Take up logs that appeared, drop those that are gone, watch the folders of the rest."""
        named = {name.live: name for name in self._discovered()}
        for live in [live for live in self._logs if live not in named and self._gone(live)]:
            self._logs.pop(live).close()
            self._saved.pop(live, None)
        for live in [live for live in named if live not in self._logs]:
            state = states.pop(live, LogState())
            history = named[live].history
            self._logs[live] = LogFollower(live, self.settings, self._note, state=state, history=history)
            self._saved[live] = msgspec.to_builtins(state)
        watcher.folders(self._folders())

    def _keep_absent(self, states: dict[str, LogState]) -> None:
        """Keep the places of logs whose folder is missing (not mounted yet?); others that are gone are forgotten."""
        absent = {live: state for live, state in states.items() if not is_folder(str(Path(live).parent))}
        self._saved.update({live: msgspec.to_builtins(state) for live, state in list(absent.items())[:MAX_LOGS]})

    def _discovered(self) -> list[LogName]:
        try:
            found = discover(self.settings.path)
        except OSError as error:
            self._say_trouble(f"cannot look for logs in {error.filename}: {error.strerror}; trying again")
            return [LogName(live, history=False) for live in self._logs]
        self._say_trouble("")
        if len(found) > MAX_LOGS and len(self._logs) < MAX_LOGS:
            self._note(f"{self.settings.path}: names {len(found)} logs; only the first {MAX_LOGS} are followed")
        return found[:MAX_LOGS]

    def _say_trouble(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            self._note(trouble)
        self._trouble = trouble

    def _gone(self, live: str) -> bool:
        try:
            return not members(live)
        except OSError:
            return False

    def _folders(self) -> set[str]:
        """The folders of the logs, of links to them, and the configured one, where new logs appear."""
        path = Path(self.settings.path)
        folders = {str(path if is_folder(str(path)) else path.parent)}
        for live in self._logs:
            folders |= {str(Path(live).parent), folder_and_base(live)[0]}
        return folders

    def _skip_to_end(self, emit: Emit) -> None:
        """Skip what is there, and fix that place by an empty batch, so that a restart begins there too."""
        skipped = [log for log in self._logs.values() if log.skip_to_end()]
        if skipped:
            empty = Batch(source=self.id, origin=self.settings.path, lines=[], offsets=[], checkpoint={})
            for log in skipped:
                self._stamp(empty, log)
            emit(empty)

    def _round(self, emit: Emit, stop: threading.Event) -> bool:
        """Give each log one turn; say whether any had something."""
        busy = False
        for log in self._logs.values():
            if not stop.is_set() and (batch := log.next()):
                busy = True
                emit(self._stamp(batch, log))
        return busy

    def _stamp(self, batch: Batch, log: LogFollower) -> Batch:
        self._saved[log.live] = msgspec.to_builtins(log.state)
        batch.checkpoint = save(dict(self._saved))
        return batch
