"""The plain evaluator as a fixture."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def plain():
    """Sigma's rules tried in the plainest way."""
    spec = importlib.util.spec_from_file_location("plain", Path(__file__).parent / "plain.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
