"""`gatepost preview`: the exact bytes and nothing else."""

import asyncio
import json

import pytest

from gatepost import open_gate
from gatepost.core.request import site_key


def served(path):
    """The document that a door would serve for the blog."""

    async def read():
        gate = open_gate()
        snapshot = await gate.snapshots.visit(site_key(b"blog.example"))
        await gate.close()
        return snapshot.rendering.documents[path].body

    return asyncio.run(read())


@pytest.mark.parametrize(
    ("format", "path"),
    [
        ("robots.txt", "/robots.txt"),
        ("ai.txt", "/ai.txt"),
        ("tdmrep.json", "/.well-known/tdmrep.json"),
        ("rsl", "/_gatepost/license.xml"),
        ("words", "/_gatepost/policy"),
    ],
)
def test_the_bytes_are_those_that_are_served(run, blog, format, path):
    run("sites", "set", blog, "ai-answers=license")
    assert run("preview", "--site", blog, "--format", format).stdout_bytes == served(path)


def test_robots_txt_is_the_default(run, blog):
    assert run("preview", "--site", blog).stdout_bytes == served("/robots.txt")


def test_fields_are_lines_of_name_and_value(run, blog):
    lines = run("preview", "--site", blog, "--format", "fields").stdout.splitlines()
    assert "x-robots-tag: noai, noimageai" in lines
    assert "content-usage: train-ai=n" in lines


def test_without_a_licence_there_is_no_rsl(run, blog):
    result = run("preview", "--site", blog, "--format", "rsl", status=1)
    assert (result.stdout, "preview.rsl.none" in result.stderr) == ("", True)


def test_a_change_is_previewed_and_not_made(run, blog):
    before = run("preview", "--site", blog).stdout
    changed = run("preview", "--site", blog, "--set", "ai-training=inherit", "--set", "search=block").stdout
    assert changed != before
    assert run("preview", "--site", blog).stdout == before


def test_a_difference_is_shown(run, blog):
    lines = run("preview", "--site", blog, "--set", "GPTBot=allow", "--diff").stdout.splitlines()
    assert lines[:2] == ["--- robots.txt in force", "+++ robots.txt as previewed"]
    assert "-User-agent: GPTBot" in lines


def test_without_a_change_there_is_no_difference(run, blog):
    assert run("preview", "--site", blog, "--diff").stdout == ""


def test_any_host_will_do_and_as_people_write_it(run, blog):
    expected = run("preview", "--site", blog).stdout
    assert run("preview", "--site", "HTTPS://WWW.Blog.Example:443/about").stdout == expected


def test_tdmrep_is_json(run, blog):
    [entry] = json.loads(run("preview", "--site", blog, "--format", "tdmrep.json").stdout)
    assert entry["tdm-reservation"] == 1


@pytest.mark.parametrize(
    ("words", "id"),
    [
        (["--site", "nobody.example"], "site.unknown"),
        (["--site", "blog.example", "--set", "nonsense"], "statement.wish.form"),
        (["--site", "blog.example", "--set", "NoSuch=allow"], "statement.subject.unknown"),
    ],
)
def test_what_cannot_be_previewed_is_told(run, blog, words, id):
    assert f"({id})" in run("preview", *words, status=2).stderr
