"""lanner secures a Kubernetes API server through its audit log."""

__version__ = "0.1.0"
