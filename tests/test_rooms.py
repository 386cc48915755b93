"""The direction of data: which room may import which."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "lanner"
GROUND = {"errors", "config", "metrics"}
ALERT = "detect.alert"

# A room imports from itself, from the ground, and from what stands here; a dotted name allows that module alone.
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "config": set(),
    "metrics": set(),
    "audit": set(),
    "rules": {"audit"},
    "detect": {"audit", "rules"},
    "policy": {"audit", "rules"},
    "archive": {"audit", "rules"},
    "state": {"audit", ALERT},
    "sources": {"audit"},
    "outputs": {ALERT},
    "settings": {"audit", "rules", "detect", "policy", "archive", "state", "sources", "outputs"},
    "pipeline": {
        "audit",
        "rules",
        "detect",
        "archive",
        "state",
        "sources",
        "outputs",
        "settings",
        "policy",
        "web.server",
        "content",
    },
    "web": {"audit", "rules", "detect", "policy", "archive", "state", "settings"},
    "content": set(),
}
FREE = {"cli", "__init__"}
MODULES = sorted(SOURCE.rglob("*.py"))


def room_of(module: Path) -> str:
    return module.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(module: Path) -> set[str]:
    """Return the dotted names below lanner that a module imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{module}: imports are absolute"
    return {name.removeprefix("lanner.") for name in names if name.startswith("lanner.")}


def allowed(name: str, room: str) -> bool:
    own = name.split(".", maxsplit=1)[0]
    if own == room or own in GROUND or own == "__version__":
        return True
    return any(name == entry or name.startswith(entry + ".") for entry in ALLOWED[room])


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_room_imports_only_from_rooms_above_it(module):
    room = room_of(module)
    if room in FREE:
        return
    assert room in ALLOWED, f"{room} is no room of docs/architecture.md"
    assert [name for name in sorted(imported(module)) if not allowed(name, room)] == []


def test_every_room_is_in_the_architecture():
    text = (SOURCE.parents[1] / "docs" / "architecture.md").read_text()
    rooms = {room_of(module) for module in MODULES} - {"__init__"}
    assert [room for room in sorted(rooms) if f"`{room}`" not in text and f"`{room}/`" not in text] == []


def test_no_module_is_longer_than_500_lines():
    assert [str(module) for module in MODULES if len(module.read_text().splitlines()) > 500] == []


def test_no_module_has_a_name_that_says_nothing():
    vague = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [str(module) for module in MODULES if module.stem in vague or module.parent.name in vague] == []


def test_every_module_says_what_it_is_for():
    silent = [str(module) for module in MODULES if not ast.get_docstring(ast.parse(module.read_text()))]
    assert silent == []


def belongs(test: str, module: str) -> bool:
    return test == module or module.startswith(f"{test}_") or test.startswith(f"{module}_")


def test_every_test_module_has_its_module():
    """tests/a/test_b.py stands for src/lanner/a/b.py or for the room or family of modules that begins so."""
    tests = SOURCE.parents[1] / "tests"
    known = {path.relative_to(SOURCE).with_suffix("") for path in SOURCE.rglob("*.py")}
    strangers = []
    for test in tests.rglob("test_*.py"):
        place = test.relative_to(tests)
        if place.parts[0] in ("deploy", "docs", "content", "live") or len(place.parts) == 1:
            continue
        name = place.parent / place.stem.removeprefix("test_")
        if not any(belongs(str(name), str(path)) for path in known):
            strangers.append(str(place))
    assert strangers == []
