"""The page of `vove inspect` in a real browser, with real listeners, senders and apps."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from tests.e2e.browsers import find_browser
from tests.e2e.inspector import KEY, VOVE, inspector, listener, record, records, store, vove
from tests.loopback import LoopbackServer, answer

from vovecli.core.messages import Message, new_message_id
from vovecli.core.signing import signed_headers

pytest.importorskip("playwright", reason="the browser is driven in `nox -s journeys` alone")
from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, CDPSession, Page

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]

HOSTILE = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'
BIDI = "\u202egnp.exe\u2066"
# Colours of text and of what is behind it, of all that is shown: WCAG 2.2, 1.4.3.
CONTRASTS = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const one = (value) => { value /= 255; return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * one(r) + 0.7152 * one(g) + 0.0722 * one(b);
  };
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = parse(getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!text || !element.checkVisibility({ checkOpacity: true }) || element.closest("svg, option")) continue;
    const [one, other] = [light(parse(getComputedStyle(element).color)), light(ground(element))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < 4.5) found.push(`${element.tagName}.${element.className} ${contrast.toFixed(2)}: ${element.textContent.slice(0, 40)}`);
  }
  return found;
}"""

# Whether the page is in the background.
HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
# What each of 200 steps through the list costs, from its frame to the next task.
SCROLL = """async () => {
  const box = document.querySelector("#rows");
  const costs = [];
  for (let place = 0; place < 200; place += 1) {
    box.scrollTop = (place * box.scrollHeight) / 200;
    await new Promise((wake) => requestAnimationFrame(() => {
      const begun = performance.now();
      setTimeout(() => { costs.push(performance.now() - begun); wake(); });
    }));
  }
  return costs;
}"""
# The page's policy lets no test evaluate text in it.
WAIT = """(name) => new Promise((wake) => {
  const look = () => (window[name] ? wake(window[name]) : setTimeout(look, 10));
  look();
})"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, in which evil.test is this machine: a name that was rebound."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=find_browser(),
            args=["--no-sandbox", "--host-resolver-rules=MAP evil.test 127.0.0.1"],
        )
        yield found
        found.close()


@contextmanager
def opened(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """The page; whatever breaks in it fails the test."""
    problems: list[str] = []
    context = browser.new_context(**options)
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: problems.append(dialog.message))
    page.goto(url)
    yield page
    context.close()
    assert problems == []


def deliver(url: str, body: bytes, **headers: str) -> float:
    """Post a genuine delivery; the moment of its answer."""
    parts = urlsplit(url)
    now = int(time.time())
    message = Message(new_message_id(now, time.monotonic_ns().to_bytes(16)), now, body)
    with closing(http.client.HTTPConnection("localhost", parts.port, timeout=20)) as connection:
        signed = dict(signed_headers([KEY], message))
        connection.request("POST", parts.path or "/hook", body, signed | headers)
        connection.getresponse().read()
        return time.time()


def test_traffic_of_two_terminals_is_read_and_compared(browser: Browser, tmp_path: Path) -> None:
    """It appears while the page is open; a broken delivery's cause is read, its byte marked."""
    with inspector() as (url, _), opened(browser, url) as page, listener(tmp_path) as hook:
        expect(page.locator("#summary")).to_contain_text("No deliveries yet")
        vove("send", "--flow", "kyb-approved", "--to", hook)
        vove("send", "kyb.case.rejected", "--fault", "reserialized-body", "--to", hook)
        expect(page.locator("#summary")).to_have_text("4 messages · 8 records")

        page.locator(".row", has_text="kyb.case.rejected").locator(".what").click()

        card = page.locator(".card")
        expect(card).to_contain_text("body-reserialized")
        expect(card).to_contain_text("Proved")
        expect(card).to_contain_text("Fix:")
        page.get_by_role("button", name="Compare with what was signed").click()
        expect(page.locator("#detail h2")).to_have_text("arrived and signed")
        assert "↵" in page.locator("mark.left").first.inner_text()
        page.keyboard.press("Escape")
        page.locator(".row", has_text="kyb.case.completed").locator(".fold").click()
        expect(page.locator(".row.under")).to_have_count(1)


def test_several_listeners_and_senders_at_once(browser: Browser, tmp_path: Path) -> None:
    """Nothing is lost or doubled, whoever writes the history."""
    with (
        inspector() as (url, _),
        opened(browser, url) as page,
        listener(tmp_path) as one,
        listener(tmp_path) as other,
    ):
        command = [*VOVE, "send", "--flow", "kyc-review", "--to"]
        senders = [
            subprocess.Popen([*command, hook], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            for hook in (one, other, one, other)
        ]
        said = [sender.communicate(timeout=60)[0].decode() for sender in senders]
        assert not any("history" in each or "503" in each for each in said), said
        expect(page.locator("#summary")).to_have_text("12 messages · 24 records", timeout=20_000)


def test_resend_and_edit_reach_a_real_app(browser: Browser) -> None:
    """Signed anew, and edited; what the app answered is shown."""
    with LoopbackServer(answer("200 OK", b'{"seen":true}')).running() as app:
        store([record(1, time.time(), event="kyc.pending", endpoint=app.url, body=b'{"a":1}\r\n')])
        with inspector() as (url, _), opened(browser, url) as page:
            page.locator(".row").click()
            page.get_by_role("button", name="Resend").click()
            expect(page.locator("#toast")).to_contain_text("delivered 200")
            page.get_by_role("button", name="Edit and send").click()
            expect(page.get_by_role("dialog")).to_contain_text("signed with your secret")
            page.get_by_label("Body", exact=True).fill('{"a":2}')
            page.get_by_label("Headers").fill("x-mine: yes")
            page.get_by_role("button", name="Sign and send").click()
            expect(page.get_by_role("dialog")).to_have_count(0)
            expect(page.locator(".row")).to_have_count(2)
            page.locator(".row").first.click()
            expect(page.get_by_label("Answer", exact=True)).to_contain_text('"seen": true')
    again, edited = app.requests
    assert again.endswith(b'\r\n\r\n{"a":1}\r\n')
    assert edited.endswith(b'\r\n\r\n{"a":2}')
    assert b"x-mine: yes" in edited


def test_coverage_fills(browser: Browser) -> None:
    """An event that the app has acknowledged, one that it refused, one that it never saw."""

    def respond(connection: Any, request: bytes) -> None:
        connection.sendall(answer("500 No" if b"pending" in request else "200 OK"))

    with (
        LoopbackServer(respond).running() as app,
        inspector("--to", app.url) as (url, _),
        opened(browser, url) as page,
    ):
        for event in ("kyc.successful", "kyc.pending"):
            page.keyboard.press("s")
            page.get_by_label("Event or flow").select_option(f"event {event}")
            page.get_by_role("button", name="Send", exact=True).last.click()
            expect(page.locator("dialog[open]")).to_have_count(0)
        page.keyboard.press("g")
        kyc = page.get_by_label("kyc", exact=True)
        expect(kyc.locator(".tile.acknowledged")).to_have_text(
            "successfulacknowledged1 acknowledged"
        )
        expect(kyc.locator(".tile.refused")).to_contain_text("pending")
        expect(kyc.locator(".tile.never")).to_have_count(2)
        assert page.locator("figure svg circle").count() == 2
        expect(page.locator("figure").last).to_contain_text("15 s")
        vove("send", "kyc.suspected", "--to", app.url)
        expect(kyc.locator(".tile.acknowledged")).to_have_count(2)
        kyc.locator(".tile.refused").click()
        expect(page.locator(".row")).to_have_count(1)
        page.locator(".row").click()
        page.get_by_text("Download").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="HTTP message (.http)").click()
        assert download.value.suggested_filename == "record-2.http"
        assert download.value.path().read_bytes().startswith(b"POST /hook HTTP/1.1\r\n")


def test_everything_by_keyboard(browser: Browser) -> None:
    """Choose, read, filter, fold, compare, copy, pause, resend, help: no mouse."""
    store(records(30))
    context = {"permissions": ["clipboard-read", "clipboard-write"]}
    with inspector() as (url, _), opened(browser, url, **context) as page:
        expect(page.locator(".row").first).to_be_visible()
        for _ in range(3):
            page.keyboard.press("j")
        page.keyboard.press("k")
        expect(page.locator(".row[aria-selected=true]")).to_contain_text("#29")
        expect(page.locator("#detail h2")).to_contain_text("kyb.case.in_progress")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "detail"
        page.keyboard.press("c")
        expect(page.locator("#toast")).to_contain_text("Copied record 29 as curl")
        assert "curl -X POST" in page.evaluate("navigator.clipboard.readText()")
        page.keyboard.press("d")
        page.keyboard.press("j")
        expect(page.locator("#detail h2")).to_have_text("record 29 and record 28")
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        page.keyboard.type("ref-7")
        expect(page.locator(".row")).to_have_count(1)
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_contain_text("next and previous delivery")
        page.keyboard.press("Escape")
        page.keyboard.press("p")
        vove("send", "kyc.pending", "--to", "9")
        expect(page.locator("#pause")).to_have_text("Go on (1)")
        page.locator("#filter-text").fill("")
        expect(page.locator("#summary")).to_contain_text("30 records")
        page.locator("#rows").focus()
        page.keyboard.press("p")
        expect(page.locator("#summary")).to_contain_text("31 records")


def test_what_came_unseen_is_counted(browser: Browser) -> None:
    """In the title, while the page is in the background; and all can be cleared."""
    store(records(3))
    with inspector() as (url, _), opened(browser, url) as page:
        expect(page.locator(".row")).to_have_count(3)
        page.evaluate(HIDE, True)
        vove("send", "kyc.pending", "--to", "9")
        expect(page).to_have_title("(1) vove inspect")
        page.evaluate(HIDE, False)
        expect(page).to_have_title("vove inspect")
        page.get_by_role("button", name="Clear all").click()
        page.get_by_role("button", name="Delete all").click()
        expect(page.locator("#summary")).to_contain_text("No deliveries yet")
        vove("send", "kyc.pending", "--to", "9")
        expect(page.locator(".row")).to_have_count(1)
        page.locator(".row").click()
        page.get_by_role("button", name="Delete", exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(page.locator("#detail")).to_contain_text("Record 1 was removed")


def test_a_hostile_delivery_stays_text(browser: Browser, tmp_path: Path) -> None:
    """Markup, bidi and control characters, emoji and a mebibyte, in path, headers, ids, body."""
    body = json.dumps(
        {"refId": HOSTILE + BIDI, "status": HOSTILE, "x": "💥\u200b\0" * 60_000}
    ).encode()
    with inspector() as (url, _), opened(browser, url) as page, listener(tmp_path) as hook:
        deliver(hook, body[: 1024 * 1024], **{"X-Evil": HOSTILE})
        deliver(f"{hook}/%3Cscript%3E?{HOSTILE.replace(' ', '+')}", HOSTILE.encode() + b"\xff\x00")
        vove(
            "send", "kyc.pending", "--to", hook, "--message-id", HOSTILE, "--ref-id", HOSTILE + BIDI
        )
        expect(page.locator("#summary")).to_contain_text("4 records")
        for row in range(page.locator(".row").count()):
            page.locator(".row").nth(row).click()
            expect(page.locator("#detail .card")).to_be_visible()
            for way in ("Raw", "Bytes"):
                page.get_by_role("button", name=way).first.click()
        page.keyboard.press("g")
        assert page.evaluate("window.pwned") is None
        assert page.locator("#detail img, #list img, main script").count() == 0


def test_other_pages_reach_nothing(browser: Browser) -> None:
    """A foreign page can neither read, change nor frame it, though the browser can reach it."""
    store(records(1))
    with inspector() as (url, _):
        base, _, fragment = url.partition("/#token=")
        form = (
            f'<form method=post action="{base}/api/clear" enctype=text/plain><input name=a></form>'
        )
        page_text = f"<!doctype html>{form}<iframe src='{base}/'></iframe>".encode()
        served = LoopbackServer(answer("200 OK", page_text, "Content-Type: text/html"))
        with served.running() as foreign, opened(browser, foreign.url) as page:
            tries = f"""async () => {{
              const all = [];
              for (const options of [
                {{}}, {{ headers: {{ Authorization: "Bearer {fragment}" }} }},
                {{ method: "POST", body: "{{}}", mode: "no-cors" }},
              ]) all.push(await fetch("{base}/api/clear", options).then((a) => a.type, () => "refused"));
              return all;
            }}"""
            assert page.evaluate(tries) == ["refused"] * 3
            frame = page.frames[1]
            assert frame.url.startswith("chrome-error:")
            page.evaluate("document.forms[0].submit()")
            page.wait_for_url(f"{base}/api/clear")
            assert "foreign-origin" in page.content()
        with opened(browser, url) as page:
            expect(page.locator("#summary")).to_contain_text("1 record")


def test_a_rebound_name_and_a_missing_token_show_nothing(browser: Browser) -> None:
    """DNS rebinding; an address without its fragment."""
    store(records(1))
    with inspector() as (url, _):
        base, _, fragment = url.partition("/#")
        port = urlsplit(base).port
        with opened(browser, f"http://evil.test:{port}/#{fragment}") as page:
            assert "foreign-host" in page.content()
        with opened(browser, base) as page:
            expect(page.locator("#banner")).to_contain_text("lacks the token")
            assert page.locator(".row").count() == 0
        with opened(browser, f"{base}/#token=wrong") as page:
            expect(page.locator("#banner")).to_contain_text("lacks the token")
        with opened(browser, url) as page:
            expect(page.locator(".row")).to_have_count(1)
            assert "token" not in page.url
            assert page.context.cookies() == []
            page.reload()
            expect(page.locator(".row")).to_have_count(1)


def test_the_page_says_when_its_process_has_ended(browser: Browser) -> None:
    """In order, or killed; what is shown stays."""
    store(records(3))
    for end, words in (("terminate", "has ended"), ("kill", "does not answer")):
        with inspector() as (url, process), opened(browser, url) as page:
            expect(page.locator(".row")).to_have_count(3)
            getattr(process, end)()
            expect(page.locator("#banner")).to_contain_text(words)
            expect(page.locator(".row")).to_have_count(3)


def test_a_record_that_was_removed_meanwhile_is_said(browser: Browser) -> None:
    """In another terminal, while it is read."""
    store(records(3))
    with inspector() as (url, _), opened(browser, url) as page:
        page.locator(".row").first.click()
        expect(page.locator(".card")).to_be_visible()
        vove("history", "clear", "--yes")
        expect(page.locator("#detail")).to_contain_text("Record 3 was removed")
        expect(page.locator("#summary")).to_contain_text("No deliveries yet")
        vove("send", "kyc.pending", "--to", "9")
        expect(page.locator(".row")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 400])
def test_every_text_has_contrast_and_fits(
    scheme: str, width: int, browser: Browser, tmp_path: Path
) -> None:
    """WCAG AA in both schemes; nothing is wider than the screen."""
    options: dict[str, Any] = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    with listener(tmp_path) as hook:
        vove("send", "--flow", "kyb-rejected", "--to", hook)
        vove("send", "kyb.case.rejected", "--fault", "reserialized-body", "--to", hook)
    with inspector() as (url, _), opened(browser, url, **options) as page:
        page.locator(".row").first.click()
        expect(page.locator(".card")).to_be_visible()
        found = page.evaluate(CONTRASTS)
        page.get_by_role("button", name="Compare with what was signed").click()
        expect(page.locator("mark").first).to_be_visible()
        found += page.evaluate(CONTRASTS)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.keyboard.press("s")
        found += page.evaluate(CONTRASTS)
        page.keyboard.press("Escape")
        page.locator("#view-pictures").click()
        expect(page.locator("figure").first).to_be_visible()
        found += page.evaluate(CONTRASTS)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.screenshot(path=tmp_path / "page.png")

    assert found == []


def test_ten_thousand_records_are_there_at_once(browser: Browser) -> None:
    """The newest are painted within 300 ms; on a machine that is busy, within as much of its CPU."""
    store(records(10_000))
    with inspector() as (url, process):
        paints = [_first_rows(browser, url, process.pid) for _ in range(5)]

    assert min(cpu_ms for _, cpu_ms in paints) < 300, paints
    if _is_quiet():
        assert min(wall_ms for wall_ms, _ in paints) < 300, paints


def _first_rows(browser: Browser, url: str, server: int) -> tuple[float, float]:
    """Milliseconds until rows are painted: on the clock, and of CPU in page and server."""
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script("""
      new MutationObserver((_, observer) => {
        if (!document.querySelector(".row")) return;
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(() => { window.rowsAt = performance.now(); }));
      }).observe(document, { childList: true, subtree: true });
    """)
    tools = context.new_cdp_session(page)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})
    before_s = _cpu_s(server)
    page.goto(url)
    wall_ms: float = page.evaluate(WAIT, "rowsAt")
    cpu_ms = _page_cpu_ms(tools) + 1000 * (_cpu_s(server) - before_s)
    expect(page.locator("#summary")).to_contain_text("10,000 records")
    context.close()
    return wall_ms, cpu_ms


def _page_cpu_ms(tools: CDPSession) -> float:
    metrics = tools.send("Performance.getMetrics")["metrics"]
    found = {each["name"]: each["value"] for each in metrics}
    return 1000 * float(found["TaskDuration"])


def _is_quiet() -> bool:
    return os.getloadavg()[0] < (os.cpu_count() or 1)


def _cpu_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_new_delivery_is_seen_within_a_fifth_of_a_second(
    browser: Browser, tmp_path: Path
) -> None:
    """Of its answer; the best of five: others use this machine, too."""
    store(records(1_000))
    with inspector() as (url, _), opened(browser, url) as page, listener(tmp_path) as hook:
        expect(page.locator("#summary")).to_contain_text("1,000 records")
        delays = []
        for number in range(5):
            page.evaluate(
                """(number) => { window.seenAt = 0; new MutationObserver(() => {
              if (document.querySelector(`#row-${number}`)) window.seenAt ||= Date.now();
            }).observe(document.querySelector("#rows"), { childList: true, subtree: true }); }""",
                1001 + number,
            )
            answered = deliver(hook, b'{"status":"pending","refId":"a"}')
            delays.append(page.evaluate(WAIT, "seenAt") / 1000 - answered)

    assert min(delays) < 0.2, delays


def test_fifty_thousand_records_scroll_without_a_stutter(browser: Browser) -> None:
    """A step through all of it is drawn within a frame, the slow ones within two.

    Each step is a jump over 250 rows. On a busy machine: it takes no more CPU than two frames have.
    """
    store(records(50_000))
    with inspector() as (url, _), opened(browser, url) as page:
        expect(page.locator("#summary")).to_contain_text("50,000 records", timeout=60_000)
        tools = page.context.new_cdp_session(page)
        tools.send("Performance.enable", {"timeDomain": "threadTicks"})
        before_ms = _page_cpu_ms(tools)
        costs = sorted(page.evaluate(SCROLL))
        cpu_ms = (_page_cpu_ms(tools) - before_ms) / len(costs)
        rows = page.locator(".row").count()
        page.locator("#filter-text").fill("ref-49999")
        expect(page.locator(".row")).to_have_count(1)

    assert rows < 60
    assert cpu_ms < 33.4
    if _is_quiet():
        assert costs[len(costs) // 2] < 16.7, costs
        assert costs[len(costs) * 95 // 100] < 33.4, costs
