"""The whole application on a real server, as a client without a browser sees it."""

from __future__ import annotations

import re

import httpx
import pytest


def test_the_page_names_nothing_from_other_places(site):
    """No CDN, no fonts from the net: each address in the page is a path here."""
    text = site.get("/").text
    assert not re.findall(r"""(?:src|href|url)\s*[=(]\s*["'](?:https?:)?//[^"']+""", text)
    imports = re.search(r'type="importmap">\s*(.*?)</script>', text, re.DOTALL)
    assert imports is not None
    assert not re.findall(r'"https?://', imports.group(1))
    assert "tailwind" not in text


@pytest.mark.parametrize("path", ["/assets/lanner.css", "/assets/alert_list.js", "/favicon.ico", "/api/v1/status", "/"])
def test_what_the_page_needs_is_served_with_security_headers(site, path):
    answer = site.get(path)
    assert answer.status_code == httpx.codes.OK
    assert answer.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "server" not in answer.headers


def test_big_answers_are_compressed(site):
    assert site.get("/assets/lanner.css").headers["content-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {"host": "evil.example"}, 421),
        ("/api/v1/alerts", {"origin": "http://evil.example"}, 403),
        ("/unknown", {}, 404),
        ("/assets/../application.py", {}, 404),
        ("/docs", {}, 404),
    ],
)
def test_what_is_not_for_you_is_refused(site, path, headers, status):
    assert site.get(path, headers=headers).status_code == status


def test_the_page_holds_no_alerts_before_the_browser_asks(site, make):
    """Texts of events never stand in the HTML, whose scripts are trusted."""
    site.state.add(make.alert(rule="unmistakable-rule"))
    assert "unmistakable-rule" not in site.get("/").text
