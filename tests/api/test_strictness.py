"""What is no request is refused with a reason, and changes nothing: strict JSON, and the forms of HTTP."""

import json

import pytest

from api.conftest import BASE
from gatepost.asgi.api.reading import BODY_OCTETS

STATEMENT = "/sites/a.example/statement"

NO_JSON = {
    "nothing": b"",
    "blanks": b"  \n",
    "BOM": b"\xef\xbb\xbf{}",
    "UTF-16": '{"wishes": {}}'.encode("utf-16"),
    "UTF-16 without BOM": '{"wishes": {}}'.encode("utf-16-le"),
    "no UTF-8": b'{"wishes": {"\xff": "ask"}}',
    "overlong UTF-8": b'{"reason": "\xc0\x80", "wishes": {}}',
    "half a pair in UTF-8": b'{"reason": "\xed\xa0\xbd", "wishes": {}}',
    "half a pair, escaped": rb'{"reason": "\ud83d", "wishes": {}}',
    "half a pair in a name": rb'{"wishes": {"\udc00": "ask"}}',
    "NUL": rb'{"reason": "\u0000", "wishes": {}}',
    "NUL, raw": b'{"reason": "\0", "wishes": {}}',
    "control character, raw": b'{"reason": "\n", "wishes": {}}',
    "NaN": b'{"wishes": NaN}',
    "Infinity": b'{"wishes": [Infinity]}',
    "-Infinity": b'{"wishes": -Infinity}',
    "1e999": b'{"wishes": 1e999}',
    "5000 digits": b'{"wishes": ' + b"7" * 5_000 + b"}",
    "5000 digits of a float": b'{"wishes": 0.' + b"7" * 5_000 + b"}",
    "20000 brackets": b"[" * 20_000,
    "20000 objects": b'{"wishes":' * 20_000,
    "20000 pairs of brackets": b'{"wishes": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "a name twice": b'{"wishes": {"ai-training": "block"}, "wishes": {"ai-training": "allow"}}',
    "a name twice, escaped": rb'{"wishes": {"ai-training": "block", "ai\u002dtraining": "allow"}}',
    "two values": b'{"wishes": {}} {"wishes": {}}',
    "a comma too many": b'{"wishes": {},}',
    "single quotes": b"{'wishes': {}}",
    "a comment": b'{"wishes": {}} // yes',
    "cut off": b'{"wishes": {"ai-training": "blo',
    "half a million quotes": b'{"' + rb"\"" * 500_000,
    "eighty thousand names, the last twice": b"{%b}"
    % b",".join(b'"%d": 0' % min(number, 79_998) for number in range(80_000)),
}  # fmt: skip


@pytest.mark.parametrize("octets", NO_JSON.values(), ids=NO_JSON)
async def test_what_is_no_json_is_refused_with_a_reason(platform, octets):
    problem = await platform.send(
        "PATCH", STATEMENT, status=400, content=octets, headers={"content-type": "application/json"}
    )
    assert problem["id"] == "api.body.json"
    assert problem["detail"].startswith("the body cannot be read as JSON: ")
    assert (await platform.get("/sites/a.example"))["revision"] == 2


OTHER_FORMS = [b"null", b"true", b"[]", b'""', b"1", b'{"wishes": null}', b'{"wishes": {}, "x": 1}', b'{"Wishes": {}}',
               b'{"wishes": {"ai-training": true}}', b'{"wishes": {"ai-training": 1}}',
               b'{"wishes": {}, "reason": 9007199254740993}']  # fmt: skip


@pytest.mark.parametrize("octets", OTHER_FORMS)
async def test_json_of_another_form_is_refused_with_its_place(platform, octets):
    problem = await platform.send(
        "PATCH", STATEMENT, status=422, content=octets, headers={"content-type": "application/json"}
    )
    assert problem["id"] == "api.body.invalid"
    assert problem["errors"]


async def test_a_pair_of_surrogates_is_a_character(platform):
    body = rb'{"wishes": {"archives": "ask"}, "reason": "\ud83d\ude00"}'
    await platform.send("PATCH", STATEMENT, content=body, headers={"content-type": "application/json"})
    assert (await platform.get("/sites/a.example/history"))["history"][0]["reason"] == "😀"


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"content-type": "text/plain"}, {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"}, {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/jsonp"}, {"content-type": "text/json"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)  # fmt: skip
async def test_a_body_that_is_not_declared_as_json_is_not_read(platform, fields):
    problem = await platform.send(
        "PATCH", STATEMENT, status=415, content=b'{"wishes": {"archives": "ask"}}', headers=fields
    )
    assert problem["id"] == "api.body.type"


async def test_a_large_body_is_refused_before_it_is_sent(platform, http):
    """The generator is never asked for more than fits."""
    asked = 0

    async def endless():
        nonlocal asked
        while True:
            asked += 1
            yield b" " * 65_536

    fields = {"content-type": "application/json"}
    assert (await platform.send("PATCH", STATEMENT, status=413, content=endless(), headers=fields))[
        "id"
    ] == "api.body.size"
    assert asked <= BODY_OCTETS // 65_536 + 2
    declared = {**fields, "content-length": str(20 * 1024 * 1024)}
    asked = 0
    await platform.send("PATCH", STATEMENT, status=413, content=endless(), headers=declared)
    assert asked <= 1


async def test_a_body_that_does_not_come_is_not_waited_for(platform, monkeypatch):
    monkeypatch.setattr("gatepost.asgi.api.reading.BODY_SECONDS", 0.05)

    async def stalled():
        yield b"{"
        import asyncio

        await asyncio.sleep(10)

    # httpx's transport gives the app what the generator yields, when it yields it.
    await platform.send("PATCH", STATEMENT, status=408, content=stalled(), headers={"content-type": "application/json"})


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200), ("*/*", 200), ("application/*;q=0.1", 200), ("text/html, */*;q=0.1", 200), ("", 200),
        ("APPLICATION/JSON", 200), ("text/html", 406), ("application/json;q=0", 406),
        ("application/json;q=0, */*", 406),
        ("application/xml,text/*", 406), ("application/json;q=no", 200), ("é", 406),
    ],
)  # fmt: skip
async def test_who_takes_no_json_is_told_so(platform, accept, status):
    assert (await platform.ask("GET", "/sites", headers={"accept": accept.encode()})).status_code == status


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/sites", "GET, POST, HEAD"), ("DELETE", "/sites/a.example", "GET, PATCH, HEAD"),
        ("GET", "/sites/a.example/undo", "POST"), ("HEAD", "/sites/a.example/undo", "POST"),
        ("OPTIONS", "/sites", "GET, POST, HEAD"),
        ("PROPFIND", "/crawlers", "GET, HEAD"), ("POST", "/openapi.json", "GET, HEAD"),
    ],
)  # fmt: skip
async def test_another_method_is_told_which_are_allowed(platform, method, path, allow):
    response = await platform.ask(method, path)
    assert (response.status_code, response.headers["allow"]) == (405, allow)


@pytest.mark.parametrize(
    "path", ["", "/", "/nothing", "/sites/", "/sites//", "/sites/a.example/", "/sites/a.example/x", "/Sites"]
)
async def test_where_nothing_is_there_is_nothing(platform, path):
    assert (await platform.get(path, 404))["id"] in ("api.path", "site.unknown")


@pytest.mark.parametrize("path", ["/sites", "/sites/a.example", "/crawlers/GPTBot", "/openapi.json"])
async def test_head_is_get_without_a_body(platform, path):
    shown, head = await platform.ask("GET", path), await platform.ask("HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    differ = {"x-request-id"}
    assert {k: v for k, v in head.headers.items() if k not in differ} == {
        k: v for k, v in shown.headers.items() if k not in differ
    }


@pytest.mark.parametrize(
    "query",
    [
        "x=1",
        "limit=0",
        "limit=1001",
        "limit=",
        "limit=ten",
        "limit=1&limit=2",
        "search=%ff",
        "search=%00",
        "limit=1.5",
        "a" * 20_000,
        "&".join(f"a{n}=1" for n in range(30)),
    ],
)
async def test_a_parameter_that_is_not_understood_is_refused(platform, query):
    assert (await platform.get(f"/sites?{query}", 400))["id"] == "api.query"


@pytest.mark.parametrize(
    ("match", "status", "id"),
    [
        (None, 428, "api.revision.missing"), ("2", 400, "api.revision.form"), ('"2', 400, "api.revision.form"),
        ('"1", "2"', 400, "api.revision.form"), ("", 400, "api.revision.form"), ('"1"', 412, "site.revision.conflict"),
        ('"3"', 412, "site.revision.conflict"), ('W/"2"', 412, "site.revision.conflict"),
        ('"x"', 412, "site.revision.conflict"),
        ('""', 412, "site.revision.conflict"), ('"99999999999999999999"', 412, "site.revision.conflict"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/sites/a.example", {"visibility": "private"}),
        ("PATCH", "/sites/a.example", {"robots_txt": "x"}),
        ("PATCH", "/sites/a.example", {"host": "www.a.example"}),
        ("PATCH", "/sites/a.example", {"owner": "x"}),
        ("PATCH", "/sites/a.example", {"region": "eu"}),
        ("PATCH", STATEMENT, {"wishes": {"archives": "ask"}}),
        ("POST", "/sites/a.example/hosts", {"host": "c.example"}),
        ("DELETE", "/sites/a.example/hosts/www.a.example", None),
        ("POST", "/sites/a.example/undo", {}),
    ],
)  # fmt: skip
async def test_a_change_is_made_on_the_revision_that_it_names_or_not_at_all(
    platform, method, path, body, match, status, id
):
    problem = await platform.send(
        method, path, body, status, match=None, headers={} if match is None else {"if-match": match}
    )
    assert problem["id"] == id
    assert problem.get("revision") == (2 if status == 412 else None)
    assert (await platform.get("/sites/a.example"))["revision"] == 2


async def test_of_two_who_change_the_same_revision_one_is_told_of_the_other(platform):
    import asyncio

    bodies = [{"wishes": {"archives": stance}} for stance in ("ask", "block")]
    answers = await asyncio.gather(
        *(platform.ask("PATCH", STATEMENT, json=body, headers={"if-match": '"2"'}) for body in bodies)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert json.loads(next(answer for answer in answers if answer.status_code == 412).content)["revision"] == 3


async def test_a_host_in_a_path_is_read_as_everywhere(platform, http):
    for host in ("a%2Eexample", "a%00", "%C3%A9.example", "a@b", "..", "%2e%2e", "a" * 300):
        response = await platform.ask("GET", f"/sites/{host}")
        assert response.status_code in (200, 404), host
    assert BASE  # the paths above are below it
