"""Data partners, as an owner sees them and ends their access, in a real browser."""

import pytest

pytestmark = pytest.mark.slow

TRAINING = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; GPTBot/1.4; +https://openai.com/gptbot"


@pytest.mark.parametrize("script", [True, False], ids=["javascript", "plain"])
def test_one_button_ends_it_and_says_first_what_partners_are_told(hosting, visit, script):
    host = hosting.new_host()
    hosting.tell(partner="acme", name="Acme Data", crawler="GPTBot", network="127.0.0.0/12")
    visitor = visit(hosting.tell(host=host, wishes=["partner-sharing=allow"]), java_script_enabled=script)
    page = visitor.page
    partners = page.locator("#partners")
    assert "Your content may be handed to it for AI training." in partners.text_content()
    hosting.tell(host=host, wishes=["ai-training=license"])
    page.reload()
    assert "GPTBot is let in under this licence" in partners.text_content()
    assert hosting.curl(host, TRAINING) == 200
    visitor.shot(f"partners {'with' if script else 'without'} javascript")
    partners.get_by_role("button").click()
    page.locator("#sharing input[value=refuse]:checked").wait_for(state="attached")
    assert hosting.curl(host, TRAINING) == 200, "nothing holds before it is saved"
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**done=saved")
    assert hosting.curl(host, TRAINING) == 402
    assert "GPTBot is refused." in partners.text_content()
    assert "Nothing of this site is handed to it." in partners.text_content()
    assert visitor.complaints == []
