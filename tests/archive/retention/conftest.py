"""An archive that is sealed, with ways to add rows of an age and to look at what is left."""

import datetime as dt
import json

import pytest

from lanner.archive.export import export_lines
from lanner.archive.row import Row
from lanner.archive.seals.keys import public_key
from lanner.archive.seals.verify import verify
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)


class Shelf:
    """An archive at the time `now`."""

    def __init__(self, folder):
        self.archive = Archive.open(ArchiveSettings(), folder)
        self.now = NOW

    def add(self, *events, cluster=None):
        """Append events: (number, age in days, namespace)."""
        self.archive.append([self._row(*event, cluster) for event in events])

    def _row(self, number, age, namespace, cluster):
        moment = self.now - dt.timedelta(days=age)
        text = (
            f'{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"{number}",'
            f'"stage":"ResponseComplete","requestURI":"/x","verb":"get","user":{{"username":"u"}},'
            f'"objectRef":{{"resource":"pods","namespace":"{namespace}"}},'
            f'"requestReceivedTimestamp":"{moment:%Y-%m-%dT%H:%M:%S.%f}Z",'
            f'"stageTimestamp":"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"}}'
        )
        taken = int(moment.timestamp() * 1_000_000)
        return Row(raw=text.encode(), source="s", ordinal=number, ingested=taken, cluster=cluster)

    def left(self):
        """The numbers of the events that the archive still gives."""
        return sorted(int(json.loads(line)["auditID"]) for line in export_lines(self.archive))

    def findings(self):
        """What verification finds, notes included."""
        report = verify(self.archive, [public_key(self.archive.folder / "seals" / "seal.pub")])
        return [finding.message for finding in report.findings]

    def stored(self):
        """The data files on the disk."""
        return sorted(path.name for path in self.archive.folder.rglob("*.parquet"))


@pytest.fixture
def shelf(tmp_path):
    opened = Shelf(tmp_path / "archive")
    yield opened
    opened.archive.close()
