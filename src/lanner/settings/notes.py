"""What loading settings has to say without being an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Note:
    """One sentence to print at start; a warning means that lanner does less than the file asks for."""

    level: Literal["info", "warning"]
    message: str

    def __str__(self) -> str:
        return self.message
