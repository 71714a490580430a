"""``gatepost tokens`` and ``gatepost owners``, through their door."""

import re

import pytest

SECRET = "0123456789abcdef" * 2


def test_a_token_is_shown_once_and_listed_without_its_secret(run, rows, blog):
    text = run("tokens", "add", "platform:dashboard", "--scope", "sites:read", "--site", "www.blog.example").stdout
    assert re.fullmatch(r"gpo_[0-9a-f]{12}_[A-Za-z0-9_-]{43}\n", text)
    _, id, secret = text.strip().split("_", 2)
    (row,) = rows("tokens", "list", "--json")
    assert row["id"] == id
    assert (row["actor"], row["scopes"], row["sites"]) == ("platform:dashboard", ["sites:read"], ["blog.example"])
    listed = run("tokens", "list").stdout
    assert id in listed
    assert secret not in listed + str(row)


def test_a_token_is_rotated_and_revoked(run, rows):
    id = run("tokens", "add", "operator:lea", "--scope", "sites:read", "--expires", "30d").stdout.split("_")[1]
    assert run("tokens", "rotate", id).stdout.startswith(f"gpo_{id}_")
    run("tokens", "revoke", id)
    assert rows("tokens", "list", "--json") == []
    assert "(access.token.unknown)" in run("tokens", "revoke", id, status=2).stderr
    assert "(access.token.unknown)" in run("tokens", "rotate", id, status=2).stderr


@pytest.mark.parametrize(
    ("words", "told"),
    {
        "an owner": (["owner:ada", "--scope", "sites:read"], "access.token.actor"),
        "nobody": (["platform:", "--scope", "sites:read"], "access.token.actor"),
        "no scope": (["platform:x"], "--scope"),
        "an unknown scope": (["platform:x", "--scope", "all"], "--scope"),
        "no time": (["platform:x", "--scope", "sites:read", "--expires", "0d"], "access.token.life"),
        "an unknown site": (["platform:x", "--scope", "sites:read", "--site", "no.example"], "site.unknown"),
    }.values(),
)
def test_a_token_that_cannot_be_meant_is_not_made(run, rows, words, told):
    assert told in run("tokens", "add", *words, status=2).stderr
    assert rows("tokens", "list", "--json") == []


def test_a_link_for_an_owner_needs_a_secret(run, blog, monkeypatch):
    assert "(access.secret.none)" in run("owners", "link", blog, "--actor", "ada", status=2).stderr
    monkeypatch.setenv("GATEPOST_SECRET", SECRET)
    link = run("owners", "link", "www.blog.example", "--actor", "ada").stdout
    assert link.startswith("https://blog.example/_gatepost/enter?link=")
    assert "(site.unknown)" in run("owners", "link", "no.example", "--actor", "ada", status=2).stderr


@pytest.mark.parametrize("secret", [SECRET, f"{SECRET}, {SECRET[::-1]}"])
def test_a_secret_is_never_shown(run, monkeypatch, secret):
    monkeypatch.setenv("GATEPOST_SECRET", secret)
    told = run("doctor").output + run("doctor", "--json").output
    assert "access.secret.none" not in told
    assert SECRET not in told


def test_a_short_secret_is_refused_and_not_repeated(run, monkeypatch):
    monkeypatch.setenv("GATEPOST_SECRET", f"{SECRET},too-short-to-keep")
    told = run("doctor", status=1).output
    assert "settings.invalid" in told
    assert "at least 32 octets" in told
    assert "too-short-to-keep" not in told
    assert SECRET not in told


def test_doctor_says_that_no_secret_is_set(run):
    assert "access.secret.none" in run("doctor").output
