"""Who came, in a real browser: it arrives with the page, can be read by everybody, and with or without JavaScript."""

from time import monotonic, sleep

import httpx
import pytest

from asgi.door import GOOGLEBOT, GPTBOT
from pages.test_every_page import LOOKS, faults, fits

pytestmark = pytest.mark.slow
CLAUDEBOT = b"Mozilla/5.0 (compatible; ClaudeBot/1.0; +claudebot@anthropic.com)"


def crawl(hosting, host, agent, paths):
    for path in paths:
        headers = {"host": f"{host}:{hosting.port}", "user-agent": agent.decode()}
        httpx.get(f"http://127.0.0.1:{hosting.port}{path}", headers=headers, trust_env=False)


@pytest.fixture(scope="module")
def crawled(hosting):
    """A site that was crawled, said no, and was crawled on."""
    host = hosting.new_host()
    hosting.tell(host=host, wishes=["ai-training=allow"])
    crawl(hosting, host, CLAUDEBOT, ["/robots.txt", *(f"/post/{number}" for number in range(12))])
    crawl(hosting, host, GOOGLEBOT, ["/robots.txt", "/", "/post/1"])
    hosting.tell(host=host, wishes=["ai-training=ask"])
    crawl(hosting, host, CLAUDEBOT, ["/post/1", "/post/2", "/post/3"])
    hosting.tell(host=host, wishes=["ai-training=block"])
    crawl(hosting, host, GPTBOT, ["/", "/a"])
    return host


def settled(page, words):
    """Until the counts are written down, which takes a second."""
    until = monotonic() + 20
    while not page.get_by_text(words).count() and monotonic() < until:
        sleep(0.3)
        page.reload()
        page.locator("#visits-told svg, #visits-told p").first.wait_for()
    return page.get_by_text(words)


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS.keys())
def test_it_comes_with_the_page_and_everybody_can_read_it(hosting, visit, crawled, look, request):
    visitor = visit(hosting.tell(host=crawled), bypass_csp=True, **look)
    page = visitor.page
    page.locator("#visits #visits-told svg, #visits-told p").first.wait_for()
    settled(page, "ClaudeBot: 12 pages before you said no, 3 after").wait_for()
    settled(page, "GPTBot: 0 pages before you said no, 0 after, 2 refused").wait_for()
    page.locator("#visits").scroll_into_view_if_needed()
    assert faults(page) == []
    assert fits(page)
    visitor.shot(f"visits {request.node.callspec.id}")


def test_it_can_be_read_without_javascript(hosting, visit, crawled):
    visitor = visit(hosting.tell(host=crawled), java_script_enabled=False)
    visitor.page.get_by_role("link", name="See who came").click()
    settled(visitor.page, "Googlebot: 2 pages; it has read robots.txt").wait_for()
    assert visitor.page.locator("svg.visits rect").count() >= 2


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS.keys())
def test_what_is_lost_can_be_read_before_all_is_forgotten(hosting, visit, crawled, look):
    page = visit(hosting.tell(host=crawled), bypass_csp=True, **look).page
    page.get_by_role("button", name="Forget all this").click()
    page.get_by_role("heading", name="Forget who came?").wait_for()
    assert faults(page) == []
    assert fits(page)
    page.get_by_role("link", name="Keep everything as it is").click()
    page.locator("#visits svg").wait_for()


def test_all_is_forgotten_without_javascript(hosting, visit):
    host = hosting.new_host()
    hosting.tell(host=host, wishes=["ai-training=allow"])
    crawl(hosting, host, GOOGLEBOT, ["/", "/a"])
    page = visit(hosting.tell(host=host), java_script_enabled=False).page
    page.get_by_role("link", name="See who came").click()
    settled(page, "Googlebot: 2 pages").wait_for()
    page.get_by_role("button", name="Forget all this").click()
    page.get_by_role("button", name="Forget it for good").click()
    page.get_by_text("Forgotten. Counting begins anew.").wait_for()
    page.get_by_role("link", name="See who came").click()
    page.get_by_text("No known crawler came").wait_for()


def test_nothing_is_said_against_the_security_policy(hosting, visit, crawled):
    visitor = visit(hosting.tell(host=crawled))
    visitor.page.locator("#visits svg").wait_for()
    assert visitor.complaints == []
