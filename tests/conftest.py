"""What holds for all tests."""

from __future__ import annotations

import pytest


@pytest.hookimpl
def pytest_make_parametrize_id(val, argname):
    """Name a case of bytes by its size: packed bytes hold the time, and parallel workers must agree on every name."""
    return f"{argname}:{len(val)}" if isinstance(val, bytes) else None
