"""`gatepost sites`: every change with its actor, its effect and its revision."""

import re
import shlex

import pytest


def told(resolved):
    return resolved["stance"], resolved["origin"]


def test_the_use_of_the_design_works(run, rows):
    run("sites", "add", "blog.example", "--alias", "www.blog.example")
    run("sites", "set", "blog.example", "ai-training=block", "partner-sharing=refuse")
    [site] = rows("sites", "list", "--json")
    assert site == {
        "id": "blog.example",
        "hosts": ["blog.example", "www.blog.example"],
        "visibility": "public",
        "wishes": ["ai-training=block", "partner-sharing=refuse"],
        "robots_txt": "",
        "region": "",
        "plan": "",
        "kept": [],
        "revision": 2,
    }


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("Blog.Example", "blog.example"),
        ("https://user@blog.example:8443/path?q#f", "blog.example"),
        ("blog.example/path", "blog.example"),
        ("blog.example.", "blog.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example:443", "xn--bcher-kva.example"),
        ("http://例え.テスト/", "xn--r8jz45g.xn--zckzah"),
        ("ｂｌｏｇ．example", "blog.example"),
        ("192.0.2.7", "192.0.2.7"),
        ("[2001:DB8::1]:80", "[2001:db8::1]"),
    ],
)
def test_a_host_may_be_written_as_people_do(rows, run, text, host):
    run("sites", "add", text)
    assert rows("sites", "list", "--json")[0]["hosts"] == [host]


@pytest.mark.parametrize(
    "text", ["", "a b", "a..b", "http://[::1", "ex\u2024.", "a" * 64 + ".example", "127.1", "xn--ü"]
)
def test_what_is_no_host_is_told(run, text):
    assert "(cli.host)" in run("sites", "add", text, status=2).stderr


def test_the_effect_is_told_in_words(run):
    run("sites", "add", "blog.example")
    assert run("sites", "set", "blog.example", "ai-training=block").stdout.splitlines() == [
        "blog.example",
        "  + ai-training=block",
        "GPTBot and 5 other crawlers are now asked and refused.",
        "Google-Extended and 1 other crawler are now asked.",
        "revision 2",
    ]


def test_taking_it_back_is_told_too(run, blog):
    lines = run("sites", "set", blog, "ai-training=inherit", "--yes").stdout.splitlines()
    assert "  - ai-training=block" in lines
    assert "GPTBot and 7 other crawlers are now neither asked nor refused." in lines


def test_nothing_to_change_leaves_the_revision(run, blog):
    assert run("sites", "set", blog, "ai-training=block").stdout == f"{blog}: nothing to change; revision 2\n"


def test_search_needs_its_own_confirmation(run, rows, blog):
    assert "(statement.search.unconfirmed)" in run("sites", "set", blog, "search=block", status=2).stderr
    run("sites", "set", blog, "search=block", "--confirm-search")
    assert told(rows("sites", "show", blog, "--json")[0]["resolved"]["search"]) == ("block", "site")


def test_an_own_file_that_closes_search_is_refused_before_anything_is_saved(run, rows, blog, folder):
    (folder / "own.txt").write_text("User-agent: *\nDisallow: /\n", encoding="utf-8")
    words = ("sites", "set", blog, "archives=block", "--visibility", "private", "--robots-txt", "own.txt")
    refused = run(*words, status=2).stderr
    assert "(statement.search.unconfirmed)" in refused
    assert "--confirm-search" in refused
    [site] = rows("sites", "show", blog, "--json")
    assert (site["revision"], site["visibility"], site["robots_txt"]) == (2, "public", "")
    run(*words, "--confirm-search")
    [site] = rows("sites", "show", blog, "--json")
    assert (site["visibility"], site["robots_txt"]) == ("private", "User-agent: *\nDisallow: /\n")


def test_what_allows_more_needs_the_line_that_the_first_attempt_prints(run, rows, blog):
    asked = run("sites", "set", blog, "ai-training=allow", "--reason", "my new book", status=2).stderr
    assert "(consent.widening.unconfirmed)" in asked
    assert rows("sites", "show", blog, "--json")[0]["revision"] == 2
    line = shlex.split(asked[asked.index("repeat: ") + len("repeat: ") :])
    assert "revision 3" in run(*line[1:]).stdout
    last = rows("sites", "history", blog, "--json")[-1]
    assert (last["change"], last["reason"]) == ("ai-training=allow  partner-sharing=refuse", "my new book")


@pytest.mark.parametrize("actor", ["operator:ann", "migration:import", "platform:hosting"])
def test_nobody_allows_more_in_an_owners_name_without_saying_why(run, blog, actor):
    asked = run("sites", "set", blog, "ai-training=allow", "--actor", actor, "--yes", status=2)
    assert "(consent.actor)" in asked.stderr


def test_the_platform_speaks_for_sites_that_say_nothing(run, rows, blog):
    run("sites", "set", "--platform", "ai-answers=ask")
    resolved = rows("sites", "show", blog, "--json")[0]["resolved"]
    assert told(resolved["ai-answers"]) == ("ask", "platform")
    [platform] = rows("sites", "show", "--platform", "--json")
    assert (platform["wishes"], platform["resolved"]["ai-answers"]["origin"]) == (["ai-answers=ask"], "platform")


def test_the_narrowest_default_speaks_and_is_named(run, rows):
    run("sites", "add", "blog.example", "--region", "eu")
    run("sites", "set", "--platform", "ai-training=ask")
    run("sites", "set", "--region", "eu", "ai-training=block")
    [site] = rows("sites", "show", "blog.example", "--json")
    assert (site["region"], site["plan"]) == ("eu", "")
    assert told(site["resolved"]["ai-training"]) == ("block", "region eu")
    assert rows("sites", "show", "--region", "eu", "--json")[0]["wishes"] == ["ai-training=block"]
    assert [site["id"] for site in rows("sites", "list", "--json")] == ["blog.example"]


def test_a_site_that_moves_keeps_what_was_stricter(run, rows):
    run("sites", "add", "blog.example", "--region", "eu")
    run("sites", "set", "--region", "eu", "ai-training=block")
    assert "  + region us" in run("sites", "set", "blog.example", "--region", "us").stdout
    [site] = rows("sites", "show", "blog.example", "--json")
    assert told(site["resolved"]["ai-training"]) == ("block", "kept at a move")
    [row] = rows("explain", "--site", "blog.example", "--user-agent", "GPTBot", "--json")
    assert (row["action"], row["origin"]) == ("block", "kept at a move")
    assert "placement-changed: region us" in run("sites", "history", "blog.example").stdout


def test_a_default_is_opened_by_the_platform_with_a_reason(run):
    run("sites", "set", "--plan", "free", "ai-training=block")
    assert "(consent.actor)" in run("sites", "set", "--plan", "free", "ai-training=allow", status=2).stderr
    asked = run("sites", "set", "--plan", "free", "ai-training=allow", "--reason", "new terms", status=2).stderr
    line = shlex.split(asked[asked.index("repeat: ") + len("repeat: ") :])
    assert "revision 2" in run(*line[1:]).stdout


def test_a_change_is_undone_and_what_that_allows_is_asked(run, rows, blog):
    run("sites", "set", blog, "archives=block")
    asked = run("sites", "undo", blog, status=2).stderr
    line = shlex.split(asked[asked.index("repeat: ") + len("repeat: ") :])
    assert "  - archives=block" in run(*line[1:]).stdout.splitlines()
    [site] = rows("sites", "show", blog, "--json")
    assert site["wishes"] == ["ai-training=block", "partner-sharing=refuse"]
    assert rows("sites", "history", blog, "--json")[-1]["reason"] == "undo of revision 3"


def test_a_default_is_previewed_by_counting_and_changes_nothing(run, rows, blog):
    for name in ("eu.example", "said.example", "us.example"):
        run("sites", "add", name, "--region", name[:2] if name != "said.example" else "eu")
    run("sites", "set", "said.example", "ai-training=ask")
    words = ["sites", "set", "--region", "eu", "ai-training=block", "--preview"]
    assert run(*words).stdout == ("1 sites change (for 0 of them more is allowed), 1 explicit choices untouched\n")
    assert rows("sites", "show", "--region", "eu", "--json")[0]["revision"] == 0
    assert run("sites", "set", "--platform", "archives=allow", "--preview").stdout.startswith(
        "4 sites change (for 4 of them more is allowed)"
    )


def test_show_for_people(run, blog):
    run("sites", "set", blog, "/press/:ai-training=allow", "--yes")
    lines = run("sites", "show", blog).stdout.splitlines()
    assert lines[0] == "blog.example, www.blog.example"
    assert any(re.fullmatch(r"  ai-training     block         from site since \d{4}-\d\d-\d\d", line) for line in lines)
    assert "  exceptions      /press/:ai-training=allow" in lines


def test_everything_may_be_set_at_once(run, rows, blog, folder):
    (folder / "own.txt").write_text("User-agent: *\nDisallow: /drafts/\n", encoding="utf-8")
    words = ["--visibility", "private", "--robots-txt", "own.txt", "--alias", "b.example", "--actor", "operator:ann"]
    run("sites", "set", blog, "GPTBot=block", *words)
    [site] = rows("sites", "show", blog, "--json")
    assert (site["visibility"], site["robots_txt"]) == ("private", "User-agent: *\nDisallow: /drafts/\n")
    assert site["hosts"][-1] == "b.example"
    assert {event["actor"] for event in rows("sites", "history", blog, "--json")[2:]} == {"operator:ann"}


def test_history_tells_who_and_why(run, rows, blog):
    run("sites", "set", blog, "archives=ask", "--actor", "ann", "--reason", "by mail")
    last = rows("sites", "history", "www.blog.example", "--json")[-1]
    assert (last["revision"], last["actor"], last["reason"]) == (3, "owner:ann", "by mail")
    assert "owner:ann  statement-changed: " in run("sites", "history", blog).stdout


def test_list_for_people_is_a_line_a_site(run, blog):
    assert run("sites", "list").stdout.split() == [blog, "public", "2", "ai-training=block", "partner-sharing=refuse"]


def test_a_site_is_renamed_and_keeps_the_host_that_it_had(run, rows, blog):
    said = run("sites", "set", blog, "--alias", "new.example", "--canonical", "new.example").stdout
    assert "  + new.example" in said.splitlines()
    [site] = rows("sites", "show", blog, "--json")
    assert (site["id"], site["hosts"]) == (blog, ["new.example", blog, "www.blog.example"])


def test_a_host_that_goes_falls_to_the_strict_default_and_takes_nothing_along(run, rows, blog):
    run("sites", "set", blog, "ai-training=allow", "--yes")
    words = ["--canonical", "www.blog.example", "--remove-alias", blog, "--reason", "domain lapsed"]
    assert f"  - {blog}" in run("sites", "set", blog, *words).stdout.splitlines()
    [site] = rows("sites", "show", "www.blog.example", "--json")
    assert (site["hosts"], site["wishes"]) == (["www.blog.example"], ["ai-training=allow", "partner-sharing=refuse"])
    [row] = rows("explain", "--site", blog, "--user-agent", "GPTBot", "--json")
    assert (row["action"], row["origin"]) == ("block", "built-in")
    told = rows("sites", "history", "www.blog.example", "--json")[-1]
    assert (told["kind"], told["change"], told["reason"]) == ("host-removed", blog, "domain lapsed")


def test_all_hosts_but_one_may_go_at_once(run, rows, blog):
    run("sites", "set", blog, "--alias", "c.example", "--remove-alias", blog, "--remove-alias", "www.blog.example")
    assert rows("sites", "show", "--id", blog, "--json")[0]["hosts"] == ["c.example"]


def test_a_new_owner_takes_the_site_over_with_everything_that_was_said(run, rows, blog):
    run("sites", "set", blog, "--owner", "bo", "--actor", "platform:hosting", "--reason", "sold")
    last = rows("sites", "history", blog, "--json")[-1]
    assert (last["kind"], last["change"], last["reason"]) == ("owner-changed", "bo", "sold")
    assert rows("sites", "show", blog, "--json")[0]["wishes"] == ["ai-training=block", "partner-sharing=refuse"]


def test_a_host_moves_to_another_site_and_no_consent_with_it(run, rows, blog):
    run("sites", "add", "shop.example", "--id", "17")
    run("sites", "set", "shop.example", "archives=block")
    said = run("sites", "move-host", "www.blog.example", "--to", "shop.example", "--reason", "sold").stdout
    assert said.splitlines() == [
        "www.blog.example",
        "  - site blog.example, revision 3",
        "  + site 17, revision 3",
        "GPTBot and 6 other crawlers are now neither asked nor refused.",
        "What both sites say is as it was.",
    ]
    old, new = rows("sites", "list", "--json")[::-1]
    assert (old["hosts"], old["wishes"]) == ([blog], ["ai-training=block", "partner-sharing=refuse"])
    assert (new["hosts"], new["wishes"]) == (["shop.example", "www.blog.example"], ["archives=block"])
    for key, kind in ((blog, "host-removed"), ("shop.example", "host-added")):
        last = rows("sites", "history", key, "--json")[-1]
        assert (last["kind"], last["change"], last["actor"], last["reason"]) == (
            kind, "www.blog.example", "platform:command line", "sold",
        )  # fmt: skip
    again = run("sites", "move-host", "www.blog.example", "--to-id", "17").stdout
    assert again == "www.blog.example: nothing to change; it is a host of site 17 already\n"


def test_a_deleted_site_is_kept_under_its_id_when_its_name_is_given_to_another(run, rows, blog):
    run("sites", "add", "new.example")
    run("sites", "set", blog, "--remove-alias", "www.blog.example")
    move = ["sites", "move-host", blog, "--to", "new.example"]
    assert "(site.host.last)" in run(*move, status=2).stderr
    run("sites", "set", blog, "--visibility", "deleted")
    run(*move)
    assert rows("sites", "show", blog, "--json")[0]["id"] == "new.example"
    [gone] = rows("sites", "show", "--id", blog, "--json")
    assert (gone["hosts"], gone["wishes"]) == ([], ["ai-training=block", "partner-sharing=refuse"])
    assert "(no host) blog.example" in run("sites", "list").stdout
    assert run("sites", "show", "--id", blog).stdout.startswith("no host\n  deleted, revision ")
    run("sites", "set", "--id", blog, "archives=ask", "--alias", "b.example", "--visibility", "public")
    [back] = rows("sites", "show", "b.example", "--json")
    assert (back["id"], back["hosts"], back["wishes"][1]) == (blog, ["b.example"], "archives=ask")


def test_the_line_to_repeat_names_the_site_as_it_was_named(run, rows, blog):
    asked = run("sites", "set", "--id", blog, "ai-training=allow", status=2).stderr
    line = shlex.split(asked[asked.index("repeat: ") + len("repeat: ") :])
    assert line[3:5] == ["--id", blog]
    run(*line[1:])
    asked = run("sites", "undo", "--id", blog, "--yes").stdout
    assert rows("sites", "history", "--id", blog, "--json")[-1]["reason"] == "undo of revision 3"


UNUSABLE = {
    "unknown": (["show", "nobody.example"], "site.unknown"),
    "no_subject": (["show"], "sites.subject"),
    "unknown_id": (["show", "--id", "nobody.example"], "site.unknown"),
    "no_site": (["show", "--id", "*"], "site.unknown"),
    "host_and_id": (["set", "blog.example", "search=allow", "--id", "blog.example"], "sites.subject"),
    "default_and_id": (["show", "--platform", "--id", "blog.example"], "sites.subject"),
    "not_its_host": (["set", "blog.example", "--canonical", "new.example"], "site.host.other"),
    "not_its_alias": (["set", "blog.example", "--remove-alias", "new.example"], "site.host.other"),
    "platform_host": (["set", "--platform", "--remove-alias", "blog.example"], "sites.set.platform"),
    "platform_owner": (["set", "--platform", "--owner", "bo"], "sites.set.platform"),
    "move_nowhere": (["move-host", "blog.example"], "sites.move-host.subject"),
    "move_twice": (["move-host", "blog.example", "--to", "a", "--to-id", "a"], "sites.move-host.subject"),
    "move_unknown": (["move-host", "x.example", "--to", "blog.example"], "site.unknown"),
    "move_to_unknown": (["move-host", "www.blog.example", "--to", "x.example"], "site.unknown"),
    "both_subjects": (["show", "blog.example", "--platform"], "sites.subject"),
    "nothing_named": (["set"], "sites.subject"),
    "undo": (["undo", "nobody.example"], "site.unknown"),
    "preview": (["set", "blog.example", "search=allow", "--preview"], "sites.set.preview"),
    "two_defaults": (["set", "--region", "eu", "--plan", "free", "search=allow"], "sites.subject"),
    "wish": (["set", "blog.example", "x"], "statement.wish.form"),
    "revision": (["set", "blog.example", "search=allow", "--expect-revision", "1"], "site.revision.conflict"),
    "platform": (["set", "--platform", "search=allow", "--visibility", "private"], "sites.set.platform"),
    "taken": (["add", "www.blog.example"], "store.host.taken"),
    "file": (["set", "blog.example", "--robots-txt", "missing.txt"], "cli.file"),
    "database": (["list", "--database", "mysql://x"], "settings.database.url"),
    "folder": (["list", "--database", "sqlite:///no/such/folder.db"], "store.unopenable"),
}


@pytest.mark.parametrize(("words", "id"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_what_cannot_be_done_is_told(run, blog, words, id):
    result = run("sites", *words, status=2)
    assert (result.stdout, f"({id})" in result.stderr) == ("", True)
