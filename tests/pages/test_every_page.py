"""What holds of every page: accessible, in three languages, light and small, and closed to strangers."""

from urllib.parse import urlsplit

import httpx
import pytest

pytestmark = pytest.mark.slow

LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"color_scheme": "light", "viewport": {"width": 360, "height": 740}},
    "dark-phone": {"color_scheme": "dark", "viewport": {"width": 360, "height": 740}},
}
WISHES = ["ai-answers=allow", "ai-training=license", "/press/:ai-training=block", "CCBot=allow"]
ODD = "User-agent: *\nDisallow: /cart/\nnonsense\nUser-agent: GPTBot\nAllow: /\n"


@pytest.fixture(scope="module")
def host(hosting):
    """A site of which everything can be told."""
    host = hosting.new_host()
    hosting.tell(host=host, wishes=WISHES, robots_txt=ODD, reason="all at once")
    return host


@pytest.fixture(scope="module")
def closed(hosting):
    host = hosting.new_host()
    hosting.tell(host=host, visibility="suspended")
    return host


def faults(page):
    """What axe finds, but for the rules of nobody's standard."""
    from axe_core_python.sync_playwright import Axe

    found = Axe().run(page)["violations"]
    return [f"{one['id']}: {node['html'][:160]} {node['failureSummary']}" for one in found for node in one["nodes"]]


def fits(page):
    """Nothing sticks out at the side."""
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.fixture
def sign_in(hosting, visit):
    def go(**options):
        visitor = visit(hosting.url("console.localhost", "/_gatepost/console"), **options)
        visitor.page.get_by_label("Operator token").fill(hosting.token)
        visitor.page.get_by_role("button", name="Come in").click()
        visitor.page.get_by_role("heading", name="Console").wait_for()
        return visitor

    return go


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS.keys())
class TestAccessible:
    def test_the_owners_page(self, hosting, visit, host, look, request):
        visitor = visit(hosting.tell(host=host), bypass_csp=True, **look)
        page = visitor.page
        page.locator("#p-ai-training label.block").click()
        page.locator("#preview ins, #preview del").first.wait_for()
        page.get_by_role("link", name="Show all").click()
        page.get_by_label("Find a crawler").wait_for()
        page.get_by_label("Crawler or user agent").fill("GPTBot")
        page.get_by_role("button", name="Try").click()
        page.locator("#test-answer li").first.wait_for()
        assert faults(page) == []
        assert fits(page)
        visitor.shot(f"owner {request.node.callspec.id}")

    def test_the_dialog(self, hosting, visit, host, look, request):
        visitor = visit(hosting.tell(host=host), bypass_csp=True, **look)
        page = visitor.page
        page.locator("#p-search label.block").click()
        page.locator("#p-ai-training label.allow").click()
        page.locator("#consequences li").nth(1).wait_for(state="attached")
        page.get_by_role("button", name="Save", exact=True).first.click()
        page.locator("dialog[open]").wait_for()
        assert faults(page) == []
        visitor.shot(f"dialog {request.node.callspec.id}")

    @pytest.mark.parametrize(
        "rest", ["/crawlers?q=google", "/test?url=/press/&agent=GPTBot", "/served?revision=2", "/nothing"]
    )
    def test_the_others(self, hosting, visit, host, look, rest):
        visitor = visit(hosting.tell(host=host), bypass_csp=True, **look)
        visitor.page.goto(hosting.page_url(host, rest))
        if rest != "/nothing":
            assert faults(visitor.page) == []

    def test_what_stands_in_the_way_and_errors(self, hosting, visit, closed, look):
        page = visit(hosting.tell(host=closed), bypass_csp=True, **look).page
        assert faults(page) == []
        page.goto(hosting.page_url("nobody.localhost"))
        assert faults(page) == []

    def test_the_console(self, sign_in, look, request):
        visitor = sign_in(bypass_csp=True, **look)
        page = visitor.page
        assert faults(page) == []
        assert fits(page)
        visitor.shot(f"console {request.node.callspec.id}")
        page.get_by_role("link", name="Default of the platform").click()
        page.locator("#p-ai-training label.block").click()
        page.get_by_role("button", name="Preview the effect").click()
        page.locator("#effects [role=status]").wait_for()
        assert faults(page) == []
        assert fits(page)
        visitor.shot(f"default {request.node.callspec.id}")

    def test_several_sites(self, hosting, visit, look, request):
        hosts = [hosting.new_host(), hosting.new_host()]
        for host in hosts:
            hosting.tell(host=host, wishes=["ai-training=block"])
        visitor = visit(hosting.url("console.localhost", "/_gatepost/console"), bypass_csp=True, **look)
        page = visitor.page
        page.get_by_label("Operator token").fill(hosting.tell(sites=hosts))
        page.get_by_role("button", name="Come in").click()
        page.get_by_role("heading", name="Your sites").wait_for()
        page.locator("select[name=archives]").select_option("block")
        page.get_by_role("button", name="See which sites change").click()
        assert "2 sites change" in page.locator("#foreseen").text_content()
        assert faults(page) == []
        assert fits(page)
        visitor.shot(f"several {request.node.callspec.id}")
        page.get_by_role("button", name="Change 2 sites").click()
        page.get_by_text("2 sites follow now.").wait_for()
        assert hosting.curl(hosts[1], "ia_archiver") == 403

    def test_the_way_in(self, hosting, visit, look, request):
        visitor = visit(hosting.url("console.localhost", "/_gatepost/console"), bypass_csp=True, **look)
        assert faults(visitor.page) == []
        assert fits(visitor.page)
        visitor.shot(f"sign in {request.node.callspec.id}")
        visitor.page.get_by_label("Operator token").fill("gpo_no_such")
        visitor.page.get_by_role("button", name="Come in").click()
        assert faults(visitor.page) == []
        visitor.shot(f"failed {request.node.callspec.id}")

    def test_the_page_that_confirms(self, hosting, visit, look, request):
        """Without JavaScript, which axe needs: so the page is fetched by a form, and looked at."""
        host = hosting.new_host()
        visitor = visit(hosting.tell(host=host, wishes=["ai-training=block"]), bypass_csp=True, **look)
        page = visitor.page
        page.locator("#p-search label.block").click()
        page.locator("#p-ai-training label.allow").click()
        page.evaluate("document.getElementById('choices').submit()")
        page.get_by_role("heading", name="Please confirm").wait_for()
        assert faults(page) == []
        assert fits(page)
        visitor.shot(f"confirm {request.node.callspec.id}")


class TestLanguages:
    @pytest.mark.parametrize(
        ("locale", "headline", "date"),
        [
            ("de-DE", "KI-Training wird ohne Lizenz abgewiesen.", "November 2026"),
            ("fr-FR", "L’entraînement d’IA est refusé sans licence.", "novembre 2026"),
            ("ja-JP", "AI training is refused without a licence.", "November 2026"),
        ],
    )
    def test_the_browsers_own(self, hosting, visit, host, locale, headline, date):
        page = visit(hosting.tell(host=host), locale=locale).page
        assert headline in page.locator("h1").text_content()
        assert page.locator(".history time").first.text_content().strip()
        assert page.locator("html").get_attribute("lang") == {"de": "de", "fr": "fr"}.get(locale[:2], "en")

    def test_a_switch_that_is_kept(self, hosting, visit, host):
        page = visit(hosting.tell(host=host)).page
        page.get_by_role("link", name="Français").click()
        assert page.get_by_role("button", name="Enregistrer", exact=True).first.is_visible()
        page.goto(hosting.page_url(host))
        assert page.locator("html").get_attribute("lang") == "fr"


class TestLight:
    def test_the_first_load_is_below_100_kb_and_asks_nobody_else(self, hosting, visit, host, browser):
        visitor = visit("about:blank")
        sizes = []
        visitor.page.on("requestfinished", lambda request: sizes.append(sum(request.sizes().values())))
        visitor.page.goto(hosting.tell(host=host))
        visitor.page.wait_for_load_state("networkidle")
        assert 0 < sum(sizes) < 100_000
        assert len(sizes) >= 5
        hosts = {urlsplit(url).hostname for url in visitor.requests if not url.startswith(("about:", "data:"))}
        assert hosts == {host}

    def test_nothing_is_said_against_the_security_policy(self, hosting, visit, host):
        visitor = visit(hosting.tell(host=host))
        page = visitor.page
        page.locator("#p-ai-training label.ask").click()
        page.locator("#preview ins, #preview del").first.wait_for()
        page.get_by_role("link", name="Show all").click()
        page.get_by_label("Find a crawler").wait_for()
        assert visitor.complaints == []


def sent(hosting, page, host, path, form=None, **headers):
    """What the server answers to a program that has a browser's session."""
    cookies = {one["name"]: one["value"] for one in page.context.cookies()}
    fields = {"host": f"{host}:{hosting.port}", **headers}
    address = f"http://127.0.0.1:{hosting.port}/_gatepost{path}"
    with httpx.Client(cookies=cookies, trust_env=False) as client:
        return client.request("GET" if form is None else "POST", address, data=form, headers=fields)


class TestStrangers:
    def test_another_owners_site_is_told_as_none(self, hosting, visit):
        mine, theirs = hosting.new_host(), hosting.new_host()
        hosting.tell(host=theirs)
        page = visit(hosting.tell(host=mine)).page
        answers = {}
        for name in (theirs, "never.localhost"):
            got = sent(hosting, page, mine, f"/sites/{name}")
            answers[name] = got.status_code, got.text.replace(name, "HOST")
            for rest in ("/crawlers", "/test?url=/&agent=x", "/files/robots.txt"):
                assert sent(hosting, page, mine, f"/sites/{name}{rest}").status_code == 404
            for rest in ("", "/preview", "/undo", "/own-file"):
                form = {"ai-training": "block"}
                done = sent(hosting, page, mine, f"/sites/{name}{rest}", form, **{"sec-fetch-site": "same-origin"})
                assert done.status_code == 404
        assert answers[theirs] == answers["never.localhost"]
        assert answers[theirs][0] == 404

    @pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {}])
    def test_a_change_from_another_origin_is_refused(self, hosting, visit, headers):
        host = hosting.new_host()
        page = visit(hosting.tell(host=host)).page
        assert sent(hosting, page, host, f"/sites/{host}", {"ai-training": "block"}, **headers).status_code == 403
        assert hosting.curl(host, "GPTBot/1.4") == 200

    def test_nobody_is_let_in_without_a_session(self, hosting, visit):
        host = hosting.new_host()
        hosting.tell(host=host)
        visitor = visit(hosting.page_url(host))
        assert "come in by the link" in visitor.page.locator("main").text_content()

    def test_a_link_is_good_once(self, hosting, visit):
        link = hosting.tell(host=hosting.new_host())
        visit(link)
        assert "used already" in visit(link).page.locator("main").text_content()

    def test_an_owner_has_no_console(self, hosting, visit):
        host = hosting.new_host()
        page = visit(hosting.tell(host=host)).page
        assert sent(hosting, page, host, "/console").status_code == 403


HTML = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'>"


class TestMarkup:
    def test_in_robots_txt_paths_actors_and_reasons(self, hosting, visit):
        host = hosting.new_host()
        path = "/" + HTML.replace("#", "")
        hosting.tell(host=host, wishes=[f"{path}:ai-training=block"], reason=HTML)
        link = hosting.tell(
            host=host, robots_txt=f"User-agent: {HTML}\nDisallow: /{HTML}\n# {HTML}\n{HTML}\n", actor=HTML
        )
        self.is_text(visit(link))

    @pytest.mark.parametrize("rest", ["/test?url={0}&agent={0}", "/crawlers?q={0}", "?done={0}&lang={0}", "/files/{0}"])
    def test_in_addresses(self, hosting, visit, host, rest):
        from urllib.parse import quote

        visitor = visit(hosting.tell(host=host))
        visitor.page.goto(hosting.page_url(host, rest.format(quote(HTML, safe=""))))
        self.is_text(visitor)

    def is_text(self, visitor):
        assert visitor.page.locator("img, script:not([src])").count() == 0
        assert not any("alert" in one for one in visitor.complaints)


class TestConsole:
    def test_sites_are_found_and_opened(self, hosting, sign_in):
        host = hosting.new_host()
        hosting.tell(host=host)
        page = sign_in().page
        page.get_by_label("Host").fill(host)
        page.get_by_role("button", name="Find").click()
        page.get_by_role("link", name=host, exact=True).click()
        assert host in page.locator(".eyebrow").text_content()

    def test_a_default_is_tried_made_and_taken_back(self, hosting, sign_in):
        host = hosting.new_host()
        hosting.tell(host=host)
        visitor = sign_in()
        page = visitor.page
        page.get_by_role("link", name="Default of the platform").click()
        page.locator("#p-assistants label.block").click()
        page.get_by_role("button", name="Preview the effect").click()
        told = page.locator("#effects").text_content()
        assert "Assistants: refused" in told
        assert "change." in told
        assert hosting.curl(host, "ChatGPT-User/1.0") == 200, "nothing holds before it is made"
        visitor.shot("default effect")
        page.get_by_role("button", name="Make this change").click()
        page.wait_for_url("**done=saved")
        assert hosting.curl(host, "ChatGPT-User/1.0") == 403
        page.locator("#undo-reason").fill("a mistake")
        page.get_by_role("button", name="Undo the change").click()
        page.get_by_role("button", name="Confirm and save").click()
        page.wait_for_url("**done=undone")
        assert hosting.curl(host, "ChatGPT-User/1.0") == 200

    def test_a_session_ends(self, hosting, sign_in):
        page = sign_in().page
        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("Operator token").wait_for()

    def test_a_wrong_token_is_refused(self, hosting, visit):
        page = visit(hosting.url("console.localhost", "/_gatepost/console")).page
        page.get_by_label("Operator token").fill("gpo_no_such")
        page.get_by_role("button", name="Come in").click()
        assert page.locator("h1").text_content() == "That did not work"
