"""`gatepost signatures key`: what keeps a key from being made or read is told, with what to do about it."""

import pytest

BODIES = {
    "nothing": "",
    "of an algorithm that nobody knows": "MC4CAQAwBQYDKgMEBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "cut off": "MC4CAQAwBQYDK2VwBCIEIAAA",
}


@pytest.mark.parametrize("name", ["ours.pem", "no-folder/new.pem"])
def test_a_key_is_made_in_a_new_file_or_not_at_all(run, folder, name):
    run("signatures", "key", "--new", "ours.pem")
    before = (folder / "ours.pem").read_bytes()
    assert "(signatures.key.new)" in run("signatures", "key", "--new", name, status=2).stderr
    assert (folder / "ours.pem").read_bytes() == before


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_what_is_no_such_private_key_is_told(run, folder, body):
    text = f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"
    (folder / "bad.pem").write_text(text, encoding="ascii")
    assert "(signatures.key.file)" in run("signatures", "key", "bad.pem", status=2).stderr
    assert "(signatures.key.file)" in run("signatures", "key", "gone.pem", status=2).stderr
