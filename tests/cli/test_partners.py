"""``gatepost partners`` and ``gatepost notices``, through their door."""

import asyncio
import base64
import re
import shlex
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawler_signing import Crawler
from gatepost.errors import StoreUnavailable
from gatepost.service.access import Access
from gatepost.wiring import SystemClock, open_gate
from house.source_tree import CHECKOUT

ADD = ("partners", "add", "acme", "--name", "Acme Data", "--purpose", "ai-training")
ENDPOINT = "https://acme.example/notices"


@pytest.fixture
def acme(run, rows):
    """An open site, and a partner that fetches what it is told; its secret and its token."""
    run("sites", "add", "blog.example", "--alias", "www.blog.example")
    run("sites", "set", "blog.example", "partner-sharing=allow", "--yes")
    (made,) = rows(*ADD, "--token", "--json")
    return made


def opt_out(run):
    run("sites", "set", "blog.example", "ai-training=block")


def test_a_secret_is_shown_once_and_is_what_standard_webhooks_has(run):
    secret, token = run(*ADD, "--endpoint", ENDPOINT, "--token").stdout.splitlines()
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert re.fullmatch(r"gpo_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", token)
    told = (
        run("partners", "list").stdout
        + run("partners", "show", "acme").stdout
        + run("partners", "show", "acme", "--json").stdout
    )
    assert secret.removeprefix("whsec_") not in told
    assert "Acme Data" in told
    assert f"pushed to {ENDPOINT}" in told


def test_a_secret_is_shown_although_no_token_could_be_made(run, monkeypatch):
    """The partner is there by then, and no other command shows it."""

    async def silent(*_):
        raise StoreUnavailable("the store is down", id="store.down", remedy="Wait.")

    monkeypatch.setattr(Access, "add_token", silent)
    told = run(*ADD, "--endpoint", ENDPOINT, "--token", status=2)
    assert re.search(r"^whsec_[A-Za-z0-9+/=]+$", told.stdout, re.MULTILINE)
    assert "store.down" in told.stderr
    assert "acme" in run("partners", "list").stdout


@pytest.mark.parametrize("time", ["0001-01-01T00:00+02:00", "9999-12-31T23:59-02:00"])
def test_a_time_outside_the_calendar_is_none(run, time):
    run(*ADD)
    assert "(cli.time)" in run("partners", "change", "acme", "--until", time, status=2).stderr


def test_a_token_of_a_partner_is_for_its_notices_only(run, rows):
    run(*ADD, "--token")
    (token,) = rows("tokens", "list", "--json")
    assert (token["actor"], token["scopes"]) == ("partner:acme", ["notices:read", "receipts:write"])
    refused = run("tokens", "add", "partner:acme", "--scope", "sites:read", status=2)
    assert "(access.token.scopes)" in refused.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    {
        "no id": (("No Id", "--name", "x", "--purpose", "search"), "partner.id"),
        "no name": (("x", "--name", " ", "--purpose", "search"), "partner.name"),
        "no purpose": (("x", "--name", "x"), "--purpose"),
        "over before it begins": (
            ("x", "--name", "x", "--purpose", "search", "--since", "2027-01-01", "--until", "2026-12-31"),
            "partner.period",
        ),
        "no time": (("x", "--name", "x", "--purpose", "search", "--since", "soon"), "cli.time"),
        "no URL": (("x", "--name", "x", "--purpose", "search", "--endpoint", "ftp://x.example"), "partner.endpoint"),
        "a user name": (
            ("x", "--name", "x", "--purpose", "search", "--endpoint", "https://u:p@x.example"),
            "partner.endpoint",
        ),
        "plain http": (
            ("x", "--name", "x", "--purpose", "search", "--endpoint", "http://x.example/notices"),
            "Use https",
        ),
        "a port that is never asked": (
            ("x", "--name", "x", "--purpose", "search", "--endpoint", "https://x.example:8443/notices"),
            "port 8443 is not asked (partner.endpoint)",
        ),
        "a wide network": (("x", "--name", "x", "--purpose", "search", "--network", "0.0.0.0/0"), "partner.networks"),
        "a name alone": (("x", "--name", "x", "--purpose", "search", "--crawler", "GPTBot"), "partner.networks"),
        "no key": (("x", "--name", "x", "--purpose", "search", "--crawler-key", "abc"), "partner.keys"),
        "a key that everybody has": (
            ("x", "--name", "x", "--purpose", "search", "--crawler-key", "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs"),
            "partner.keys",
        ),
        "no such crawler": (
            ("x", "--name", "x", "--purpose", "search", "--crawler", "NoBot", "--network", "192.0.2.0/24"),
            "partner.crawlers",
        ),
    }.values(),
)
def test_a_partner_that_could_not_be_kept_to_its_licence_is_not_added(run, rows, words, told):
    assert told in run("partners", "add", *words, status=2).stderr
    assert rows("partners", "list", "--json") == []


def test_a_crawler_may_have_keys_in_place_of_networks(run, rows):
    one, other = Crawler().x, Crawler().x
    run(*ADD, "--crawler", "GPTBot", "--crawler-key", one)
    assert f"keys        {one}" in run("partners", "show", "acme").stdout
    run("partners", "change", "acme", "--crawler-key", one, "--crawler-key", other)
    assert rows("partners", "show", "acme", "--json")[0]["keys"] == sorted([one, other])
    assert "(partner.networks)" in run("partners", "change", "acme", "--crawler-key", "", status=2).stderr
    run("partners", "change", "acme", "--crawler-key", "", "--network", "192.0.2.0/24")
    assert rows("partners", "list", "--json")[0]["keys"] == []
    run("record", "verify")


def test_plain_http_is_for_closed_networks(run, monkeypatch):
    plain = ("--endpoint", "http://127.0.0.1:8090/notices")
    run(*ADD)
    refused = run("partners", "change", "acme", "--endpoint", "http://acme.example/notices", status=2).stderr
    assert "nothing is sent over plain http (partner.endpoint)\n  Use https; private_addresses = true" in refused
    monkeypatch.setenv("GATEPOST_PRIVATE_ADDRESSES", "true")
    run("partners", "change", "acme", *plain)
    monkeypatch.delenv("GATEPOST_PRIVATE_ADDRESSES")
    run("partners", "change", "acme", "--contact", "data@acme.example")
    run("partners", "rotate", "acme")
    assert ", ended on " in run("partners", "end", "acme").stdout, "what was allowed once is in nobody's way"


@pytest.mark.parametrize(
    "secret", ["whsec_no base64", "whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMj", "MTIzNDU2Nzg5MDEy", "whsec_"]
)
def test_a_secret_that_cannot_sign_is_refused_and_can_be_replaced(run, secret):
    run(*ADD, "--endpoint", ENDPOINT)

    async def spoil():
        gate = open_gate()
        acme = await gate.partners.show("acme")
        await gate.store.keep_partner(replace(acme, secrets=(secret,)), SystemClock().now(), acme)
        await gate.close()

    asyncio.run(spoil())
    refused = run("partners", "change", "acme", "--name", "Acme", status=2).stderr
    assert "(partner.secret)\n  Make a new one: gatepost partners rotate acme." in refused
    assert secret not in refused.replace("whsec_ and base64", "")
    run("partners", "rotate", "acme")
    assert "1 in use" in run("partners", "show", "acme").stdout
    run("partners", "change", "acme", "--name", "Acme")
    asyncio.run(spoil())
    assert ", ended on " in run("partners", "end", "acme").stdout, "an end is never in the way of anything"


def test_an_id_is_given_once(run):
    run(*ADD)
    assert "(partner.taken)" in run(*ADD, status=2).stderr
    assert "(partner.unknown)" in run("partners", "show", "other", status=2).stderr


def test_a_licence_is_changed_and_ended(run, rows):
    run(*ADD, "--since", "2030-01-01", "--stop-days", "1", "--remove-days", "10")
    assert "1 Jan 2030" in run("partners", "list").stdout, "one that is to come is allowed"
    run("partners", "change", "acme", "--since", "2026-01-01", "--until", "2040-12-31", "--purpose", "ai-answers")
    (row,) = rows("partners", "list", "--json")
    assert (row["purposes"], row["until"], row["stop_days"], row["remove_days"]) == (
        ["ai-answers"],
        "2040-12-31T00:00:00+00:00",
        1,
        10,
    )
    run("partners", "change", "acme", "--until", "open")
    assert rows("partners", "show", "acme", "--json")[0]["until"] is None
    assert ", ended on " in run("partners", "end", "acme").stdout
    assert ", ended on " in run("partners", "list").stdout


def test_secrets_take_turns(run, rows):
    run(*ADD)
    first, second = (run("partners", "rotate", "acme").stdout.strip() for _ in range(2))
    assert first != second
    assert rows("partners", "show", "acme", "--json")[0]["secrets"] == 3
    refused = run("partners", "rotate", "acme", status=2).stderr
    assert "(partner.secrets)" in refused
    assert "--finish" in refused
    assert run("partners", "rotate", "acme", "--finish").stdout == "acme: 2 secrets gone\n"


def test_what_a_partner_was_told_and_what_it_has_done(run, rows, acme):
    assert rows("notices", "list", "--json") == [], "what was open before is nothing new"
    opt_out(run)
    (row,) = rows("notices", "list", "--site", "www.blog.example", "--json")
    assert (row["partner"], row["action"], row["state"], row["open"], row["overdue"]) == (
        "acme",
        "remove_past",
        "waiting",
        True,
        False,
    )
    text = run("notices", "list", "--partner", "acme", "--open").stdout
    told = "Acme Data is to be told to stop and to remove the past, and has not got it yet."
    assert text == f"{row['notice']}  blog.example, ai-training: {told}\n"
    assert run("notices", "list", "--overdue").stdout == ""
    run("sites", "set", "blog.example", "ai-training=allow", "--yes")
    assert [one["state"] for one in rows("notices", "list", "--json")] == ["replaced", "waiting"]
    assert "(partner.unknown)" in run("notices", "list", "--partner", "other", status=2).stderr


def test_what_a_partner_writes_is_no_line_of_ours(run, rows, acme, folder):
    """A worker of the version before may have taken it."""
    opt_out(run)
    run("notices", "list")
    with sqlite3.connect(folder / "sites.db") as database:
        said = "\x1b[2Jno\nntc_0  all is well"
        database.execute("UPDATE duties SET refused = stop_by, reason = ?", (said,))
    (line,) = run("notices", "list").stdout.splitlines()
    assert line.endswith(r'and refuses: "\x1b[2Jno\nntc_0  all is well"')
    (row,) = rows("notices", "list", "--open", "--json")
    assert (row["state"], row["reason"]) == ("refused", said)


def test_what_is_owed_by_a_site_that_has_no_host_any_more_is_found_by_its_id(run, rows, acme, folder):
    opt_out(run)
    run("sites", "add", "next.example")
    run("sites", "set", "blog.example", "--visibility", "deleted")
    for host in rows("sites", "show", "blog.example", "--json")[0]["hosts"]:
        run("sites", "move-host", host, "--to", "next.example", "--reason", "sold")
    assert rows("notices", "list", "--site", "blog.example", "--json") == [], "it is another site's now"
    assert rows("notices", "list", "--site", "id:blog.example", "--json")
    refused = run("ledger", "complaint", "--site", "id:blog.example", "pack.zip", status=2).stderr
    assert "has no host any more" in refused
    run("notices", "remove-item", "--site", "id:blog.example", "--item", "4711")


def test_what_is_overdue_ends_with_a_finding(run, rows, acme, monkeypatch):
    opt_out(run)
    run("notices", "list")
    monkeypatch.setattr(SystemClock, "now", lambda _: datetime.now(UTC) + timedelta(days=5))
    assert run("notices", "list", "--overdue", status=1).stdout.endswith(" Overdue by 2 days.\n")
    (row,) = rows("notices", "list", "--site", "blog.example", "--json", status=1)
    assert row["overdue"]


def test_all_that_is_overdue_is_listed(run, rows, acme, monkeypatch):
    monkeypatch.setattr("gatepost.service.partners._PAGE", 2)
    for item in "12345":
        run("notices", "remove-item", "--site", "blog.example", "--item", item)
    monkeypatch.setattr(SystemClock, "now", lambda _: datetime.now(UTC) + timedelta(days=5))
    assert [row["item"] for row in rows("notices", "list", "--overdue", "--json", status=1)] == list("12345")


def test_an_item_is_removed_by_who_knew_its_site(run, rows, acme):
    run("sites", "add", "private.example")
    told = run("notices", "remove-item", "--site", "blog.example", "--item", "7", "--url", "https://blog.example/7")
    assert re.fullmatch(r"ntc_[0-9a-f]{32}  acme\n", told.stdout)
    (row,) = rows("notices", "list", "--json")
    assert (row["item"], row["purpose"]) == ("7", None)
    wrong = run("notices", "remove-item", "--site", "blog.example", "--item", "7", "--url", "blog.example/7", status=2)
    assert "(notice.item.url)" in wrong.stderr
    other = run("notices", "remove-item", "--site", "private.example", "--item", "7")
    assert (other.stdout, other.stderr) == ("", "no partners to be told\n")


def test_the_digest_has_the_last_word_of_the_day(run, rows, acme):
    opt_out(run)
    (row,) = rows("notices", "list", "--json")
    day = row["since"][:10]
    digest = ("notices", "digest", "--partner", "acme", "--day", day)
    (asked,) = rows(*digest, "--json")
    assert (asked["site"], asked["hosts"], asked["action"]) == (
        "blog.example",
        ["blog.example", "www.blog.example"],
        "remove_past",
    )
    assert run(*digest).stdout == "blog.example, ai-training: remove_past\n"
    run("sites", "set", "blog.example", "ai-training=allow", "--yes")
    assert run(*digest).stdout == "", "it may be used again"
    run("sites", "set", "blog.example", "partner-sharing=refuse")
    assert len(rows(*digest, "--json")) == 1
    assert run("notices", "digest", "--partner", "acme", "--day", "2020-01-01").stdout == ""
    assert "(cli.day)" in run("notices", "digest", "--partner", "acme", "--day", "today", status=2).stderr


def test_what_is_open_is_pushed_again(run, rows, acme):
    opt_out(run)
    assert "(partner.endpoint)" in run("notices", "resend", "--partner", "acme", status=2).stderr
    assert rows("notices", "list", "--json")[0]["due"] is None
    run("partners", "change", "acme", "--endpoint", ENDPOINT)
    (row,) = rows("notices", "list", "--json")
    assert row["due"] is not None, "one that is to be reached elsewhere has all that is open pushed there"
    words = ("notices", "resend", "--partner", "acme", "--notice")
    assert run(*words, row["notice"]).stdout == "acme: 1 to be pushed again\n"
    assert "(partner.notice)" in run(*words, "ntc_no", status=2).stderr


def test_all_sites_are_looked_at_again(run, acme):
    assert run("notices", "check").stderr == "all sites were looked at\n"


def test_the_lines_of_the_docs_run(run):
    """Every command of docs/partners.md, from the contract to its end."""
    text = (CHECKOUT / "docs" / "partners.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert len(lines) >= 15
    for line in lines:
        run(*shlex.split(line.removeprefix("$ gatepost ")))
