"""Today's and yesterday's falco.yaml, translated to lanner's settings."""

from lanner.settings.falco.keys import FALCO_KEYS
from lanner.settings.falco.translate import from_falco

__all__ = ["FALCO_KEYS", "from_falco"]
