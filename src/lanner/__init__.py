"""lanner secures a Kubernetes API server through its audit log."""

from importlib.metadata import version

__version__ = version("lanner")
