"""`gatepost serve` and `gatepost demo` without the parts of a server."""

import sys

import pytest


@pytest.mark.parametrize(("words", "part"), [(["serve"], "uvicorn"), (["demo"], "gatepost.asgi.demo")])
def test_a_missing_part_is_named_with_its_remedy(run, monkeypatch, words, part):
    monkeypatch.setitem(sys.modules, part, None)
    stderr = run(*words, status=2).stderr
    assert "(cli.server.missing)" in stderr
    assert "pip install 'gatepost[server]'" in stderr


@pytest.mark.parametrize(
    ("words", "id"),
    [
        (["--forward-auth", "apache"], "settings.invalid"),
        (["--trusted-proxy", "nonsense"], "settings.invalid"),
        (["--trusted-proxy", "0.0.0.0/0"], "settings.invalid"),
    ],
)
def test_settings_that_would_not_do_are_told(run, words, id):
    assert f"({id})" in run("serve", *words, status=2).stderr
