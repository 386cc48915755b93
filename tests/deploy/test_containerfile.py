"""The Containerfile: what it is built from, what it runs as, and that the files that it copies are there."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy" / "Containerfile"
KNOWN = {
    "FROM", "WORKDIR", "COPY", "RUN", "LABEL", "ENV", "VOLUME", "USER",
    "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD",
}  # fmt: skip
BASE = "python:3.11-slim"


def stages() -> list[list[tuple[str, str]]]:
    """Read the instructions of each stage: comments dropped, continued lines joined, as Docker's reference has it."""
    text = re.sub(r"^\s*#.*\n", "", FILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    found: list[list[tuple[str, str]]] = []
    for line in filter(str.strip, text.splitlines()):
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest.strip()))
    return found


BUILD, IMAGE = stages()


def values(stage: list[tuple[str, str]], word: str) -> list[str]:
    return [rest for name, rest in stage if name == word]


def test_only_known_instructions_are_used():
    """ADD, which fetches and unpacks by itself, is not among them."""
    assert {word for stage in (BUILD, IMAGE) for word, _ in stage} <= KNOWN


def test_both_stages_start_from_the_same_base():
    assert values(BUILD, "FROM") == [f"{BASE} AS build"]
    assert values(IMAGE, "FROM") == [BASE]


def test_nothing_is_fetched_but_locked_packages():
    """pip installs wheels by hash, or without an index; no address stands anywhere in the file."""
    installs = [command for step in values(BUILD, "RUN") for command in step.split("&&") if " install " in command]
    for command in installs:
        words = set(shlex.split(command))
        assert words >= {"--require-hashes", "--only-binary=:all:"} or words >= {"--no-index", "--no-deps"}
    assert len(installs) == 2
    assert "://" not in FILE.read_text()
    assert not re.search(r"\b(curl|wget|git|apt-get|apt)\b", " ".join(values(BUILD, "RUN") + values(IMAGE, "RUN")))


def test_every_locked_package_has_a_hash():
    text = (ROOT / "requirements" / "run.txt").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert lines
    assert [line for line in lines if "==" not in line or "--hash=sha256:" not in line] == []


def test_what_is_copied_exists_and_the_build_context_lets_it_through():
    ignore = (FILE.parent / "Containerfile.dockerignore").read_text().split()
    copied = [source for rest in values(BUILD, "COPY") for source in rest.split()[:-1]]
    for source in copied:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in ignore
    assert ignore[0] == "*"


def test_the_image_runs_as_a_fixed_user_that_is_not_root():
    (user,) = values(IMAGE, "USER")
    (accounts,) = values(IMAGE, "RUN")
    after = [word for word, _ in IMAGE[IMAGE.index(("USER", user)) :]]
    assert user == "65532:65532"
    assert "--gid 65532" in accounts
    assert "--uid 65532" in accounts
    assert not {"RUN", "COPY", "USER"} & set(after[1:])


def test_the_chart_runs_as_the_images_user():
    chart = (ROOT / "deploy" / "helm" / "lanner" / "values.yaml").read_text()
    assert "runAsUser: 65532" in chart
    assert "runAsGroup: 65532" in chart


def test_lanner_is_what_starts_and_its_data_is_a_volume():
    assert json.loads(values(IMAGE, "ENTRYPOINT")[0]) == ["lanner"]
    assert json.loads(values(IMAGE, "CMD")[0]) == ["run", "-c", "/etc/lanner/lanner.yaml"]
    assert json.loads(values(IMAGE, "VOLUME")[0]) == ["/var/lib/lanner", "/tmp"]
    assert "LANNER_DATA=/var/lib/lanner" in values(IMAGE, "ENV")[0]


@pytest.mark.parametrize(("code", "healthy"), [(200, True), (503, False)])
def test_the_health_check_asks_the_page(page, code, healthy):
    port, answer, ask = page
    (check,) = values(IMAGE, "HEALTHCHECK")
    command = json.loads(check.partition("CMD ")[2].replace("8765", str(port)))
    answer(code)
    assert (ask(command) == 0) is healthy
