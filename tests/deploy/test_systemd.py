"""The systemd unit: systemd itself verifies it, and what it promises of rights and folders."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "systemd" / "lanner.service"
LEAST_EXPOSURE = 2.0


@pytest.fixture(scope="module")
def service():
    """Returns the [Service] section; a key that is given twice keeps its last value here."""
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str
    parser.read(UNIT)
    return parser["Service"]


@pytest.fixture
def analyze():
    program = shutil.which("systemd-analyze") or pytest.skip("systemd-analyze is not installed")

    def run(*arguments):
        done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    return run


def test_systemd_has_nothing_to_say(analyze, tmp_path):
    """Verified with a program that exists here in place of /opt/lanner/bin/lanner."""
    file = tmp_path / UNIT.name
    file.write_text(UNIT.read_text().replace("/opt/lanner/bin/lanner", "/bin/true"))
    assert analyze("verify", "--man=no", str(file)) == (0, "")


def test_exposure_is_low(analyze):
    """systemd's own score, 0 (locked in) to 10 (free); the network is what is left."""
    code, said = analyze("security", "--offline=true", "--no-pager", str(UNIT))
    if code and "Unknown" in said:
        pytest.skip("this systemd-analyze does not judge files")
    score = re.search(r"exposure level for lanner.service: ([0-9.]+)", said)
    assert score, said
    assert float(score[1]) <= LEAST_EXPOSURE


def test_it_runs_as_a_user_without_capabilities(service):
    assert service["User"] == "lanner"
    assert service["CapabilityBoundingSet"] == ""
    assert service["NoNewPrivileges"] == "true"


def test_the_disk_is_read_only_but_for_its_data(service):
    assert service["ProtectSystem"] == "strict"
    assert service["ReadOnlyPaths"] == "-/var/log/kubernetes"
    assert service["StateDirectory"] == "lanner"
    assert service["Environment"] == "LANNER_DATA=/var/lib/lanner"


def test_reload_is_sighup_and_a_fall_is_a_restart(service):
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert service["Restart"] == "on-failure"
    assert service["KillMode"] == "mixed"


def test_there_is_more_time_to_end_than_the_parts_take(service):
    """The supervisor ends its parts one after the other, each with a limit of its own."""
    from lanner.pipeline.supervisor import STOP_SECONDS

    chart = (ROOT / "deploy" / "helm" / "lanner" / "values.yaml").read_text()
    grace = re.search(r"terminationGracePeriodSeconds: ([0-9]+)", chart)
    assert grace
    assert sum(STOP_SECONDS.values()) < int(grace[1]) == int(service["TimeoutStopSec"].removesuffix("s"))


def test_the_program_is_told_what_the_image_is_told(service):
    """One way to start lanner everywhere."""
    assert service["ExecStart"] == "/opt/lanner/bin/lanner run -c /etc/lanner/lanner.yaml"
