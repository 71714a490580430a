"""What an owner comes for: opt out, see it before saving, see it hold, find it again and take it back."""

from datetime import date, timedelta

import pytest

TRAINING = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; GPTBot/1.4; +https://openai.com/gptbot"
SEARCH = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"

pytestmark = pytest.mark.slow


@pytest.fixture
def host(hosting):
    return hosting.new_host()


def choose(page, purpose, stance):
    page.locator(f"#p-{purpose} label.{stance}").click()


def lines_of(page):
    """robots.txt as the preview has it, with the marks of what is new and what goes."""
    read = "rows => rows.map(row => row.firstElementChild?.lastChild?.data ?? '')"
    marks = {"added": "+ ", "removed": "- "}
    rows = page.locator("#text-robots li:not(.gap)")
    classes = rows.evaluate_all("rows => rows.map(row => row.classList[0] ?? '')")
    return [marks.get(kind, "") + text for kind, text in zip(classes, rows.evaluate_all(read), strict=True)]


def stays_off(page):
    """The preview follows the choices."""
    page.locator("#preview .verdicts .stop").first.wait_for()


def test_out_of_training_in_two_clicks(hosting, visit, host):
    visitor = visit(hosting.tell(host=host))
    page = visitor.page
    assert hosting.curl(host, TRAINING) == 200
    choose(page, "ai-training", "block")
    stays_off(page)
    assert "User-agent: GPTBot" in page.locator("#text-robots").text_content()
    assert "GPTBot is asked to stay away" in page.locator("#preview .verdicts").text_content()
    assert "Googlebot may read the front page" in page.locator("#preview .verdicts").text_content()
    assert hosting.curl(host, TRAINING) == 200, "nothing holds before it is saved"
    visitor.shot("story preview before saving")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**done=saved")
    assert (hosting.curl(host, TRAINING), hosting.curl(host, SEARCH)) == (403, 200)
    assert "AI training is refused." in page.locator("h1").text_content()
    newest = page.locator(".history > li").first
    assert "now: AI training: refused" in newest.text_content()
    assert "zoë" in newest.text_content()
    visitor.shot("story saved")
    newest.get_by_role("button").click()
    page.get_by_role("button", name="Confirm and save").click()
    page.wait_for_url("**done=undone")
    assert hosting.curl(host, TRAINING) == 200
    assert visitor.complaints == ["Failed to load resource: the server responded with a status of 409 (Conflict)"]


def test_the_same_without_javascript(hosting, visit, host):
    page = visit(hosting.tell(host=host), java_script_enabled=False).page
    choose(page, "ai-training", "block")
    page.get_by_role("button", name="Preview", exact=True).click()
    assert "User-agent: GPTBot" in page.locator("#text-robots").text_content()
    assert hosting.curl(host, TRAINING) == 200
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**done=saved")
    assert hosting.curl(host, TRAINING) == 403
    page.locator(".history > li").first.get_by_role("button").click()
    page.get_by_role("button", name="Confirm and save").click()
    page.wait_for_url("**done=undone")
    assert hosting.curl(host, TRAINING) == 200


def test_the_same_with_the_keyboard_alone(hosting, visit, host):
    page = visit(hosting.tell(host=host)).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "ai-training":
            break
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    stays_off(page)
    page.keyboard.press("Enter")
    page.wait_for_url("**done=saved")
    assert hosting.curl(host, TRAINING) == 403


def test_opting_in_is_named_before_it_holds(hosting, visit, host):
    visitor = visit(hosting.tell(host=host, wishes=["ai-training=block"]))
    page = visitor.page
    choose(page, "ai-training", "allow")
    page.locator("#consequences").wait_for(state="attached")
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.locator("dialog")
    assert "AI training is no longer held back" in dialog.text_content()
    visitor.shot("dialog")
    assert hosting.curl(host, TRAINING) == 403
    dialog.get_by_role("button", name="Confirm and save").click()
    page.wait_for_url("**done=saved")
    assert hosting.curl(host, TRAINING) == 200


def test_search_is_touched_only_by_a_box_that_is_ticked(hosting, visit, host):
    page = visit(hosting.tell(host=host), java_script_enabled=False).page
    choose(page, "search", "block")
    page.get_by_role("button", name="Save", exact=True).click()
    assert "The whole site may disappear from search results." in page.locator("main").text_content()
    page.get_by_role("button", name="Confirm and save").click()
    assert hosting.curl(host, SEARCH) == 200
    page.get_by_label("Yes, search is meant to be told no").check()
    page.get_by_role("button", name="Confirm and save").click()
    page.wait_for_url("**done=saved")
    assert hosting.curl(host, SEARCH) == 403


def test_a_lost_race_keeps_what_was_chosen(hosting, visit, host):
    page = visit(hosting.tell(host=host)).page
    choose(page, "ai-training", "ask")
    stays_off(page)
    hosting.tell(host=host, wishes=["assistants=block"])
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("alert").wait_for()
    assert "Somebody else changed this meanwhile" in page.get_by_role("alert").text_content()
    assert page.locator("#p-ai-training input[value=ask]").is_checked()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**done=saved")


def test_a_path_that_is_none_is_told_and_kept(hosting, visit, host):
    page = visit(hosting.tell(host=host), java_script_enabled=False).page
    page.get_by_role("textbox", name="New exception").fill("press")
    page.locator("#paths select").nth(1).select_option("block")
    page.get_by_role("button", name="Save", exact=True).click()
    assert "A path begins with /" in page.get_by_role("alert").text_content()
    assert page.locator("#paths input").first.input_value() == "press"


def test_a_path_exception_holds_and_goes(hosting, visit, host):
    page = visit(hosting.tell(host=host), java_script_enabled=False).page
    page.get_by_role("textbox", name="New exception").fill("/press/")
    page.locator("#paths select").nth(1).select_option("block")
    page.get_by_role("button", name="Save", exact=True).click()
    assert (hosting.curl(host, TRAINING, "/press/x"), hosting.curl(host, TRAINING)) == (403, 200)
    page.locator("#paths select").nth(1).select_option("inherit")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Confirm and save").click()
    assert hosting.curl(host, TRAINING, "/press/x") == 200


def test_a_choice_for_a_time_holds_then_and_is_taken_back(hosting, visit, host):
    """From yesterday on, so that it holds at once; without JavaScript, as with it."""
    page = visit(hosting.tell(host=host), java_script_enabled=False).page
    choose(page, "ai-training", "block")
    page.get_by_label("From the start of").fill((date.today() - timedelta(days=1)).isoformat())
    page.get_by_label("Until the start of").fill((date.today() + timedelta(days=9)).isoformat())
    page.get_by_role("button", name="Save", exact=True).click()
    assert hosting.curl(host, TRAINING) == 403
    assert "until" in page.locator("section.headline").text_content()
    assert page.locator("#p-ai-training input:checked").get_attribute("value") == "inherit"
    page.get_by_role("button", name="Take back").click()
    page.get_by_role("button", name="Confirm and save").click()
    assert hosting.curl(host, TRAINING) == 200


def test_what_is_copied_is_the_whole_file_as_it_would_be(hosting, visit, host):
    visitor = visit(hosting.tell(host=host), permissions=["clipboard-read", "clipboard-write"])
    page = visitor.page
    choose(page, "ai-training", "block")
    stays_off(page)
    page.get_by_role("button", name="Copy").first.click()
    page.get_by_role("button", name="Copied").wait_for()
    address = page.locator(".pane.robots [data-file]").get_attribute("href")
    file = page.evaluate("async address => (await fetch(address)).text()", address)
    assert "User-agent: GPTBot" in file
    assert page.evaluate("navigator.clipboard.readText()") == file
    page.locator("#robots-txt").fill("User-agent: *\nDisallow: /mine/\n")
    page.get_by_text("With your own lines as they are typed.").wait_for()
    assert page.get_by_role("button", name="Copy").count() == 0


def test_a_choice_for_a_time_to_come_is_previewed_as_it_will_be_then(hosting, visit, host):
    visitor = visit(hosting.tell(host=host))
    page = visitor.page
    choose(page, "ai-training", "block")
    page.get_by_text("Only for a time").click()
    page.get_by_label("From the start of").fill("2099-12-01")
    page.get_by_label("Until the start of").fill("2100-03-01")
    then = page.get_by_role("button", name="from 1 December 2099")
    then.wait_for()
    assert then.get_attribute("aria-pressed") == "true"
    assert page.locator("#preview .verdict-line").text_content().startswith("From 1 December 2099: ")
    assert "+ User-agent: GPTBot" in lines_of(page)
    page.get_by_role("button", name="Now", exact=True).click()
    page.get_by_text("No file changes; the choice is kept once you save.").wait_for()
    assert not any("GPTBot" in line for line in lines_of(page))
    page.get_by_role("button", name="from 1 March 2100").click()
    page.get_by_text("From 1 March 2100: ").wait_for()
    assert "- User-agent: GPTBot" in lines_of(page)
    assert visitor.complaints == []
    visitor.shot("preview at a date")


def test_the_same_look_at_a_date_without_javascript(hosting, visit, host):
    page = visit(hosting.tell(host=host), java_script_enabled=False).page
    choose(page, "ai-training", "block")
    page.get_by_label("From the start of").fill("2099-12-01")
    page.get_by_role("button", name="Preview", exact=True).click()
    assert "+ User-agent: GPTBot" in lines_of(page)
    page.get_by_role("button", name="Now", exact=True).click()
    assert not any("GPTBot" in line for line in lines_of(page))
    assert page.get_by_label("From the start of").input_value() == "2099-12-01"


def test_every_file_tells_where_its_lines_come_from(hosting, visit, host):
    page = visit(hosting.tell(host=host, wishes=["ai-training=license", "/press/:ai-training=allow"])).page
    causes = {
        "robots": ("User-agent: GPTBot", "AI training, your choice"),
        "ai": ("Allow: /press/", "AI training, your exception for /press/"),
        "fields": ("tdm-reservation: 1", "AI training, your choice"),
        "tdmrep": ('    "tdm-reservation": 0', "AI training, your exception for /press/"),
        "rsl": ('      <permits type="usage">ai-train</permits>', "AI training, your choice"),
        "words": ("Archives and research: asked not to", "Archives and research, default of the platform"),
    }
    for tab, (line, cause) in causes.items():
        page.locator(f"label[for=tab-{tab}]").click()
        row = page.locator(f"#text-{tab} li").filter(has=page.get_by_text(line, exact=True)).first
        assert row.locator("a").first.text_content() == cause
        anchor = row.locator("a").first.get_attribute("href")
        assert page.locator(anchor).count() == 1


def test_plain_words_are_the_readers(hosting, visit, host):
    page = visit(hosting.tell(host=host, wishes=["ai-training=block"]), locale="fr-FR").page
    page.locator("label[for=tab-words]").click()
    assert "Entraînement d’IA : refusé" in page.locator("#text-words").text_content()
    served = page.locator(".pane.words").get_by_role("link", name="Tel que servi, en anglais").get_attribute("href")
    kept = page.locator(".pane.words").get_by_role("link", name="Télécharger").get_attribute("href")
    page.goto(hosting.url(host, served))
    assert "AI training: refused" in page.locator("body").text_content()
    with page.expect_download() as download:
        page.evaluate("address => location.assign(address)", kept)
    assert "Entraînement d’IA : refusé" in download.value.path().read_text()


def test_dates_without_a_choice_are_told_and_kept(hosting, visit, host):
    page = visit(hosting.tell(host=host), java_script_enabled=False).page
    page.get_by_label("From the start of").fill("2099-01-01")
    page.get_by_role("button", name="Save", exact=True).click()
    assert "Dates are for a choice" in page.get_by_role("alert").text_content()
    assert page.get_by_label("From the start of").input_value() == "2099-01-01"


def test_an_exception_for_one_crawler(hosting, visit, host):
    page = visit(hosting.tell(host=host)).page
    page.get_by_role("link", name="Show all").click()
    page.get_by_label("Find a crawler").fill("ccbot")
    page.get_by_text("2 of 2 shown").or_(page.get_by_text("1 of 1 shown")).wait_for()
    page.get_by_label("Your exception for CCBot", exact=True).select_option("block")
    page.get_by_label("Save the exception for CCBot", exact=True).click()
    page.wait_for_url("**done=saved")
    assert (hosting.curl(host, "CCBot/2.0"), hosting.curl(host, TRAINING)) == (403, 200)


@pytest.mark.parametrize("script", [True, False])
def test_the_list_of_crawlers_goes_on(hosting, visit, host, script):
    visitor = visit(hosting.tell(host=host), java_script_enabled=script)
    page = visitor.page
    page.get_by_role("link", name="Show all").click()
    page.get_by_text("1–50 of").wait_for()
    first = page.locator("#crawlers-found .name").first.text_content()
    page.get_by_role("link", name="Next crawlers").click()
    page.get_by_text("51–100 of").wait_for()
    assert page.locator("#crawlers-found .name").first.text_content() != first
    page.get_by_role("link", name="Crawlers before these").click()
    page.get_by_text("1–50 of").wait_for()
    assert page.locator("#crawlers-found .name").first.text_content() == first
    assert visitor.complaints == []


def test_a_crawler_is_tried(hosting, visit, host):
    page = visit(hosting.tell(host=host, wishes=["ai-training=block"])).page
    page.get_by_label("Crawler or user agent").fill(TRAINING)
    page.get_by_role("button", name="Try").click()
    page.locator("#test-answer .verdicts").wait_for()
    told = page.locator("#test-answer").text_content()
    assert "robots.txt asks GPTBot to stay away" in told
    assert "The server: refused (403)" in told
    assert "your choice" in told


def test_a_choice_that_is_not_saved_is_tried(hosting, visit, host):
    visitor = visit(hosting.tell(host=host))
    page = visitor.page
    choose(page, "ai-training", "block")
    page.get_by_label("Address or path").fill(hosting.url(host, "/press/"))
    page.get_by_label("Crawler or user agent").fill(TRAINING)
    page.get_by_role("button", name="Try").click()
    page.locator("#test-answer .verdicts").wait_for()
    assert "The server: refused (403)" in page.locator("#test-answer").text_content()
    assert hosting.curl(host, TRAINING) == 200
    page.get_by_label("Address or path").fill("https://other.example/")
    page.get_by_role("button", name="Try").click()
    page.locator("#test-answer .bad").wait_for()
    assert "This address is not one of this site’s." in page.locator("#test-answer").text_content()
    assert visitor.complaints == []


def test_the_same_try_without_javascript(hosting, visit, host):
    page = visit(hosting.tell(host=host), java_script_enabled=False).page
    choose(page, "ai-training", "block")
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_label("Crawler or user agent").fill(TRAINING)
    page.get_by_role("button", name="Try").click()
    assert "The server: refused (403)" in page.locator("main").text_content()
    page.get_by_role("link", name="Link to this answer").click()
    assert "The server: refused (403)" in page.locator("main").text_content()


def test_an_own_robots_txt_is_kept_and_its_oddities_are_told(hosting, visit, host):
    page = visit(hosting.tell(host=host), java_script_enabled=False).page
    page.get_by_label("Your lines").fill("User-agent: *\nDisallow: /cart/\nnonsense\n")
    page.get_by_role("button", name="Save your lines").click()
    page.wait_for_url("**done=saved")
    assert "Line 3" in page.locator(".oddities").text_content()
    assert "your line 2" in page.locator("#text-robots").text_content()


def test_own_lines_and_exceptions_are_previewed_before_they_are_saved(hosting, visit, host):
    visitor = visit(hosting.tell(host=host))
    page = visitor.page
    page.get_by_label("Your lines", exact=True).fill("User-agent: *\nDisallow: /cart/\n")
    page.get_by_text("With your own lines as they are typed.").wait_for()
    assert "+ Disallow: /cart/" in lines_of(page)
    page.get_by_role("link", name="Show all").click()
    page.get_by_label("Find a crawler").fill("ccbot")
    page.get_by_text("2 of 2 shown").or_(page.get_by_text("1 of 1 shown")).wait_for()
    page.get_by_label("Your exception for CCBot", exact=True).select_option("block")
    page.get_by_text("With the exceptions for crawlers as they are chosen.").wait_for()
    assert "+ User-agent: CCBot" in lines_of(page)
    assert hosting.curl(host, "CCBot/2.0") == 200
    assert visitor.complaints == []


def test_what_stands_in_the_way_is_told_first(hosting, visit, host):
    visitor = visit(hosting.tell(host=host, visibility="private"))
    told = visitor.page.locator(".notice.warn")
    assert "This site is private. Every crawler is refused" in told.text_content()
    assert visitor.page.evaluate(
        "document.querySelector('.notice.warn').compareDocumentPosition(document.querySelector('#choices')) & 4"
    )
    visitor.shot("private")


def test_where_it_is_live_is_asked_from_outside(hosting, visit, host):
    """The page does not wait for it: it comes by itself, and without JavaScript by a link."""
    visitor = visit(hosting.tell(host=host))
    visitor.page.get_by_text("Live at 1 of 1 addresses since").wait_for()
    assert hosting.page_url(host, "/reach") in visitor.requests
    assert visitor.complaints == []
    plain_host = hosting.new_host()
    page = visit(hosting.tell(host=plain_host), java_script_enabled=False).page
    assert "Live at" not in page.locator("main").text_content()
    page.get_by_role("link", name="Ask from outside").click()
    assert "Live at 1 of 1 addresses since" in page.locator("main").text_content()
    assert page.get_by_role("button", name="Save", exact=True).first.is_visible()
