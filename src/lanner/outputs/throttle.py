"""A token bucket over outputs, as Falco's `outputs.rate` and `outputs.max_burst` had it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated

from msgspec import Meta

from lanner.config.typed import Settings


class ThrottleSettings(Settings):
    """Bounds how many alerts a second go to outputs; the state and the web page keep all of them."""

    rate: Annotated[float, Meta(ge=0, description="Alerts a second in the long run; 0 sets no bound.")] = 0.0
    max_burst: Annotated[int, Meta(ge=1, description="Alerts that may go at once after silence.")] = 1000


class Throttle:
    """Counts what it held back in `suppressed`, so that nothing vanishes unseen."""

    def __init__(self, settings: ThrottleSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = settings.rate, float(settings.max_burst), clock
        self._tokens, self._last = self._burst, clock()
        self.suppressed = 0

    def allow(self) -> bool:
        """Take one token; false when none is left."""
        if self._rate == 0:
            return True
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._last) * self._rate)
        self._last = now
        if self._tokens < 1:
            self.suppressed += 1
            return False
        self._tokens -= 1
        return True
