"""lanner.yaml and falco.yaml as one typed Settings."""

from lanner.settings.load import LoadedSettings, load
from lanner.settings.model import Settings

__all__ = ["LoadedSettings", "Settings", "load"]
