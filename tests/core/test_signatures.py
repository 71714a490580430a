"""Reading the signature file: good files give values, bad files give their faults, nothing else ever comes out.

Drop a file into ``signature_files/good`` and a test exists. Drop one into ``signature_files/bad`` under the id of the
fault that it has to show, with ``--2``, ``--3``… for more of a kind, and a test exists.
"""

import json
import random
import re
import time
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gatepost.core import signature_rules, yaml_events
from gatepost.core.crawlers import HonoursRobots, Purpose, Service, SignatureSet
from gatepost.core.json_schemas import SCHEMAS, json_schema_text
from gatepost.core.signatures import REMEDIES, read_signatures, show_fault
from gatepost.errors import Fault, SignatureFileError

FILES = Path(__file__).parent / "signature_files"
GOOD = sorted((FILES / "good").glob("*.yaml"))
BAD = sorted((FILES / "bad").glob("*.yaml"))
MIB = 1 << 20
SHIPPED = Path(yaml_events.__file__).parents[1]
"""Where the schemas are."""
SCHEMA = "crawler_signatures.schema.json"


def good(name: str) -> bytes:
    return (FILES / "good" / f"{name}.yaml").read_bytes()


def faults_of(source: bytes) -> tuple[Fault, ...]:
    with pytest.raises(SignatureFileError) as caught:
        read_signatures(source)
    return caught.value.faults


def ids_of(source: bytes) -> set[str]:
    return {fault.id for fault in faults_of(source)}


def many_entries(count: int) -> bytes:
    head, entry = good("minimal").decode().split("  - name: ", 1)
    return (head + "".join(f"  - name: {entry.replace('ExampleBot', f'Example{n}Bot')}" for n in range(count))).encode()


GENERATED = {
    "signatures.file.size": good("minimal") + b"# " + b"x" * MIB,
    "signatures.file.more": b"format: 1\nversion: 1.0.0\ncrawlers:\n" + b"- {name: A}\n" * 30_000,
    "signatures.yaml.events": b"[" + b"a," * 210_000 + b"]",
}
"""Bad files too large to lie about."""

BOMBS = {
    "aliases": b"a: &a [x]\n" + b"".join(b"k%d: &k%d [*a, *a]\n" % (n, n) for n in range(500)),
    "billion laughs": b"".join(b"%c: &%c [%s]\n" % (97 + n, 97 + n, b"*%c," % (96 + n) * 9) for n in range(1, 9)),
    "merge keys": b"a: &a {b: c}\n" + b"".join(b"m%d: &m%d {<<: [*a, *a]}\n" % (n, n) for n in range(400)),
    "80 kB of [": b"[" * 80_000,
    "80 kB of {": b"{a: " * 20_000,
    "80 kB of ?": b"? " * 40_000,
    "80 kB of -": b"- " * 40_000,
    "a deep entry": good("minimal") + b"    x: " + b"[" * 80_000,
    "a long key": b"x" * (MIB - 10) + b": 1\n",
    "a long token": good("minimal").replace(b"[ExampleBot]", b'["' + b"A-" * 400_000 + b'"]', 1),
    "many unknown keys": b"".join(b"k%d: v\n" % n for n in range(60_000)),
    "many doubled keys": b"".join(b"k: v\n" for n in range(60_000)),
    "many wrong entries": good("minimal") + b"  - {}\n" * 20_000,
    "many doubled names": b"format: 1\nversion: 1.0.0\ncrawlers:\n" + b"- {name: A}\n" * 30_000,
    "spaces": b" " * MIB,
    "quotes": b'"' * MIB,
    "numbers": b"a: " + b"9" * 1_000_000 + b"\n",
    "tags": b"a: !" + b"!python/object" * 1000,
}


def test_good_files_lie_there():
    assert len(GOOD) >= 10


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_file(path: Path):
    assert read_signatures(path.read_bytes()).crawlers


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_file(path: Path):
    source = path.read_bytes()
    faults = faults_of(source)
    assert path.stem.split("--")[0] in {fault.id for fault in faults}
    assert list(faults) == sorted(faults)
    for fault in faults:
        assert fault.line > 0
        assert fault.column > 0
        assert fault.message
        assert fault.remedy == REMEDIES[fault.id]
        assert "^" in show_fault(source, fault)


@pytest.mark.parametrize("id", GENERATED)
def test_bad_file_that_is_generated(id: str):
    assert id in ids_of(GENERATED[id])


def test_every_fault_has_a_bad_file():
    assert {path.stem.split("--")[0] for path in BAD} | set(GENERATED) == set(REMEDIES)


@pytest.mark.parametrize("module", ["yaml_events", "signature_schema", "signature_rules"])
def test_every_id_in_the_code_has_a_remedy(module: str):
    code = Path(yaml_events.__file__).with_name(f"{module}.py").read_text("utf-8")
    assert set(re.findall(r'"(signatures\.[a-z0-9_]+\.[a-z0-9]+)"', code)) <= set(REMEDIES)


@pytest.mark.parametrize("name", BOMBS)
def test_bomb(name: str):
    started = time.process_time()
    faults = faults_of(BOMBS[name])
    assert time.process_time() - started < 20, "it hangs"
    assert len(faults) <= yaml_events.MAX_FAULTS + 1
    assert faults[0].line > 0


@pytest.mark.parametrize("name", ["80 kB of [", "80 kB of {", "80 kB of ?", "80 kB of -", "a deep entry"])
def test_deep_nesting_is_stopped_at_the_limit(name: str):
    assert "signatures.yaml.depth" in ids_of(BOMBS[name])


@pytest.mark.parametrize("path", [*GOOD, *BAD], ids=lambda path: path.stem)
def test_without_libyaml_the_verdict_is_the_same(path: Path, monkeypatch: pytest.MonkeyPatch):
    with_libyaml = _faults_if_any(path.read_bytes())
    monkeypatch.setattr(yaml_events, "_Loader", yaml.SafeLoader)
    without = _faults_if_any(path.read_bytes())
    assert {fault.id for fault in without} == {fault.id for fault in with_libyaml}


def test_several_faults_come_at_once_in_the_order_of_the_file():
    source = (
        good("minimal")
        .replace(b"operator: Example Ltd", b"operater: Example Ltd")
        .replace(b"user_agent_tokens: [ExampleBot]", b"user_agent_tokens: [ExampleBot/1.0, bot]")
        .replace(b"[ai-training]", b"[search, ai-answers]")
        .replace(b"2027-05-22", b"2027-02-31")
    )
    assert [(fault.line, fault.id) for fault in faults_of(source)] == [
        (4, "signatures.field.missing"),
        (5, "signatures.field.unknown"),
        (7, "signatures.token.version"),
        (7, "signatures.token.generic"),
        (7, "signatures.token.length"),
        (8, "signatures.mixed_use.missing"),
        (12, "signatures.value.date"),
    ]


def test_faults_name_the_entry_the_key_and_what_was_probably_meant():
    source = good("minimal").replace(b"operator: Example Ltd", b"operater: Example Ltd")
    messages = [fault.message for fault in faults_of(source)]
    assert messages == [
        "ExampleBot: operator is missing",
        "ExampleBot: operater is not a key of the format; did you mean operator?",
    ]


def test_a_doubled_key_names_both_places():
    (fault,) = faults_of((FILES / "bad" / "signatures.key.duplicate.yaml").read_bytes())
    assert (fault.line, fault.column) == (6, 5)
    assert "line 5, column 5" in fault.message


def test_the_place_of_a_value_inside_a_flow_mapping():
    (fault,) = faults_of(good("minimal").replace(b'"yes"', b'"maybe"'))
    assert (fault.line, fault.column, fault.id) == (9, 29, "signatures.value.choice")
    assert fault.message == (
        "ExampleBot: honours_robots.value must be 'yes', 'no', 'partly' or 'undocumented', not 'maybe'"
    )


def test_show_fault_puts_a_caret_under_the_place():
    source = good("minimal").replace(b'"yes"', b'"maybe"')
    (fault,) = faults_of(source)
    head, line, caret, remedy = show_fault(source, fault).splitlines()
    assert head.startswith("line 9, column 29: ExampleBot: honours_robots.value")
    assert line[caret.index("^") :].startswith('"maybe"')
    assert remedy.strip() == REMEDIES[fault.id]


@pytest.mark.parametrize("operator", ["Ⅷ日本語株式会社", "x" * 300])
def test_show_fault_keeps_the_caret_in_place(operator: str):
    entry = good("minimal").decode().replace("honours_robots: {", f"honours_robots: {{source: {operator}, valeu: no, ")
    fault = next(fault for fault in faults_of(entry.encode()) if "valeu is" in fault.message)
    _, line, caret, _ = show_fault(entry.encode(), fault).splitlines()
    wide = sum(char in operator for char in line) if len(operator) < 99 else 0
    assert line[caret.index("^") - wide + ("Ⅷ" in line) :].startswith("valeu")


def test_show_fault_is_harmless_on_a_terminal():
    source = good("minimal").replace(b"Example Ltd", b"Example \x1b[31m")
    assert "\x1b" not in show_fault(source, faults_of(source)[0])


@given(st.binary(max_size=200), st.integers(1, 20), st.integers(1, 300))
def test_show_fault_shows_any_fault_of_any_file(source: bytes, line: int, column: int):
    assert "^" in show_fault(source, Fault(line, column, "x", "message", "remedy"))


def test_the_values_of_an_entry():
    signatures = read_signatures(good("every-key"))
    crawler = signatures.by_name["examplebot"]
    assert crawler.purposes == {Purpose.SEARCH, Purpose.AI_ANSWERS}
    assert (crawler.mixed_use, crawler.person_triggered, crawler.own_token_only) == (True, False, True)
    assert crawler.honours_robots.value is HonoursRobots.YES
    assert crawler.honours_robots.checked == date(2026, 11, 22)
    assert crawler.page_directives[0].withholds == {Purpose.AI_TRAINING, Purpose.AI_ANSWERS}
    assert crawler.verification.reverse_dns == ("examplebot.example.com",)
    assert crawler.first_seen == "2023-08"
    assert signatures.by_name["example-extended"].governs == ("ExampleBot",)
    assert signatures.by_name["examplepreview"].service is Service.LINK_PREVIEW


def test_values_are_plain_strings():
    """Nothing of the tree, with its places, lives on in the values."""
    crawler = read_signatures(good("minimal")).crawlers[0]
    texts = (crawler.name, crawler.operator, *crawler.robots_tokens, *crawler.samples_match)
    assert {type(text) for text in texts} == {str}


def test_the_set_carries_its_version_and_the_sum_of_its_bytes():
    one, other = read_signatures(good("minimal")), read_signatures(good("byte-order-mark"))
    assert one.version == "1.0.0"
    assert len(one.sha256) == 64
    assert one.sha256 != other.sha256
    assert one.crawlers == other.crawlers


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_shipped_json_schema_is_the_model(name):
    assert (SHIPPED / name).read_text("utf-8") == json_schema_text(name), "see the docstring of core/json_schemas"


def test_every_schema_that_is_shipped_is_of_a_model():
    assert {path.name for path in SHIPPED.glob("*.schema.json")} == SCHEMAS.keys()


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_json_schema_closes_every_mapping_and_describes_every_key(name):
    schema = json.loads(json_schema_text(name))
    shapes = [schema, *schema["$defs"].values()]
    mappings = [shape for shape in shapes if "properties" in shape]
    assert len(mappings) == 6
    assert all(shape["additionalProperties"] is False for shape in mappings)
    for key in (key for shape in mappings for key in shape["properties"].values()):
        assert "description" in key or "description" in schema["$defs"][key["$ref"].split("/")[-1]]


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_file_by_the_json_schema(path: Path):
    jsonschema = pytest.importorskip("jsonschema", reason="missing: jsonschema, which check-jsonschema brings")
    read_by_others = yaml.safe_load(path.read_text("utf-8-sig"))
    schema = json.loads(json_schema_text(SCHEMA))
    jsonschema.Draft202012Validator.check_schema(schema)
    if read_by_others["format"] != "1":
        jsonschema.validate(json.loads(json.dumps(read_by_others, default=str)), schema)


def test_every_generic_word_is_refused():
    for word in signature_rules.GENERIC_WORDS | signature_rules.OPERATOR_WORDS:
        source = good("minimal").replace(b"user_agent_tokens: [ExampleBot]", f'user_agent_tokens: ["{word}"]'.encode())
        assert ids_of(source) & {"signatures.token.generic"}, word


def test_500_mutants_are_read_or_refused():
    chance = random.Random(20261122)
    read = 0
    for _ in range(500):
        mutant = _mutant(good("every-key"), chance)
        started = time.perf_counter()
        faults = _faults_if_any(mutant)
        assert time.perf_counter() - started < 20, "it hangs"
        assert all("^" in show_fault(mutant, fault) for fault in faults)
        read += not faults
    assert 0 < read < 400, "the mutator does too little or too much"


def test_a_file_cut_off_anywhere_is_refused_or_whole():
    source = good("every-key")
    for end in range(0, len(source) - 60, 7):
        try:
            names = read_signatures(source[:end]).by_name
        except SignatureFileError:
            continue
        assert len(names) < 4, "only the end of an entry lets a part pass for a whole"


@given(st.text(max_size=60))
def test_any_text_as_a_token(text: str):
    source = good("minimal").replace(b"user_agent_tokens: [ExampleBot]", b"user_agent_tokens: [%s]")
    spelled = json.dumps(text, ensure_ascii=True).encode()
    try:
        signatures = read_signatures(source.replace(b"%s", spelled))
    except SignatureFileError:
        return
    assert signatures.crawlers[0].user_agent_tokens == (text,)
    assert re.fullmatch(r"[A-Za-z0-9_][ -~]{2,}", text)


@given(st.binary(max_size=300))
def test_any_bytes(source: bytes):
    assert faults_of(source)


def _faults_if_any(source: bytes) -> tuple[Fault, ...]:
    try:
        assert isinstance(read_signatures(source), SignatureSet)
    except SignatureFileError as error:
        return error.faults
    return ()


def _mutant(source: bytes, chance: random.Random) -> bytes:
    lines = source.splitlines(keepends=True)
    for _ in range(chance.randint(1, 3)):
        here, there = chance.randrange(len(lines)), chance.randrange(len(lines))
        what = chance.randrange(5)
        if what == 0:
            del lines[here]
        elif what == 1:
            lines.insert(here, lines[there])
        elif what == 2:
            lines[here], lines[there] = lines[there], lines[here]
        else:
            lines[here] = _flipped(lines[here], chance)
    return b"".join(lines)


def _flipped(line: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(line))
    return line[:at] + bytes([line[at] ^ (1 << chance.randrange(8))]) + line[at + 1 :]
