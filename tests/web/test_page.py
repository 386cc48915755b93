"""The page, put together without a browser and then in a real one."""

from __future__ import annotations

import asyncio
import re
from contextlib import contextmanager

import pytest

from lanner.settings.model import Settings
from lanner.web.descriptions import Descriptions
from lanner.web.feed import MAX_LISTENERS, Feed
from lanner.web.page import Overview, overview

HOSTILE = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>**b** `x` {{7*7}} ${7*7} \u202e\x07'


@pytest.fixture
def built(canvas, state):
    """The page of one client over a state database, without a browser."""
    settings = Settings(hostname="control-1")
    feed = Feed(state.path)
    yield Overview(settings, feed, Descriptions(settings.rules))
    feed.close()


def poll(page):
    asyncio.run(page.update(page._feed.poll()))


def click(canvas, action):
    """Run what a click would run, where NiceGUI would run it."""

    async def handle():
        with canvas:
            await action

    asyncio.run(handle())


def notices(canvas):
    return [data["message"] for _, kind, data in canvas.outbox.messages if kind == "notify"]


def test_a_poll_reaches_head_tiles_and_list(built, canvas, texts, state, make):
    assert "starting: there is no state database yet" in texts(canvas)
    state.publish()
    state.add(make.alert(rule="fired"))
    poll(built)
    assert {"all parts answer", "12\u202f345", "Warning"} <= set(texts(canvas))
    assert [row["rule"] for row in built._alerts._list.props["rows"]] == ["fired"]


def test_alerts_and_quarantine_open_in_the_panel(built, canvas, texts, state, make):
    state.add(make.alert(rule="fired"), rejects=(make.reject(),))
    poll(built)
    click(canvas, built._opener.open(built._alerts._groups[0]))
    assert "T1609, execution" in texts(canvas)
    click(canvas, built._open_quarantine())
    assert "not JSON (at byte 3)" in texts(canvas)


def test_an_alert_that_is_no_longer_kept_does_not_open(built, canvas, texts, state, make):
    state.store.register_output("siem")
    state.add(make.alert(), make.alert(rule="kept"))
    state.store.delivered("siem", 2, 2)
    poll(built)
    state.store.prune(alerts=1, outputs=[], quarantine_bytes=1 << 20, seen_seconds=1.0)
    click(canvas, built._opener.open(built._alerts._groups[-1]))
    assert ("close" in texts(canvas), notices(canvas)) == (False, ["this alert is no longer kept"])


def test_a_database_that_is_gone_is_told(built, canvas, state, make):
    """What cannot be read becomes a notice, not an error in the log."""
    state.add(make.alert())
    poll(built)
    group = built._alerts._groups[0]
    built._feed.close()
    click(canvas, built._opener.open(group))
    click(canvas, built._open_quarantine())
    assert len(notices(canvas)) == 2


def test_more_pages_than_are_served_are_told_so(canvas, texts, tmp_path):
    feed = Feed(tmp_path / "none.db")
    for _ in range(MAX_LISTENERS):
        feed.subscribe(lambda _update: None)
    overview(Settings(), feed, Descriptions(Settings().rules))
    assert texts(canvas) == ["lanner: too many pages are open; close one and load this again"]


@pytest.fixture
def browse(site, chromium):
    """Open the page; what the browser complains about, and what it fetches from elsewhere, fails the test."""

    @contextmanager
    def open_page(width=1440, height=900, **options):
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(20_000)
        page = context.new_page()
        complaints, foreign = [], []
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: foreign.append(request.url) if site.listen not in request.url else None)
        page.goto(site.url)
        page.wait_for_function("document.querySelector('.health').innerText.includes('all parts answer')")
        try:
            yield page
            assert (complaints, foreign) == ([], [])
        finally:
            context.close()

    return open_page


def find(page, text):
    """Filter the list by a text."""
    page.get_by_placeholder("user, object, address").fill(text)


@pytest.mark.browser
def test_figures_and_alerts_are_shown_and_new_ones_appear(site, browse, make):
    site.state.add(make.alert(rule="seen at once", priority="Critical"))
    with browse() as page:
        row = page.locator(".alert", has_text="seen at once").first
        row.wait_for()
        assert "Critical" in row.inner_text()
        assert "pods/exec web-1" in row.inner_text()
        site.state.add(make.alert(rule="seen later"))
        page.locator(".alert", has_text="seen later").first.wait_for()
        tiles = page.locator(".tiles").inner_text()
        assert all(text in tiles for text in ("12\u202f345", "12 ms", "5.2 MiB", "99\u202f000 events"))


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.browser
def test_the_look_follows_the_system(browse, scheme):
    with browse(color_scheme=scheme) as page:
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (max(map(int, re.findall(r"\d+", ground))) < 128) is (scheme == "dark")


@pytest.mark.browser
def test_hostile_texts_stay_texts(site, browse, make):
    """An attacker chooses names, user agents, URLs; nothing of it becomes markup, and what is invisible is shown."""
    event = make.event(
        user={"username": HOSTILE},
        userAgent=HOSTILE,
        requestURI=HOSTILE,
        objectRef={"resource": HOSTILE, "name": HOSTILE, "namespace": HOSTILE},
        annotations={HOSTILE: HOSTILE},
        requestObject={HOSTILE: [HOSTILE]},
    )
    hostile = make.alert(event, rule=HOSTILE, output=HOSTILE, tags=[HOSTILE], output_fields={HOSTILE: HOSTILE})
    site.state.add(hostile, make.alert(rule="after"), hostile)
    with browse() as page:
        row = page.locator(".alert", has_text="onerror").first
        row.wait_for()
        assert "<script>window.pwned=1</script>**b** `x` {{7*7}} ${7*7} ⟨U+202E⟩⟨U+0007⟩" in row.inner_text()
        row.click()
        page.locator(".event-tree .node").first.wait_for()
        page.get_by_role("button", name="unfold", exact=True).click()
        assert '\\u202e\\u0007"' in page.locator(".event-tree").inner_text()
        assert "\u202e" not in page.locator("body").inner_text()
        assert page.evaluate("window.pwned") is None
        assert page.locator(".page img, .page script").count() == 0


@pytest.mark.browser
def test_the_list_stands_still_while_it_is_read(site, browse, make):
    site.state.add(make.alert(rule="before"))
    with browse() as page:
        page.locator(".alert", has_text="before").first.wait_for()
        page.locator(".alert").first.hover()
        site.state.add(make.alert(rule="meanwhile"), make.alert(rule="meanwhile"))
        news = page.locator(".news")
        news.wait_for()
        assert news.inner_text() == "2 new alerts"
        assert "meanwhile" not in page.locator(".alert").first.inner_text()
        news.click()
        page.locator(".alert", has_text="meanwhile").first.wait_for()
        assert news.count() == 0
        page.mouse.move(5, 5)


@pytest.mark.browser
def test_the_list_moves_again_when_the_mouse_has_left(site, browse, make):
    site.state.add(make.alert(rule="under the mouse"))
    with browse() as page:
        page.locator(".alert", has_text="under the mouse").first.hover()
        site.state.add(make.alert(rule="came quietly"))
        page.locator(".news").wait_for()
        page.mouse.move(5, 5)
        page.locator(".alert", has_text="came quietly").first.wait_for()


@pytest.mark.browser
def test_filters_narrow_the_list(site, browse, make):
    site.state.add(
        *(make.alert(make.event(user={"username": f"narrow-{n}"}), priority="Debug") for n in range(3)),
        make.alert(make.event(user={"username": "narrow-worst"}), priority="Emergency"),
    )
    with browse() as page:
        find(page, "narrow-")
        page.wait_for_function("document.querySelectorAll('.alert').length === 4")
        page.get_by_label("Severity").click()
        page.get_by_role("option", name="Emergency", exact=True).click()
        page.wait_for_function("document.querySelectorAll('.alert').length === 1")
        assert "narrow-worst" in page.locator(".alert").inner_text()
        find(page, "nothing like it")
        page.get_by_text("No alert fits the filter").wait_for()


@pytest.mark.browser
def test_an_alert_opens_with_its_event_searchable_and_foldable(site, browse, make):
    big = make.event(requestObject={"number": "PLACE", "list": list(range(300)), "text": "x" * 1000})
    new = make.alert(big, rule="opens", tags=["T1609", "execution"])
    new.event = new.event.replace(b'"PLACE"', b"12345678901234567890")
    site.state.add(new)
    with browse() as page:
        page.locator(".alert", has_text="opens").first.click()
        panel = page.locator(".panel")
        panel.locator(".node").first.wait_for()
        assert "T1609, execution" in panel.inner_text()
        panel.get_by_placeholder("Search in the event").fill("1234567890")
        page.wait_for_function("document.querySelector('.hits').innerText === '1 of 1'")
        assert "12345678901234567890" in panel.locator(".found-now").inner_text()
        panel.get_by_role("button", name="unfold", exact=True).click()
        panel.get_by_role("button", name="100 more").click()
        assert panel.get_by_text("299: 299").count() == 1
        panel.get_by_role("button", name="all 1002 characters").click()
        panel.get_by_role("button", name="fold", exact=True).click()
        page.wait_for_function("!document.querySelector('.panel').innerText.includes('12345678901234567890')")
        page.keyboard.press("Escape")
        panel.wait_for(state="hidden")


@pytest.mark.browser
def test_values_of_secrets_wait_for_a_click(site, browse, make):
    secret = {"kind": "Secret", "data": {"password": "aHVudGVyMg==", "other": "b3RoZXI="}}
    event = make.event(objectRef={"resource": "secrets", "name": "db"}, responseObject=secret)
    site.state.add(make.alert(event, rule="reads a secret"))
    with browse() as page:
        page.locator(".alert", has_text="reads a secret").first.click()
        tree = page.locator(".event-tree")
        tree.locator(".node").first.wait_for()
        page.get_by_role("button", name="unfold", exact=True).click()
        assert "aHVudGVyMg==" not in page.content()
        tree.locator(".leaf", has_text="password").get_by_role("button", name="show").click()
        tree.get_by_text("aHVudGVyMg==").wait_for()
        assert "b3RoZXI=" not in page.content()
        page.keyboard.press("Escape")
        page.locator(".panel").wait_for(state="hidden")


@pytest.mark.browser
def test_the_event_can_be_copied(site, browse, make):
    site.state.add(make.alert(rule="to be copied"))
    with browse(permissions=["clipboard-read", "clipboard-write"]) as page:
        page.locator(".alert", has_text="to be copied").first.click()
        page.locator(".event-tree .node").first.wait_for()
        page.get_by_role("button", name="copy", exact=True).click()
        page.get_by_role("button", name="copied", exact=True).wait_for()
        assert '\n  "verb": "create"' in page.evaluate("navigator.clipboard.readText()")


@pytest.mark.browser
def test_quarantine_opens_from_its_tile(site, browse, make):
    site.state.add(rejects=(make.reject(origin="/logs/<b>odd.log"),))
    with browse() as page:
        page.wait_for_function("document.querySelector('button.quarantine').innerText.includes('show what')")
        page.locator("button.quarantine").click()
        page.locator(".rejected").first.wait_for()
        assert "audit · /logs/<b>odd.log · offset 42 · 9 B" in page.locator(".panel").inner_text()
        page.get_by_role("button", name="close").click()
        page.locator(".panel").wait_for(state="hidden")


@pytest.mark.browser
def test_on_a_phone_nothing_is_wider_than_the_screen(site, browse, make):
    site.state.add(make.alert(make.event(user={"username": "long" * 40}), output="word" * 100))
    with browse(390, 844, has_touch=True, is_mobile=True) as page:
        page.locator(".alert").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.locator(".alert").first.tap()
        page.locator(".event-tree .node").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.browser
def test_older_alerts_are_a_click_away(site, browse, make):
    site.state.add(*(make.alert(make.event(user={"username": f"pager-{n}"})) for n in range(210)))
    with browse() as page:
        find(page, "pager-")
        page.wait_for_function("document.querySelectorAll('.alert').length === 200")
        page.get_by_role("button", name="older", exact=True).click()
        page.wait_for_function("document.querySelectorAll('.alert').length === 10")
        page.get_by_role("button", name="back to the newest").click()
        page.wait_for_function("document.querySelectorAll('.alert').length === 200")


@pytest.mark.browser
def test_a_page_that_is_closed_is_forgotten(site, browse, eventually):
    def pages():
        return float(re.search(r"^lanner_web_pages (\S+)$", site.get("/metrics").text, re.MULTILINE).group(1))

    with browse():
        open_pages = pages()
    eventually(lambda: pages() < open_pages, 90)
