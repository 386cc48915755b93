"""From the append of an exec event's line to its alert on stdout, through a whole `lanner run`.

A writer appends the shipped log at a steady rate as background and, every few milliseconds, an exec into kube-system;
the time from just before that write to the arrival of the alert's line is one try. With --webhook the exec is posted to
the webhook instead, alone in its batch, from just before the request. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx

from lanner.sources.history import read_lines

ROOT = Path(__file__).parents[1]
LOG = ROOT / "examples" / "audit.jsonl.zst"
EXEC = (
    '{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"%s","stage":"ResponseStarted",'
    '"requestURI":"/api/v1/namespaces/kube-system/pods/etcd-0/exec?command=sh\\u0026stdin=true","verb":"create",'
    '"user":{"username":"eve@example.com","groups":["system:authenticated"]},"sourceIPs":["203.0.113.9"],'
    '"userAgent":"kubectl/v1.36.3","objectRef":{"resource":"pods","namespace":"kube-system","name":"etcd-0",'
    '"apiVersion":"v1","subresource":"exec"},"responseStatus":{"metadata":{},"code":101},'
    '"requestReceivedTimestamp":"2026-01-01T00:00:00.000000Z","stageTimestamp":"2026-01-01T00:00:00.000000Z",'
    '"annotations":{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":""}}'
)


def settings(folder: Path, *, archive: bool, web: bool) -> Path:
    path = folder / "lanner.yaml"
    path.write_text(
        f"""
data: {folder}/data
log_level: warning
sources: [{{type: file, path: {folder}/audit.log}}, {{type: webhook, listen: "127.0.0.1:18766"}}]
outputs: [{{type: stdout, format: json}}]
archive: {{enabled: {str(archive).lower()}}}
web: {{enabled: {str(web).lower()}, listen: "127.0.0.1:18765"}}
"""
    )
    return path


def read_alerts(process: subprocess.Popen[bytes], seen: queue.Queue[tuple[str, float]]) -> None:
    for line in process.stdout:
        now = time.perf_counter()
        audit_id = json.loads(line)["lanner"]["audit_id"]
        if audit_id.startswith("try-"):
            seen.put((audit_id, now))


class Log:
    """Sends an event by appending it to the log."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)

    def send(self, event: bytes) -> None:
        self._file.write(event + b"\n")


class Webhook:
    """Sends an event as kube-apiserver's webhook backend does, in a list of one."""

    def __init__(self) -> None:
        self._client = httpx.Client(base_url="http://127.0.0.1:18766", trust_env=False)

    def send(self, event: bytes) -> None:
        body = b'{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[' + event + b"]}"
        # A thread of its own: the answer waits for the disk, the next event does not.
        threading.Thread(target=self._post, args=(body,), daemon=True).start()

    def _post(self, body: bytes) -> None:
        self._client.post("/k8s-audit", content=body, headers={"Content-Type": "application/json"})


def measure(tries: int, rate: float, *, archive: bool, web: bool, webhook: bool) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="lanner-bench-") as name:
        folder = Path(name)
        log = folder / "audit.log"
        log.touch()
        command = [
            str(Path(sys.executable).with_name("lanner")),
            "run",
            "-c",
            str(settings(folder, archive=archive, web=web)),
        ]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        seen: queue.Queue[tuple[str, float]] = queue.Queue()
        threading.Thread(target=read_alerts, args=(process, seen), daemon=True).start()
        try:
            file = Log(log)
            warm_up(file, seen)
            sender = Webhook() if webhook else file
            if webhook:
                warm_up(sender, seen)
            return {"source": "webhook" if webhook else "file"} | run(file, sender, seen, tries, rate)
        finally:
            process.terminate()
            process.wait(60)


def run(
    file: Log, sender: Log | Webhook, seen: queue.Queue[tuple[str, float]], tries: int, rate: float
) -> dict[str, object]:
    background = [line.data for line in read_lines(LOG)]
    sent: dict[str, float] = {}
    began = time.perf_counter()
    written = 0
    for number in range(tries):
        due = began + (number + 1) * 10 / rate
        # Nine background events, then the exec, evenly spread over the time of ten.
        for step in range(9):
            sleep_until(due - (9 - step) / rate)
            file.send(background[written % len(background)])
            written += 1
        sleep_until(due)
        audit_id = f"try-{number}"
        event = (EXEC % audit_id).encode()
        sent[audit_id] = time.perf_counter()
        sender.send(event)
    elapsed = time.perf_counter() - began
    took: dict[str, float] = {}
    while len(took) < tries:
        audit_id, arrived = seen.get(timeout=30)
        if audit_id in sent:
            took[audit_id] = (arrived - sent[audit_id]) * 1000
    ordered = sorted(took.values())
    return {
        "tries": tries,
        "events_per_second": round(tries * 10 / elapsed),
        "p50_ms": round(ordered[len(ordered) // 2], 2),
        "p90_ms": round(ordered[int(len(ordered) * 0.9)], 2),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)], 2),
        "max_ms": round(ordered[-1], 2),
    }


def warm_up(sender: Log | Webhook, seen: queue.Queue[tuple[str, float]]) -> None:
    for number in range(300):
        sender.send((EXEC % f"try-warm-{type(sender).__name__}-{number}").encode())
        try:
            seen.get(timeout=0.1)
        except queue.Empty:
            continue
        if number > 20:
            return


def sleep_until(moment: float) -> None:
    wait = moment - time.perf_counter()
    if wait > 0:
        time.sleep(wait)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=1000.0, help="events a second, background included")
    parser.add_argument("--no-archive", action="store_true")
    parser.add_argument("--no-web", action="store_true")
    parser.add_argument("--webhook", action="store_true", help="post the exec events instead of appending them")
    asked = parser.parse_args()
    options = {"archive": not asked.no_archive, "web": not asked.no_web, "webhook": asked.webhook}
    print(json.dumps(measure(asked.tries, asked.rate, **options)))


if __name__ == "__main__":
    main()
