"""The strict reading of a request, a row a case; the names are the families of the threat table."""

from ipaddress import ip_network
from typing import Any

import pytest

from gatepost.core.request import (
    CrawlRequest,
    path_readings,
    peer_address,
    read_hosts_and_agents,
    read_request,
    site_key,
)
from gatepost.errors import AmbiguousRequest

Field = tuple[bytes, bytes]


def rows(table: dict[str, Any]) -> list[Any]:
    """A named row as pytest wants it."""
    return [pytest.param(*(row if isinstance(row, tuple) else (row,)), id=name) for name, row in table.items()]


HOSTS = {
    "host_ok_name": (b"blog.example", "blog.example"),
    "host_ok_case": (b"Blog.EXAMPLE", "blog.example"),
    "host_ok_single_label": (b"localhost", "localhost"),
    "host_ok_port": (b"blog.example:8443", "blog.example"),
    "host_ok_default_port": (b"blog.example:80", "blog.example"),
    "host_ok_port_highest": (b"blog.example:65535", "blog.example"),
    "host_ok_port_empty": (b"blog.example:", "blog.example"),
    "host_ok_trailing_dot": (b"blog.example.", "blog.example"),
    "host_ok_trailing_dot_and_port": (b"blog.example.:80", "blog.example"),
    "host_ok_underscore": (b"my_blog.example", "my_blog.example"),
    "host_ok_edge_hyphen": (b"-blog-.example", "-blog-.example"),
    "host_ok_digits_inside": (b"1.2.3.example", "1.2.3.example"),
    "host_ok_digit_first": (b"web.7up", "web.7up"),
    "host_ok_label_63": (b"a" * 63 + b".example", "a" * 63 + ".example"),
    "host_ok_255": (b".".join([b"a" * 63] * 3 + [b"b" * 63]), ".".join(["a" * 63] * 3 + ["b" * 63])),
    "host_idn_a_label": (b"XN--BCHER-KVA.example", "xn--bcher-kva.example"),
    "host_idn_a_label_undecodable": (b"xn--999999999.example", "xn--999999999.example"),
    "host_v4": (b"192.0.2.7", "192.0.2.7"),
    "host_v4_port": (b"192.0.2.7:8080", "192.0.2.7"),
    "host_v4_trailing_dot": (b"192.0.2.7.", "192.0.2.7"),
    "host_v6": (b"[::1]", "[::1]"),
    "host_v6_port": (b"[::1]:8080", "[::1]"),
    "host_v6_long_form": (b"[2001:0DB8:0:0:0:0:0:1]", "[2001:db8::1]"),
    "host_v6_mapped": (b"[::FFFF:c000:0207]", "[::ffff:192.0.2.7]"),
}


@pytest.mark.parametrize(("host", "key"), rows(HOSTS))
def test_a_host_has_one_canonical_key(host: bytes, key: str) -> None:
    assert site_key(host) == key


BAD_HOSTS = {
    "host_bad_slash": b"blog.example/admin",
    "host_bad_question": b"blog.example?x",
    "host_bad_hash": b"blog.example#x",
    "host_bad_at": b"user@blog.example",
    "host_bad_comma": b"blog.example,other.example",
    "host_bad_comma_space": b"blog.example, other.example",
    "host_bad_backslash": b"blog.example\\other",
    "host_bad_space": b"blog example",
    "host_bad_space_before": b" blog.example",
    "host_bad_space_after": b"blog.example ",
    "host_bad_percent": b"blog%2eexample",
    "host_bad_nul": b"blog.example\0",
    "host_bad_newline": b"blog.example\n",
    "host_bad_tab": b"blog\t.example",
    "host_bad_del": b"blog\x7f.example",
    "host_bad_semicolon": b"blog.example;x",
    "host_bad_star": b"*.example",
    "host_bad_empty": b"",
    "host_bad_dot": b".",
    "host_bad_dot_first": b".blog.example",
    "host_bad_two_dots_last": b"blog.example..",
    "host_bad_empty_label": b"blog..example",
    "host_bad_label_64": b"a" * 64 + b".example",
    "host_bad_256": b".".join([b"a" * 63] * 3 + [b"b" * 63]) + b".",
    "host_bad_only_port": b":80",
    "host_bad_port_zero": b"blog.example:0",
    "host_bad_port_high": b"blog.example:65536",
    "host_bad_port_long": b"blog.example:" + b"0" * 200 + b"80",
    "host_bad_port_letters": b"blog.example:80a",
    "host_bad_port_sign": b"blog.example:+80",
    "host_bad_port_space": b"blog.example: 80",
    "host_bad_two_ports": b"blog.example:80:80",
    "host_bad_url": b"http://blog.example",
    "host_v4_bad_short": b"127.1",
    "host_v4_bad_number": b"2130706433",
    "host_v4_bad_octal": b"0177.0.0.1",
    "host_v4_bad_hex": b"0x7f.0.0.0x1",
    "host_v4_bad_hex_number": b"0x7F000001",
    "host_v4_bad_octet": b"256.1.1.1",
    "host_v4_bad_five": b"1.2.3.4.5",
    "host_v6_bad_bare": b"::1",
    "host_v6_bad_zone": b"[fe80::1%eth0]",
    "host_v6_bad_zone_encoded": b"[fe80::1%25eth0]",
    "host_v6_bad_v4": b"[192.0.2.7]",
    "host_v6_bad_future": b"[v1.x]",
    "host_v6_bad_empty": b"[]",
    "host_v6_bad_open": b"[::1",
    "host_v6_bad_tail": b"[::1]x",
    "host_v6_bad_dot": b"[::1].",
    "host_idn_u_label": "bücher.example".encode(),
    "host_idn_latin_1": "bücher.example".encode("latin-1"),
    "host_idn_ideographic_dot": "blog。example".encode(),
    "host_idn_kelvin": "\u212aelvin.example".encode(),
    "host_idn_arabic_digits": "blog.example:٨٠".encode(),
    "host_idn_huge_label": "ü".encode() * 5000,
    "host_huge_ascii": b"a." * 40_000,
}


@pytest.mark.parametrize("host", rows(BAD_HOSTS))
def test_a_host_that_readers_could_take_differently_is_refused(host: bytes) -> None:
    with pytest.raises(AmbiguousRequest) as refusal:
        site_key(host)
    assert refusal.value.id == "request.host.invalid"


HOST, AGENT = (b"host", b"blog.example"), (b"user-agent", b"GPTBot")
FIELDS: dict[str, tuple[list[Field], bytes | None, tuple[bytes, ...]]] = {
    "host_and_agent": ([HOST, AGENT], b"blog.example", (b"GPTBot",)),
    "raw_http09": ([], None, ()),
    "host_other_case": ([(b"Host", b"a")], b"a", ()),
    "host_upper_case": ([(b"HOST", b"a")], b"a", ()),
    "host_lookalikes": ([(b"hosts", b"a"), (b"cost", b"b"), (b":authority", b"c")], None, ()),
    "ua_none": ([HOST], b"blog.example", ()),
    "ua_empty": ([(b"user-agent", b"")], None, (b"",)),
    "ua_dup_both_judged": ([AGENT, (b"user-agent", b"Mozilla/5.0")], None, (b"GPTBot", b"Mozilla/5.0")),
    "ua_dup_in_order": ([(b"user-agent", b"b"), (b"user-agent", b"a")], None, (b"b", b"a")),
    "ua_dup_other_case": ([(b"user-agent", b"a"), (b"User-Agent", b"GPTBot")], None, (b"a", b"GPTBot")),
    "ua_other_case": ([(b"uSER-aGENT", b"GPTBot")], None, (b"GPTBot",)),
    "ua_underscore_is_no_hyphen": ([(b"user_agent", b"Mozilla/5.0")], None, ()),
    "ua_same_length_field": ([(b"connection", b"close")], None, ()),
    "ua_tab": ([(b"user-agent", b"GPTBot\tx")], None, (b"GPTBot\tx",)),
    "ua_padding": ([(b"user-agent", b"  GPTBot ")], None, (b"  GPTBot ",)),
    "ua_comma_list": ([(b"user-agent", b"Mozilla/5.0, GPTBot")], None, (b"Mozilla/5.0, GPTBot",)),
    "ua_8bit_latin_1": ([(b"user-agent", b"Caf\xe9 GPTBot")], None, (b"Caf\xe9 GPTBot",)),
    "ua_8bit_bad_utf_8": ([(b"user-agent", b"\xff\xfe\x80")], None, (b"\xff\xfe\x80",)),
    "ua_8bit_c1_control": ([(b"user-agent", b"a\x85b")], None, (b"a\x85b",)),
    "ua_token_after_60k": ([(b"user-agent", b" " * 60_000 + b"GPTBot")], None, (b" " * 60_000 + b"GPTBot",)),
    "raw_obs_fold_joined": ([(b"user-agent", b"Mozilla/5.0 GPTBot")], None, (b"Mozilla/5.0 GPTBot",)),
    "xfh_not_read": ([HOST, (b"x-forwarded-host", b"other.example")], b"blog.example", ()),
    "xfh_forwarded_not_read": ([HOST, (b"forwarded", b"host=other.example")], b"blog.example", ()),
}


@pytest.mark.parametrize(("headers", "host", "agents"), rows(FIELDS))
def test_host_and_agents_are_read_in_one_pass(
    headers: list[Field], host: bytes | None, agents: tuple[bytes, ...]
) -> None:
    assert read_hosts_and_agents(iter(headers)) == (host, agents)


CONTROL, LONG = "request.user-agent.control-character", "request.user-agent.too-long"
BAD_FIELDS: dict[str, tuple[list[Field], str]] = {
    "host_dup_equal": ([HOST, HOST], "request.host.repeated"),
    "host_dup_different": ([HOST, (b"host", b"other.example")], "request.host.repeated"),
    "host_dup_other_case": ([HOST, (b"Host", b"other.example")], "request.host.repeated"),
    "host_dup_apart": ([HOST, AGENT, HOST], "request.host.repeated"),
    "host_dup_empty": ([(b"host", b""), HOST], "request.host.repeated"),
    "h2_authority_and_host": ([HOST, AGENT, (b"host", b"other.example")], "request.host.repeated"),
    "ua_ctl_00": ([(b"user-agent", b"GPT\x00Bot")], CONTROL),
    "ua_ctl_01": ([(b"user-agent", b"GPT\x01Bot")], CONTROL),
    "ua_ctl_08": ([(b"user-agent", b"GPT\x08Bot")], CONTROL),
    "ua_ctl_0a": ([(b"user-agent", b"GPT\nBot")], CONTROL),
    "ua_ctl_0b": ([(b"user-agent", b"GPT\x0bBot")], CONTROL),
    "ua_ctl_0d": ([(b"user-agent", b"GPTBot\r")], CONTROL),
    "ua_ctl_1f": ([(b"user-agent", b"\x1fGPTBot")], CONTROL),
    "ua_ctl_7f": ([(b"user-agent", b"GPT\x7fBot")], CONTROL),
    "ua_ctl_second_line": ([AGENT, (b"User-Agent", b"\x01")], CONTROL),
    "raw_obs_fold_kept": ([(b"user-agent", b"Mozilla/5.0\r\n GPTBot")], CONTROL),
    "raw_bare_lf": ([(b"user-agent", b"Mozilla/5.0\nx-y: z")], CONTROL),
    "ua_too_long": ([(b"user-agent", b"a" * 65_537)], LONG),
    "ua_too_many": ([(b"user-agent", b"")] * 2049, LONG),
    "ua_too_long_together": ([(b"user-agent", b"a" * 33_000)] * 2, LONG),
}


@pytest.mark.parametrize(("headers", "id"), rows(BAD_FIELDS))
def test_fields_that_readers_could_take_differently_are_refused(headers: list[Field], id: str) -> None:
    with pytest.raises(AmbiguousRequest) as refusal:
        read_hosts_and_agents(headers)
    assert refusal.value.id == id


PATHS = {
    "path_clean": (b"/a/b.html", ["/a/b.html"]),
    "path_root": (b"/", ["/"]),
    "path_folder": (b"/a/b/", ["/a/b/"]),
    "path_reserved_kept": (b"/a!&'()+,=:@b", ["/a!&'()+,=:@b"]),
    "path_operators_of_patterns": (b"/a*b$", ["/a%2Ab%24"]),
    "path_operators_encoded": (b"/a%2ab%24", ["/a%2Ab%24"]),
    "path_no_uri_holds": (b'/a"<>^`{|}', ["/a%22%3C%3E%5E%60%7B%7C%7D"]),
    "path_dots_in_names": (b"/a..b/c.", ["/a..b/c."]),
    "path_hidden_folder": (b"/.well-known/tdmrep.json", ["/.well-known/tdmrep.json"]),
    "path_three_dots": (b"/.../a", ["/.../a"]),
    "path_empty": (b"", ["/"]),
    "path_star": (b"*", ["*"]),
    "path_star_and_more": (b"*a", ["/%2Aa"]),
    "path_no_slash": (b"private/x", ["/private/x"]),
    "path_authority_form": (b"blog.example:443", ["/blog.example:443"]),
    "path_encoded_unreserved": (b"/%70riv%61te/%7ex", ["/private/~x"]),
    "path_encoded_space": (b"/a%20b", ["/a%20b"]),
    "path_encoded_utf_8": (b"/caf%c3%a9", ["/caf%C3%A9"]),
    "path_encoded_bad_utf_8": (b"/%ff%fe", ["/%FF%FE"]),
    "path_8bit": (b"/caf\xc3\xa9/\xff", ["/caf%C3%A9/%FF"]),
    "path_encoded_nul": (b"/private/%00", ["/private/%00"]),
    "path_encoded_newline": (b"/private%0a", ["/private%0A"]),
    "path_encoded_slash": (b"/private%2fx", ["/private%2Fx", "/private/x"]),
    "path_encoded_slash_first": (b"/%2Fprivate", ["/%2Fprivate", "//private", "/private"]),
    "path_encoded_question": (b"/private%3Fx", ["/private%3Fx", "/private?x"]),
    "path_encoded_hash": (b"/c%23/x", ["/c%23/x", "/c#/x"]),
    "path_encoded_twice": (b"/%2570rivate", ["/%2570rivate", "/private"]),
    "path_encoded_slash_twice": (b"/a%252Fb", ["/a%252Fb", "/a%2Fb", "/a/b"]),
    "path_encoded_thrice": (b"/a%25252Fb", ["/a%25252Fb", "/a%252Fb", "/a%2Fb", "/a/b"]),
    "path_stray_percent": (b"/100%", ["/100%"]),
    "path_stray_percent_hides_escape": (b"/%7%30rivate", ["/private"]),
    "path_percent_encoded": (b"/100%25", ["/100%25", "/100%"]),
    "path_bad_escape": (b"/%zz%4", ["/%zz%4"]),
    "path_iis_escape": (b"/%u0061", ["/%u0061"]),
    "path_double_slash": (b"//private/x", ["//private/x", "/private/x"]),
    "path_double_slash_inside": (b"/a//b", ["/a//b", "/a/b"]),
    "path_double_slash_bracket": (b"//[bad", ["//[bad", "/[bad"]),
    "path_triple_slash": (b"/a///b", ["/a///b", "/a/b"]),
    "path_dot": (b"/./private/", ["/./private/", "/private/"]),
    "path_dot_last": (b"/private/.", ["/private/.", "/private/"]),
    "path_dot_dot": (b"/public/../private/x", ["/public/../private/x", "/private/x"]),
    "path_dot_dot_last": (b"/a/b/..", ["/a/b/..", "/a/"]),
    "path_dot_dot_above_root": (b"/../../private", ["/../../private", "/private"]),
    "path_dot_dot_to_root": (b"/a/..", ["/a/..", "/"]),
    "path_dot_encoded": (b"/a/%2e%2E/private", ["/a/../private", "/private"]),
    "path_dot_encoded_twice": (b"/a/%252e%252e/b", ["/a/%252e%252e/b", "/a/../b", "/b"]),
    "path_dot_dot_and_double_slash": (b"/a//../b", ["/a//../b", "/a/b", "/a/../b", "/b"]),
    "path_backslash": (b"/private\\x", ["/private%5Cx", "/private/x"]),
    "path_backslash_first": (b"\\private", ["/%5Cprivate", "//private", "/private"]),
    "path_backslash_encoded": (b"/private%5Cx", ["/private%5Cx", "/private/x"]),
    "path_backslash_dot_dot": (b"/a\\..\\b", ["/a%5C..%5Cb", "/a/../b", "/b"]),
    "path_parameters": (b"/private;v=1/x", ["/private;v=1/x", "/private/x"]),
    "path_parameters_last": (b"/private/x;jsessionid=1", ["/private/x;jsessionid=1", "/private/x"]),
    "path_parameters_encoded": (b"/private%3Bv", ["/private%3Bv", "/private;v", "/private"]),
    "path_parameters_dot_dot": (b"/a/..;/b", ["/a/..;/b", "/a/../b", "/b"]),
    "path_parameters_hide_slash": (b"/a;%2Fb", ["/a;%2Fb", "/a;/b", "/a", "/a/b"]),
    "path_fragment": (b"/private#x", ["/private#x", "/private"]),
    "path_fragment_dot_dot": (b"/private/x#/../../a", ["/private/x#/../../a", "/a", "/private/x"]),
    "path_fragment_only": (b"#x", ["/#x", "/"]),
    "robots_exact": (b"/robots.txt", ["/robots.txt"]),
    "robots_encoded_unreserved": (b"/r%6Fbots.txt", ["/robots.txt"]),
    "robots_not_slashes": (b"//robots.txt", ["//robots.txt", "/robots.txt"]),
    "robots_not_parameters": (b"/robots.txt;x", ["/robots.txt;x", "/robots.txt"]),
    "robots_not_encoded_slash": (b"/private%2Frobots.txt", ["/private%2Frobots.txt", "/private/robots.txt"]),
}


@pytest.mark.parametrize(("raw_path", "readings"), rows(PATHS))
def test_a_path_has_every_reading_of_an_origin_as_sent_first(raw_path: bytes, readings: list[str]) -> None:
    found = path_readings(raw_path)
    assert found[0] == readings[0]
    assert sorted(found) == sorted(readings)


QUERIES = {
    "query_clean": (b"/a", b"x=1&y=/../b;c", ["/a?x=1&y=/../b;c"]),
    "query_in_normal_form": (b"/a", b"x=%7e%2f\xe9", ["/a?x=~%2F%E9"]),
    "query_on_every_reading": (b"//a", b"x", ["//a?x", "/a?x"]),
    "query_empty": (b"/a", b"", ["/a"]),
    "query_left_on_the_path": (b"/a?x=1", b"x=1", ["/a?x=1"]),
    "query_mark_alone": (b"/a?", b"", ["/a"]),
    "query_with_operators": (b"/a", b"x=$*", ["/a?x=%24%2A"]),
    "query_after_fragment": (b"/a#b", b"x", ["/a#b?x", "/a"]),
    "query_with_fragment": (b"/a", b"x#y", ["/a?x#y", "/a?x"]),
    "fa_fragment_in_original_uri": (b"/private#", b"/../x", ["/private#?/../x", "/private"]),
}


@pytest.mark.parametrize(("raw_path", "query", "readings"), rows(QUERIES))
def test_a_query_follows_the_path(raw_path: bytes, query: bytes, readings: list[str]) -> None:
    assert list(path_readings(raw_path, query)) == readings


CONTROL_IN_PATH, MANY = "request.path.control-character", "request.path.readings"
BAD_PATHS = {
    "path_raw_nul": (b"/a\0b", b"", CONTROL_IN_PATH),
    "path_raw_newline": (b"/a\n", b"", CONTROL_IN_PATH),
    "path_raw_tab": (b"/a\tb", b"", CONTROL_IN_PATH),
    "path_raw_space": (b"/a b", b"", CONTROL_IN_PATH),
    "path_raw_del": (b"/a\x7f", b"", CONTROL_IN_PATH),
    "query_raw_newline": (b"/a", b"x\n", "request.query.control-character"),
    "query_raw_space": (b"/a", b"x y", "request.query.control-character"),
    "path_too_long": (b"/" + b"a" * 16_384, b"", "request.path.too-long"),
    "path_too_long_encoded": (b"/" + b"%61" * 6000, b"", "request.path.too-long"),
    "query_too_long": (b"/a", b"x" * 65_537, "request.query.too-long"),
    "query_twice": (b"/a?x", b"y", "request.target.query"),
    "query_on_the_path_only": (b"/a?x", b"", "request.target.query"),
    "path_too_many_tricks": (b"/a//b;c\\d%2Fe/../f", b"", MANY),
    "path_encoded_without_end": (b"/%" + b"25" * 5000 + b"2F", b"", MANY),
    "path_encoded_across_strays": (b"/%4" + b"%3" * 5000 + b"1", b"", MANY),
    "path_long_tricks": (b"//;\\" * 4000, b"", MANY),
}


@pytest.mark.parametrize(("raw_path", "query", "id"), rows(BAD_PATHS))
def test_a_path_without_a_safe_set_of_readings_is_refused(raw_path: bytes, query: bytes, id: str) -> None:
    with pytest.raises(AmbiguousRequest) as refusal:
        path_readings(raw_path, query)
    assert refusal.value.id == id


TRUSTED = [ip_network("10.0.0.0/8"), ip_network("2001:db8:1::/48"), ip_network("192.0.2.1/32")]
PROXY = "10.0.0.1"
PEERS: dict[str, tuple[str | None, list[bytes], str | None]] = {
    "addr_socket_v4": ("198.51.100.7", [], "198.51.100.7"),
    "addr_socket_v6": ("2001:DB8:0:0::7", [], "2001:db8::7"),
    "addr_socket_mapped": ("::ffff:198.51.100.7", [], "198.51.100.7"),
    "addr_socket_none": (None, [b"198.51.100.7"], None),
    "addr_socket_unix": ("", [b"198.51.100.7"], None),
    "addr_socket_unix_path": ("/run/gate.sock", [b"198.51.100.7"], None),
    "addr_socket_name": ("testclient", [b"198.51.100.7"], None),
    "addr_socket_zone": ("fe80::1%eth0", [], None),
    "addr_xff_untrusted": ("198.51.100.7", [b"203.0.113.9"], "198.51.100.7"),
    "addr_xff_single": (PROXY, [b"203.0.113.9"], "203.0.113.9"),
    "addr_xff_mapped_proxy": ("::ffff:10.0.0.1", [b"203.0.113.9"], "203.0.113.9"),
    "addr_xff_v6_proxy": ("2001:db8:1::5", [b"203.0.113.9"], "203.0.113.9"),
    "addr_xff_leftmost": (PROXY, [b"198.51.100.66, 203.0.113.9"], "203.0.113.9"),
    "addr_xff_chain": (PROXY, [b"198.51.100.66, 203.0.113.9, 10.1.2.3,192.0.2.1"], "203.0.113.9"),
    "addr_xff_two_lines": (PROXY, [b"198.51.100.66", b"203.0.113.9"], "203.0.113.9"),
    "addr_xff_two_lines_chain": (PROXY, [b"203.0.113.9", b"10.1.2.3"], "203.0.113.9"),
    "addr_xff_forged_proxy": (PROXY, [b"10.9.9.9, 203.0.113.9"], "203.0.113.9"),
    "addr_xff_garbage_left": (PROXY, [b"<script>, unknown,, 203.0.113.9"], "203.0.113.9"),
    "addr_xff_garbage_right": (PROXY, [b"203.0.113.9, unknown"], None),
    "addr_xff_garbage_between": (PROXY, [b"203.0.113.9, unknown, 10.1.2.3"], None),
    "addr_xff_hop_by_hop_strip": (PROXY, [], None),
    "addr_xff_empty": (PROXY, [b""], None),
    "addr_xff_empty_last": (PROXY, [b"203.0.113.9,"], None),
    "addr_xff_empty_second_line": (PROXY, [b"203.0.113.9", b""], None),
    "addr_xff_all_trusted": (PROXY, [b"10.1.1.1, 10.2.2.2"], None),
    "addr_xff_tab": (PROXY, [b"\t203.0.113.9\t"], "203.0.113.9"),
    "addr_xff_newline": (PROXY, [b"203.0.113.9\n"], None),
    "addr_port_v4": (PROXY, [b"203.0.113.9:4711"], "203.0.113.9"),
    "addr_port_v6": (PROXY, [b"[2001:db8::9]:4711"], "2001:db8::9"),
    "addr_port_zero": (PROXY, [b"203.0.113.9:0"], None),
    "addr_port_high": (PROXY, [b"203.0.113.9:65536"], None),
    "addr_port_empty": (PROXY, [b"203.0.113.9:"], None),
    "addr_v6_bare": (PROXY, [b"2001:db8::9"], "2001:db8::9"),
    "addr_v6_brackets": (PROXY, [b"[2001:db8::9]"], "2001:db8::9"),
    "addr_v6_all_digits": (PROXY, [b"1:2:3:4:5:6:7:8"], "1:2:3:4:5:6:7:8"),
    "addr_v6_brackets_v4": (PROXY, [b"[203.0.113.9]"], None),
    "addr_v6_open_bracket": (PROXY, [b"[2001:db8::9"], None),
    "addr_v6_zone": (PROXY, [b"fe80::1%eth0"], None),
    "addr_mapped": (PROXY, [b"::ffff:203.0.113.9"], "203.0.113.9"),
    "addr_mapped_hex": (PROXY, [b"[::FFFF:cb00:7109]"], "203.0.113.9"),
    "addr_mapped_trusted": (PROXY, [b"203.0.113.9, ::ffff:10.2.2.2"], "203.0.113.9"),
    "addr_hex": (PROXY, [b"0xcb007109"], None),
    "addr_hex_octets": (PROXY, [b"0xcb.0x0.0x71.0x9"], None),
    "addr_octal": (PROXY, [b"0313.0.0161.011"], None),
    "addr_number": (PROXY, [b"3405803785"], None),
    "addr_short": (PROXY, [b"127.1"], None),
    "addr_8bit": (PROXY, [b"\xb2\xb3.0.113.9"], None),
    "addr_quoted": (PROXY, [b'"203.0.113.9"'], None),
    "addr_prefix": (PROXY, [b"203.0.113.9/32"], None),
    "addr_inner_space": (PROXY, [b"203.0.113.9 10.1.2.3"], None),
}


@pytest.mark.parametrize(("client", "forwarded_for", "peer"), rows(PEERS))
def test_the_peer_is_the_right_most_that_is_not_ours(
    client: str | None, forwarded_for: list[bytes], peer: str | None
) -> None:
    assert peer_address(client, forwarded_for, TRUSTED) == peer


def test_without_trusted_networks_nobody_is_believed() -> None:
    assert peer_address("10.0.0.1", [b"203.0.113.9"]) == "10.0.0.1"


TARGETS: dict[str, tuple[bytes, bytes, tuple[str, ...]]] = {
    "abs_same_authority": (b"blog.example", b"http://blog.example/a", ("/a",)),
    "abs_https": (b"blog.example", b"https://blog.example/a", ("/a",)),
    "abs_scheme_case": (b"blog.example", b"hTTp://blog.example/a", ("/a",)),
    "abs_host_case_and_dot": (b"blog.example", b"http://BLOG.example./a", ("/a",)),
    "abs_port": (b"blog.example:8080", b"http://blog.example:8080/a", ("/a",)),
    "abs_no_path": (b"blog.example", b"http://blog.example", ("/",)),
    "abs_v6": (b"[::1]", b"http://[0:0::1]:80/a", ("/a",)),
    "abs_double_slash": (b"blog.example", b"http://blog.example//a", ("//a", "/a")),
    "abs_other_scheme_is_a_path": (b"blog.example", b"ftp:a", ("/ftp:a",)),
    "abs_not_behind_a_slash": (b"blog.example", b"/x:http", ("/x:http",)),
}


@pytest.mark.parametrize(("host", "raw_path", "paths"), rows(TARGETS))
def test_a_target_in_absolute_form_is_the_path_on_the_same_host(
    host: bytes, raw_path: bytes, paths: tuple[str, ...]
) -> None:
    assert read_request([(b"host", host)], raw_path, b"", None).paths == paths


OTHER = "request.target.authority"
BAD_REQUESTS: dict[str, tuple[list[Field], bytes, str, str]] = {
    "abs_other_authority": ([HOST], b"http://other.example/a", "1.1", OTHER),
    "abs_userinfo": ([HOST], b"http://blog.example@other.example/a", "1.1", OTHER),
    "abs_same_host_userinfo": ([HOST], b"http://me@blog.example/a", "1.1", OTHER),
    "abs_backslash": ([HOST], b"http://other.example\\@blog.example/a", "1.1", OTHER),
    "abs_empty_authority": ([HOST], b"http:///a", "1.1", OTHER),
    "abs_without_host": ([], b"http://blog.example/a", "1.0", OTHER),
    "host_missing": ([AGENT], b"/", "1.1", "request.host.missing"),
    "host_missing_h2": ([AGENT], b"/", "2", "request.host.missing"),
    "host_missing_unknown_version": ([AGENT], b"/", "", "request.host.missing"),
    "host_missing_underscore": ([(b"x_host", b"blog.example")], b"/", "1.1", "request.host.missing"),
    "host_empty_http10": ([(b"host", b"")], b"/", "1.0", "request.host.invalid"),
    "host_dup_http10": ([HOST, HOST], b"/", "1.0", "request.host.repeated"),
    "path_raw_nul_after_abs": ([HOST], b"http://blog.example/\0", "1.1", CONTROL_IN_PATH),
}


@pytest.mark.parametrize(("headers", "raw_path", "version", "id"), rows(BAD_REQUESTS))
def test_a_request_that_readers_could_take_differently_is_refused(
    headers: list[Field], raw_path: bytes, version: str, id: str
) -> None:
    with pytest.raises(AmbiguousRequest) as refusal:
        read_request(headers, raw_path, b"", None, http_version=version)
    assert refusal.value.id == id
    assert refusal.value.remedy


@pytest.mark.parametrize("version", ["0.9", "1.0"])
def test_before_http_1_1_a_request_may_name_no_host(version: str) -> None:
    assert read_request([], b"/", b"", None, http_version=version) == CrawlRequest(None, (), ("/",), None)


def test_a_request_is_read_once_with_all_its_parts() -> None:
    headers = [HOST, AGENT, (b"X-Forwarded-For", b"203.0.113.9"), (b"x_forwarded_for", b"198.51.100.1")]
    request = read_request(iter(headers), b"/a%2Fb", b"x=1", PROXY, trusted=TRUSTED)
    assert request == CrawlRequest("blog.example", (b"GPTBot",), ("/a%2Fb?x=1", "/a/b?x=1"), "203.0.113.9")
