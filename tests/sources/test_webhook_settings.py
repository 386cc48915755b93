"""What can be configured about the webhook."""

from __future__ import annotations

import pytest

from lanner.errors import UsageError
from lanner.sources import WebhookSettings, create
from lanner.sources.webhook_settings import listen_address


def test_addresses():
    assert listen_address("127.0.0.1:9765") == ("127.0.0.1", 9765)
    assert listen_address("[::1]:80") == ("::1", 80)
    assert listen_address(":80") == ("", 80)


@pytest.mark.parametrize("bad", ["80", "host", "a:b", "::1:80", "h:99999"])
def test_a_bad_address_is_refused_when_the_source_is_made(bad):
    with pytest.raises(UsageError, match="is not host:port"):
        create(WebhookSettings(listen=bad))


def test_the_default_id_names_the_address():
    assert WebhookSettings().source_id == "webhook:127.0.0.1:9765/k8s-audit"
    assert WebhookSettings(id="x").source_id == "x"
