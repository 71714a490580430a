"""Forward-auth: a proxy asks, and nobody but the proxy; one family of fields, and what nginx can bear."""

from functools import partial

import pytest

from asgi.door import BROWSER, GOOGLEBOT, GPTBOT, Store, ask, wish
from gatepost import Gate, Settings
from gatepost.asgi.forward_auth import ForwardAuthEndpoint
from gatepost.asgi.service import service_app
from gatepost.errors import SettingsError

TARGET = {"nginx": b"x-original-uri", "forwarded": b"x-forwarded-uri"}
HOST = {"nginx": b"host", "forwarded": b"x-forwarded-host"}
OTHER = {"nginx": "forwarded", "forwarded": "nginx"}
PROXY = ("127.0.0.1", 40_000)


def settings(family: str) -> Settings:
    return Settings.model_validate({"forward_auth": family, "trusted_proxies": "127.0.0.0/8, 2001:db8::/64"})


def named(rows):
    """A table as parameters; its keys are the names of the rows."""
    return [pytest.param(*(row if isinstance(row, tuple) else (row,)), id=name) for name, row in rows.items()]


def answered(family: str, status: int) -> int:
    """What is answered where ``status`` is meant: nginx knows yes and no."""
    return status if family == "forwarded" or status == 200 else 403


@pytest.fixture(scope="session", params=["nginx", "forwarded"])
def family(request):
    return request.param


@pytest.fixture(scope="session")
def asked_gate(family, gate, signatures):
    """A gate for forward-auth on the sites of every test here."""
    return Gate(settings(family), signatures, gate.store)


@pytest.fixture(scope="session")
def asked_service(asked_gate):
    return service_app(asked_gate)


@pytest.fixture(scope="session")
def proxy(asked_service, family):
    """The proxy asks about a visitor's request."""
    return partial(ask_about, asked_service, family)


async def ask_about(service, family, target=b"/", host=b"garden.example", agent=GPTBOT, fields=(), **scope):
    """One question; lists of targets and hosts are as many fields."""
    targets, hosts = ([value] if isinstance(value, bytes) else value for value in (target, host))
    said = [(TARGET[family], value) for value in targets] + [(HOST[family], value) for value in hosts]
    own_host = b"gatepost.internal" if family == "forwarded" else None
    fields = [*said, *fields]
    return await ask(service, "/_gatepost/auth", host=own_host, agent=agent, fields=fields, **{"client": PROXY} | scope)


class TestDecisions:
    @pytest.mark.parametrize(
        ("host", "agent", "status"),
        named(
            {
                "fa_gptbot_blocked": (b"garden.example", GPTBOT, 403),
                "fa_gptbot_licence": (b"market.example", GPTBOT, 402),
                "fa_gptbot_asked": (b"kitchen.example", GPTBOT, 200),
                "fa_gptbot_allowed": (b"open.example", GPTBOT, 200),
                "fa_gptbot_unknown_host": (b"nobody.example", GPTBOT, 403),
                "fa_gptbot_not_public": (b"closed.example", GPTBOT, 403),
                "fa_googlebot": (b"garden.example", GOOGLEBOT, 200),
                "fa_googlebot_licence": (b"market.example", GOOGLEBOT, 200),
                "fa_googlebot_not_public": (b"closed.example", GOOGLEBOT, 403),
                "fa_browser": (b"garden.example", BROWSER, 200),
                "fa_browser_not_public": (b"closed.example", BROWSER, 200),
                "fa_no_agent": (b"garden.example", None, 200),
                "fa_host_port": (b"garden.example:8443", GPTBOT, 403),
                "fa_host_spelling": (b"Garden.EXAMPLE.", GPTBOT, 403),
            }
        ),
    )
    async def test_are_those_of_the_site(self, proxy, family, host, agent, status):
        assert (await proxy(host=host, agent=agent)).status == answered(family, status)

    @pytest.mark.parametrize(
        ("agent", "action", "reason", "crawler"),
        named(
            {
                "fa_tags_browser": (BROWSER, b"allow", b"unrecognised", None),
                "fa_tags_googlebot": (GOOGLEBOT, b"allow", b"nothing-said", b"Googlebot"),
                "fa_tags_asked": (GPTBOT, b"tag", b"asked", b"GPTBot"),
            }
        ),
    )
    async def test_that_let_in_are_told_with_the_response_fields(self, proxy, agent, action, reason, crawler):
        reply = await proxy(host=b"kitchen.example", agent=agent)
        told = tuple(reply[b"x-gatepost-" + name] for name in (b"action", b"reason", b"crawler"))
        assert told == (action, reason, crawler)
        assert (reply[b"tdm-reservation"], reply[b"content-usage"]) == (b"1", b"train-ai=n")
        assert (reply[b"content-length"], reply.body) == (b"0", b"")

    async def test_that_refuse_say_why(self, proxy):
        reply = await proxy()
        assert reply.body.startswith(b"garden.example: The owner of this site does not allow this crawler.\n")
        assert b"noindex" in reply.values(b"x-robots-tag")
        assert reply[b"cache-control"] == b"no-store"

    async def test_that_refuse_say_it_in_the_form_that_is_asked_for(self, proxy):
        reply = await proxy(fields=[(b"accept", b"application/json")])
        assert reply[b"content-type"] == b"application/json"

    async def test_ask_for_a_licence_with_its_terms(self, proxy):
        reply = await proxy(host=b"market.example")
        assert b"/_gatepost/license.xml" in reply[b"link"]
        assert reply[b"www-authenticate"].startswith(b"License ")

    @pytest.mark.parametrize(
        "agent",
        named(
            {
                "fa_health_ua_kube_probe": b"kube-probe/1.31",
                "fa_health_ua_google": b"GoogleHC/1.0",
                "fa_health_ua_elb": b"ELB-HealthChecker/2.0",
                "fa_health_ua_uptime": b"Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
                "fa_health_ua_caddy": b"Caddy-Health-Check",
            }
        ),
    )
    async def test_know_no_exempt_user_agent(self, proxy, agent):
        assert (await proxy(agent=agent + b" GPTBot/1.4")).status == 403
        assert (await proxy(agent=agent, fields=[(b"user-agent", GPTBOT)])).status == 403
        assert (await proxy(agent=agent, target=[], fields=[(b"x-health-check", b"1")])).status in (400, 403)

    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS", "PROPFIND"])
    async def test_are_the_same_for_every_method(self, proxy, method):
        assert (await proxy(method=method)).status == 403
        assert (await proxy(method=method, agent=BROWSER)).status == 200

    async def test_have_no_body_for_head(self, proxy):
        assert (await proxy(method="HEAD")).body == b""

    async def test_leave_the_body_unread(self, asked_service, family):
        async def unread():
            raise AssertionError("somebody reads the body")

        async def service(scope, receive, send):
            await asked_service(scope, unread, send)

        assert (await ask_about(service, family, method="POST")).status == 403


class TestPaths:
    """Of press.example /press/ is open, of vault.example /private/ is closed."""

    @pytest.mark.parametrize(
        ("target", "status"),
        named(
            {
                "fa_path_open": (b"/press/kit", 200),
                "fa_path_open_query": (b"/press/kit?year=2026", 200),
                "fa_path_open_fragment": (b"/press/kit#/secret", 200),
                "fa_path_open_encoded": (b"/pr%65ss/kit", 200),
                "fa_path_closed": (b"/secret", 403),
                "fa_path_fragment": (b"/secret#/press/", 403),
                "fa_path_fragment_first": (b"/#/press/", 403),
                "fa_path_fragment_query": (b"/secret#?/press/", 403),
                "fa_path_query": (b"/secret?/press/", 403),
                "fa_path_query_dots": (b"/secret?x=/../press/", 403),
                "fa_path_dots": (b"/press/../secret", 403),
                "fa_path_dots_encoded": (b"/press/%2e%2e/secret", 403),
                "fa_path_dots_encoded_twice": (b"/press/%252e%252e/secret", 403),
                "fa_path_slash_encoded": (b"/press/..%2Fsecret", 403),
                "fa_path_all_encoded": (b"/press%2F%2E%2E%2Fsecret", 403),
                "fa_path_backslash": (b"/press/..\\secret", 403),
                "fa_path_backslash_encoded": (b"/press/..%5csecret", 403),
                "fa_path_parameter": (b"/press/..;x=1/secret", 403),
                "fa_path_slashes": (b"/press//../secret", 403),
                "fa_path_dots_look_alike": (b"/press../secret", 403),
            }
        ),
    )
    async def test_of_an_open_corner_are_not_faked(self, proxy, target, status):
        assert (await proxy(target, b"press.example")).status == status

    @pytest.mark.parametrize(
        "target",
        named(
            {
                "fa_corner": b"/private/x",
                "fa_corner_encoded": b"/%70rivate/x",
                "fa_corner_encoded_twice": b"/%2570rivate/x",
                "fa_corner_slash_encoded": b"/private%2Fx",
                "fa_corner_slashes": b"//private/x",
                "fa_corner_dot": b"/./private/x",
                "fa_corner_dots": b"/open/../private/x",
                "fa_corner_dots_encoded": b"/open/%2e%2e/private/x",
                "fa_corner_parameter": b"/private;v=1/x",
                "fa_corner_backslash": b"/private\\x",
                "fa_corner_backslashes": b"\\private\\x",
                "fa_corner_fragment": b"/private/x#/open",
                "fa_corner_fragment_encoded": b"/private/%23/open",
            }
        ),
    )
    async def test_of_a_closed_corner_are_known_in_every_spelling(self, proxy, target):
        assert (await proxy(target, b"vault.example")).status in (400, 403)
        assert (await proxy(b"/open", b"vault.example")).status == 200

    async def test_have_their_own_response_fields(self, proxy):
        private, other = [await proxy(path, b"vault.example", BROWSER) for path in (b"/private/x", b"/x")]
        assert (private[b"tdm-reservation"], other[b"tdm-reservation"]) == (b"1", b"0")


class TestFields:
    GARDEN = (b"garden.example",)

    @pytest.mark.parametrize(
        ("target", "host"),
        named(
            {
                "fa_missing_uri": ((), GARDEN),
                "fa_missing_host": ((b"/",), ()),
                "fa_missing_both": ((), ()),
                "fa_repeated_uri": ((b"/", b"/"), GARDEN),
                "fa_repeated_uri_other": ((b"/press/", b"/secret"), GARDEN),
                "fa_repeated_host": ((b"/",), GARDEN * 2),
                "fa_repeated_host_other": ((b"/",), (b"garden.example", b"open.example")),
                "fa_listed_host": ((b"/",), (b"garden.example, open.example",)),
                "fa_empty_uri": ((b"",), GARDEN),
                "fa_empty_host": ((b"/",), (b"",)),
                "fa_fragment_only": ((b"#/",), GARDEN),
                "fa_query_only": ((b"?/",), GARDEN),
                "fa_garbage_uri": ((b"garbage",), GARDEN),
                "fa_garbage_uri_space": ((b"/a b",), GARDEN),
                "fa_garbage_uri_control": ((b"/a\x00b",), GARDEN),
                "fa_garbage_uri_newline": ((b"/a?b\rc",), GARDEN),
                "fa_garbage_uri_long": ((b"/" + b"a" * 20_000,), GARDEN),
                "fa_garbage_uri_query_long": ((b"/?" + b"a" * 70_000,), GARDEN),
                "fa_garbage_uri_readings": ((b"/a;b%2f..%5c%2e%2e//%252e;c/%255c..;d//e%253b/../f" * 9,), GARDEN),
                "fa_other_authority": ((b"http://open.example/",), GARDEN),
                "fa_garbage_host_path": ((b"/",), (b"garden.example/x?",)),
                "fa_garbage_host_user": ((b"/",), (b"x@garden.example",)),
                "fa_garbage_host_space": ((b"/",), (b"garden .example",)),
                "fa_garbage_host_octets": ((b"/",), (b"\xff\xfe\x00",)),
                "fa_garbage_host_port": ((b"/",), (b"garden.example:99999",)),
                "fa_garbage_host_address": ((b"/",), (b"[::1",)),
                "fa_garbage_host_long": ((b"/",), (b"a." * 200,)),
            }
        ),
    )
    async def test_that_cannot_be_read_are_refused_even_to_a_browser(self, proxy, family, target, host):
        reply = await proxy(target, host, agent=BROWSER)
        assert reply.status == answered(family, 400)
        assert reply[b"cache-control"] == b"no-store"

    @pytest.mark.parametrize(
        "agent", named({"fa_garbage_agent_long": b"x" * 70_000, "fa_garbage_agent_control": b"Mozilla\x00/5.0"})
    )
    async def test_of_a_user_agent_that_cannot_be_read_are_refused(self, proxy, family, agent):
        assert (await proxy(agent=agent)).status == answered(family, 400)

    async def test_of_the_other_family_change_nothing(self, proxy, family):
        other = OTHER[family]
        forged = [(TARGET[other], b"/press/")]
        forged += [(b"x-forwarded-host", b"open.example")] if family == "nginx" else []
        assert (await proxy(b"/secret", b"press.example", fields=forged)).status == 403
        assert (await proxy(b"/press/kit", b"press.example", fields=[(TARGET[other], b"/secret")])).status == 200
        assert (await proxy((), fields=forged, agent=BROWSER)).status == answered(family, 400)

    @pytest.mark.parametrize(
        "name",
        named(
            {
                "fa_forged_host": b"x-forwarded-server",
                "fa_forged_original_host": b"x-original-host",
                "fa_forged_forwarded": b"forwarded",
                "fa_forged_prefix": b"x-forwarded-prefix",
                "fa_forged_rewrite": b"x-rewrite-url",
                "fa_forged_original_url": b"x-original-url",
                "fa_forged_method": b"x-forwarded-method",
                "fa_forged_action": b"x-gatepost-action",
            }
        ),
    )
    @pytest.mark.parametrize("value", [b"allow", b"/press/", b"open.example", b"host=open.example", b"OPTIONS"])
    async def test_that_others_listen_to_are_not_listened_to(self, proxy, name, value):
        assert (await proxy(b"/secret", b"press.example", fields=[(name, value)])).status == 403

    async def test_with_underscores_are_others(self, proxy, family):
        target, host = (name[family].replace(b"-", b"_") for name in (TARGET, HOST))
        forged = [(target, b"/press/"), (host + b"_", b"open.example"), (b"user_agent", BROWSER)]
        assert (await proxy(b"/secret", b"press.example", fields=forged)).status == 403
        assert (await proxy((), agent=BROWSER, fields=forged)).status == answered(family, 400)


class TestPeers:
    @pytest.mark.parametrize(
        "client",
        named(
            {
                "fa_peer_stranger": (("203.0.113.7", 1),),
                "fa_peer_stranger_v6": (("2001:db8:1::7", 1),),
                "fa_peer_stranger_mapped": (("::ffff:203.0.113.7", 1),),
                "fa_peer_none": (None,),
                "fa_peer_empty": (("", 1),),
                "fa_peer_socket": (("unix:", 1),),
                "fa_peer_short": (("127.1", 1),),
                "fa_peer_zone": (("2001:db8::7%eth0", 1),),
            }
        ),
    )
    @pytest.mark.parametrize("agent", [BROWSER, GPTBOT, GOOGLEBOT])
    async def test_that_are_strangers_learn_nothing(self, proxy, client, agent):
        replies = [await proxy(host=host, agent=agent, client=client) for host in (b"open.example", b"market.example")]
        replies += [await proxy((), (), agent=agent, client=client)]
        assert {reply.status for reply in replies} == {403}
        assert {reply.body for reply in replies} == {b""}

    @pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::ffff:127.0.0.1", "2001:db8::7"])
    async def test_that_are_ours_are_answered(self, proxy, address):
        assert (await proxy(agent=BROWSER, client=(address, 1))).status == 200

    async def test_that_claim_to_be_ours_are_strangers(self, proxy):
        forged = [(b"x-forwarded-for", b"127.0.0.1"), (b"x-real-ip", b"127.0.0.1"), (b"forwarded", b"for=127.0.0.1")]
        assert (await proxy(agent=BROWSER, client=("203.0.113.7", 1), fields=forged)).status == 403

    @pytest.mark.parametrize(
        ("forwarded", "peer"),
        named(
            {
                "fa_xff_one": ([b"203.0.113.9"], "203.0.113.9"),
                "fa_xff_right_most": ([b"198.51.100.1, 203.0.113.9"], "203.0.113.9"),
                "fa_xff_lines": ([b"198.51.100.1", b"203.0.113.9, 127.0.0.2"], "203.0.113.9"),
                "fa_xff_garbage": ([b"198.51.100.1, unknown"], None),
                "fa_xff_missing": ([], None),
            }
        ),
    )
    async def test_that_are_ours_say_who_asks(self, proxy, asked_gate, monkeypatch, forwarded, peer):
        async def judge(request, evidence):
            judged.append(request.peer)
            return await Gate.judge(asked_gate, request, evidence)

        judged: list[str | None] = []
        monkeypatch.setattr(asked_gate, "judge", judge)
        await proxy(fields=[(b"x-forwarded-for", value) for value in forwarded])
        assert judged == [peer]


class TestStoreDown:
    @pytest.fixture
    async def store_down(self, signatures, family):
        """A service that has seen garden.example, and then lost its store."""
        gate = Gate(settings(family), signatures, store := Store())
        await wish(gate, "garden.example", "ai-training=block")
        await ask_about(service := service_app(gate), family)
        store.down = True
        yield service
        await gate.close()

    @pytest.mark.parametrize("agent", [BROWSER, GPTBOT])
    async def test_nothing_is_known_of_a_new_host(self, store_down, family, agent):
        reply = await ask_about(store_down, family, host=b"new.example", agent=agent)
        assert reply.status == answered(family, 503)

    async def test_a_host_that_was_seen_is_answered_as_ever(self, store_down, family):
        assert (await ask_about(store_down, family)).status == 403
        assert (await ask_about(store_down, family, agent=BROWSER)).status == 200

    async def test_readyz_says_so_with_a_remedy(self, store_down):
        reply = await ask(store_down, "/_gatepost/readyz")
        assert reply.status == 503
        assert b'"error":"store.down","remedy":"Wait."' in reply.body
        assert (await ask(store_down, "/_gatepost/healthz")).status == 200


class TestService:
    @pytest.mark.parametrize("path", ["/robots.txt", "/ai.txt", "/.well-known/tdmrep.json", "/_gatepost/policy"])
    @pytest.mark.parametrize("agent", [BROWSER, GPTBOT, GOOGLEBOT, None])
    @pytest.mark.parametrize("host", [b"garden.example", b"closed.example", b"nobody.example"])
    async def test_serves_the_policy_files_of_every_host_to_all(self, asked_service, path, agent, host):
        reply = await ask(asked_service, path, host=host, agent=agent)
        assert (reply.status, bool(reply.body)) == (200, True)

    async def test_tells_the_sites_apart(self, asked_service):
        garden, other = [
            await ask(asked_service, "/robots.txt", host=host) for host in (b"garden.example", b"open.example")
        ]
        assert b"GPTBot" in garden.body
        assert b"GPTBot" not in other.body

    @pytest.mark.parametrize("path", ["/", "/page", "/_gatepost", "/_gatepost/", "/_gatepost/auth/", "/favicon.ico"])
    async def test_has_nothing_else(self, asked_service, path):
        assert (await ask(asked_service, path, agent=BROWSER)).status == 404
        assert (await ask(asked_service, path)).status == 403

    @pytest.mark.parametrize("path", ["/_gatepost/healthz", "/_gatepost/readyz"])
    @pytest.mark.parametrize("agent", [BROWSER, GPTBOT])
    async def test_is_in_good_health(self, asked_service, path, agent):
        assert (await ask(asked_service, path, agent=agent)).status == 200

    async def test_has_no_forward_auth_unless_it_is_set(self, gate):
        assert (await ask_about(service_app(gate), "nginx", agent=BROWSER)).status == 404
        with pytest.raises(SettingsError, match="forward_auth is off"):
            ForwardAuthEndpoint(gate)
