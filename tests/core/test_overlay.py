"""A file of this machine laid over the signature file: one whole file comes out, or every fault with its own lines."""

import json
from pathlib import Path
from unittest.mock import Mock

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.core.json_schemas import json_schema_text
from gatepost.core.overlay import OVERLAY, REMEDIES, lay_over, overlaid
from gatepost.core.signatures import read_signatures, show_fault
from gatepost.core.yaml_events import read_tree
from gatepost.errors import Fault, FaultLevel, SignatureFileError
from house.source_tree import CHECKOUT

BASE = (Path(__file__).parent / "signature_files" / "good" / "every-key.yaml").read_bytes()
"""ExampleBot, OtherCrawler, Example-Extended (which governs ExampleBot), ExamplePreview."""

ENTRY = """\
  - name: {name}
    operator: Local Ltd
    robots_tokens: [{token}]
    user_agent_tokens: [{token}]
    purposes: [ai-training]
    honours_robots: {{value: "no", source: "https://local.example/", checked: 2026-11-22}}
    documentation: https://local.example/
    first_seen: "2026"
    review_by: 2099-01-01
    samples: {{match: ["{token}/1.0"], no_match: ["My{token}/1.0"]}}
"""


def overlay(*entries, without=""):
    """An overlay with these (name, token) as entries."""
    lines = "format: 1\n" + (f"without: [{without}]\n" if without else "")
    return (
        lines + ("crawlers:\n" if entries else "") + "".join(ENTRY.format(name=n, token=t) for n, t in entries)
    ).encode()


def laid(*entries, **more):
    return read_signatures(overlaid(BASE, overlay(*entries, **more)))


def faults_of(text, base=BASE):
    with pytest.raises(SignatureFileError) as caught:
        overlaid(base, text)
    return caught.value.faults


def test_an_entry_of_the_same_name_takes_the_place_of_the_other():
    signatures = laid(("othercrawler", "OtherCrawler"))
    assert [crawler.name for crawler in signatures.crawlers][:2] == ["ExampleBot", "othercrawler"]
    assert signatures.by_name["othercrawler"].operator == "Local Ltd"


def test_other_entries_come_last():
    assert laid(("LocalBot", "LocalBot")).crawlers[-1].name == "LocalBot"


def test_an_entry_may_be_taken_out():
    assert "othercrawler" not in laid(without="OTHERCRAWLER").by_name


def test_an_entry_may_be_taken_out_for_another_with_its_token():
    names = laid(("LocalBot", "OtherCrawler"), without="OtherCrawler").by_name.keys()
    assert "localbot" in names
    assert "othercrawler" not in names


def test_to_take_out_what_is_not_there_is_told_and_no_fault():
    done = lay_over(BASE, overlay(without="GoneBot, OtherCrawler"))
    assert done.taken_out == ("OtherCrawler",)
    (warning,) = done.warnings
    assert (warning.line, warning.column, warning.id) == (2, 11, "signatures.overlay.unknown")
    assert (warning.level, warning.file) == (FaultLevel.WARNING, OVERLAY)


def test_what_was_done_is_told():
    done = lay_over(BASE, overlay(("LocalBot", "LocalBot"), ("OtherCrawler", "OtherCrawler")))
    assert (done.replaced, done.added) == (("OtherCrawler",), ("LocalBot",))


def test_all_else_is_left_as_it_is():
    base, merged = read_signatures(BASE), laid(("LocalBot", "LocalBot"))
    assert merged.crawlers[:-1] == base.crawlers
    assert merged.version == base.version


def test_an_update_of_the_signature_file_keeps_the_overlay():
    updated = BASE.replace(b'version: "1.0.0"', b'version: "1.1.0"').replace(b"Other Ltd", b"Other GmbH")
    merged = read_signatures(overlaid(updated, overlay(("LocalBot", "LocalBot"))))
    assert (merged.version, merged.by_name["othercrawler"].operator) == ("1.1.0", "Other GmbH")
    assert "localbot" in merged.by_name


def test_the_same_files_give_the_same_octets_and_others_do_not():
    one = overlaid(BASE, overlay(("LocalBot", "LocalBot")))
    assert one == overlaid(BASE, overlay(("LocalBot", "LocalBot")))
    assert one != overlaid(BASE, overlay(("LocalBot", "LocalBot")) + b"# another\n")


def test_the_octets_say_where_they_come_from():
    text = overlaid(BASE, overlay(("LocalBot", "LocalBot"))).decode()
    assert text.startswith("# Made of the signature file ")
    assert "  # from line 3 of the overlay\n  - name: LocalBot\n" in text


def test_an_entry_may_govern_one_of_the_signature_file():
    text = overlay(("LocalBot", "LocalBot")).decode().replace("user_agent_tokens: [LocalBot]", "user_agent_tokens: []")
    text = text.replace("    honours", "    governs: [OtherCrawler]\n    honours").replace(
        'match: ["LocalBot/1.0"]', "match: []"
    )
    assert read_signatures(overlaid(BASE, text.encode())).by_name["localbot"].governs == ("OtherCrawler",)
    faults = faults_of(text.replace("[OtherCrawler]", "[NoOne]").encode())
    assert [fault.id for fault in faults] == ["signatures.governs.unknown"]


FAULTS = {
    "a token of another entry": (
        overlay(("LocalBot", "ExampleBot")),
        [(5, 21, "signatures.overlay.token"), (6, 25, "signatures.overlay.token")],
    ),
    "taken out and given": (
        overlay(("LocalBot", "LocalBot"), without="LocalBot"),
        [(2, 11, "signatures.overlay.both")],
    ),
    "taken out and governed": (overlay(without="ExampleBot"), [(2, 11, "signatures.overlay.governed")]),
    "nothing left": (
        overlay(without="ExampleBot, OtherCrawler, Example-Extended, ExamplePreview"),
        [(1, 1, "signatures.overlay.nothing")],
    ),
    "a generic token": (
        overlay(("LocalBot", "Spider")),
        [(5, 21, "signatures.robots_token.generic"), (6, 25, "signatures.token.generic")],
    ),
    "an unknown key": (b"format: 1\nwith: [A]\n", [(2, 1, "signatures.field.unknown")]),
    "a version": (b'format: 1\nversion: "1.0.0"\n', [(2, 1, "signatures.field.unknown")]),
    "no YAML": (b"format: 1\ncrawlers: [\n", [(3, 1, "signatures.yaml.syntax")]),
    "a proposal": (b"proposal: x\nformat: 1\n", [(1, 1, "signatures.file.proposal")]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "places"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_the_overlay_is_told_by_its_own_lines(text, places):
    faults = faults_of(text)
    assert [fault.file for fault in faults] == [OVERLAY] * len(faults)
    assert [(fault.line, fault.column, fault.id) for fault in faults] == places
    assert all(fault.remedy and "^" in show_fault(text, fault) for fault in faults)


OVERLAY_FORMS = {
    "nothing": (b"format: 1\n", True),
    "entries": (overlay(("LocalBot", "LocalBot")), True),
    "taken out": (overlay(without="OtherCrawler"), True),
    "both": (overlay(("LocalBot", "LocalBot"), without="OtherCrawler"), True),
    "a version": (b'format: 1\nversion: "1.0.0"\n', False),
    "no format": (b"without: [ExampleBot]\n", False),
    "no name": (b"format: 1\nwithout: [a b]\n", False),
    "another key": (b"format: 1\nwith: []\n", False),
    "half an entry": (b"format: 1\ncrawlers: [{name: LocalBot}]\n", False),
}


@pytest.mark.parametrize(("text", "good"), OVERLAY_FORMS.values(), ids=OVERLAY_FORMS.keys())
def test_editors_see_an_overlay_as_the_reader_does(text, good):
    jsonschema = pytest.importorskip("jsonschema", reason="missing: jsonschema, which check-jsonschema brings")
    schema = json.loads(json_schema_text("signatures_overlay.schema.json"))
    jsonschema.Draft202012Validator.check_schema(schema)
    read_by_others = json.loads(json.dumps(yaml.safe_load(text), default=str))
    assert jsonschema.Draft202012Validator(schema).is_valid(read_by_others) is good
    assert _refused(text) is not good


def _refused(text):
    try:
        lay_over(BASE, text)
    except SignatureFileError:
        return True
    return False


def test_every_fault_of_an_overlay_is_tried_here():
    tried = {id for _, places in FAULTS.values() for _, _, id in places}
    assert tried >= REMEDIES.keys() - {"signatures.overlay.unknown"}


def test_a_fault_of_the_signature_file_is_told_as_its_own():
    faults = faults_of(overlay(), BASE.replace(b'"1.0.0"', b'"one"'))
    assert [(fault.file, fault.id) for fault in faults] == [("", "signatures.value.pattern")]


def test_a_fault_of_what_came_out_is_traced_to_the_file_that_it_comes_from():
    text = overlay(("LocalBot", "LocalBot"), without="OtherCrawler")
    done = lay_over(BASE, text)

    def traced(needle):
        lines = done.source.decode().splitlines()
        number = next(number for number, line in enumerate(lines) if needle in line)
        [told] = done.traced([Fault(number + 1, lines[number].index(needle) + 1, "x", "message", "remedy")])
        return told

    fault = traced('"MyLocalBot/1.0"')
    assert (fault.file, text.decode().splitlines()[fault.line - 1][fault.column - 1 :][:16]) == (
        OVERLAY,
        '"MyLocalBot/1.0"',
    )
    fault = traced('"Example Preview/3"')
    assert (fault.file, BASE.decode().splitlines()[fault.line - 1][fault.column - 1 :][:19]) == (
        "",
        '"Example Preview/3"',
    )
    [told] = done.traced([Fault(1, 1, "x", "message", "remedy")])
    assert told.file == OVERLAY


def test_many_faults_cost_one_reading_of_what_came_out(monkeypatch):
    """Reading the shipped file takes a tenth of a second, and a hostile overlay has a thousand faults."""
    text = overlay(*((f"Local{n}Bot", f"Local{n}Bot") for n in range(40))).replace(b'Bot/1.0"], no', b'/1.0"], no')
    done = lay_over(BASE, text)
    read = Mock(side_effect=read_tree)
    monkeypatch.setattr("gatepost.core.overlay.read_tree", read)
    with pytest.raises(SignatureFileError) as caught:
        done.admitted(())
    assert len(caught.value.faults) >= 40
    assert read.call_count == 1


def test_an_empty_overlay_changes_no_entry_of_the_shipped_file():
    shipped = (CHECKOUT / "crawler_signatures.yaml").read_bytes()
    assert read_signatures(overlaid(shipped, overlay())).crawlers == read_signatures(shipped).crawlers


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 400), st.integers(0, 400), st.binary(max_size=4))
def test_a_damaged_overlay_is_refused_or_whole(start, length, octets):
    good = overlay(("LocalBot", "LocalBot"), without="OtherCrawler")
    try:
        names = read_signatures(overlaid(BASE, good[:start] + octets + good[start + length :])).by_name
    except SignatureFileError as error:
        wrong = [fault.id for fault in error.faults if fault.file != OVERLAY or not fault.remedy]
    else:
        wrong = [] if "examplebot" in names else ["an entry is lost"]
    assert wrong == []


def test_samples_and_corpora_judge_what_came_out_and_tell_the_overlay_s_own_line():
    many = overlay(*((f"LocalBot{letter}", f"LocalBot{letter}") for letter in "ABCDE")).decode()
    text = many.replace('match: ["LocalBotE/1.0"]', 'match: ["Other/1.0"]')
    with pytest.raises(SignatureFileError) as caught:
        lay_over(BASE, text.encode()).admitted(())
    first, *others = caught.value.faults
    assert (first.file, first.line, first.id) == (OVERLAY, 52, "signatures.sample.missed")
    assert [(fault.file, fault.line, fault.id) for fault in others] == [("", 46, "signatures.sample.false")]
    assert str(caught.value).startswith("overlay, line 52, column 23: ")


def test_an_overlay_that_makes_the_file_too_large_is_refused():
    many = overlay(*((f"Local{n}Bot", f"Local{n}Bot") for n in range(2_000)))
    with pytest.raises(SignatureFileError) as caught:
        lay_over((CHECKOUT / "crawler_signatures.yaml").read_bytes(), many).admitted(())
    assert (caught.value.id, caught.value.faults[0].file) == ("signatures.file.size", OVERLAY)
