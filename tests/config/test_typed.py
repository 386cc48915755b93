"""Conversion of YAML to settings names the place and the nearest word."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from msgspec import Meta

from lanner.config.typed import Settings, convert, nearest
from lanner.config.yamltext import compose
from lanner.errors import SourceError


class Cat(Settings, tag="cat", tag_field="type"):
    lives: Annotated[int, Meta(ge=1)] = 9


class Dog(Settings, tag="dog", tag_field="type", kw_only=True):
    name: str
    tricks: tuple[Literal["sit", "roll"], ...] = ()


class Collar(Settings):
    color: str = "red"


class Home(Settings):
    pets: tuple[Cat | Dog, ...] = ()
    size: Literal["small", "large"] = "small"
    collar: Collar | None = None
    labels: dict[str, int] | None = None


def test_a_full_text_converts() -> None:
    text = "pets:\n  - type: cat\n  - {type: dog, name: Rex, tricks: [sit]}\nsize: large\nlabels: {a: 1}\n"
    assert convert(compose(text)[0], Home) == Home(
        pets=(Cat(), Dog(name="Rex", tricks=("sit",))), size="large", labels={"a": 1}
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("sise: small", "f:1:1: unknown key 'sise'; did you mean 'size'?"),
        ("zzz: 1", "f:1:1: unknown key 'zzz'; known here: collar, labels, pets, size"),
        ("size: smal", "f:1:7: size: Invalid enum value 'smal'; did you mean 'small'?"),
        ("pets:\n  - type: cta", "f:2:11: pets[0].type: Invalid value 'cta'; did you mean 'cat'?"),
        ("pets:\n  - type: cat\n    live: 1", "f:3:5: unknown key 'live'; did you mean 'lives'?"),
        ("pets:\n  - type: cat\n    lives: 0", "f:3:12: pets[0].lives: Expected `int` >= 1"),
        ("pets:\n  - type: dog", "f:2:5: pets[0]: Object missing required field `name`"),
        (
            "pets:\n- type: dog\n  name: x\n  tricks: [rol]",
            "f:4:12: pets[0].tricks[0]: Invalid enum value 'rol'; did you mean 'roll'?",
        ),
        ("collar:\n  colour: red", "f:2:3: unknown key 'colour'; did you mean 'color'?"),
        ("size: small\nsize: large", "f:2:1: the key 'size' is given twice; keep one"),
        ("pets:\n  - type: cat\n    type: dog", "f:3:5: the key 'type' is given twice; keep one"),
        ("- 1", "f:1:1: Expected `object`, got `array`"),
        ("labels: {a: x}", "f:1:9: labels[...]: Expected `int`, got `str`"),
    ],
)
def test_errors_name_place_and_fix(text: str, error: str) -> None:
    with pytest.raises(SourceError) as caught:
        convert(compose(text)[0], Home, file="f")
    assert str(caught.value) == error


def test_nothing_known_gives_no_hint() -> None:
    assert nearest("word", []) == ""


def test_settings_are_frozen_and_keyword_only_in_subclasses() -> None:
    with pytest.raises(AttributeError):
        Cat().lives = 1  # type: ignore[misc] # that it is refused is the point
    with pytest.raises(TypeError):
        Cat(9)  # type: ignore[misc] # that it is refused is the point
