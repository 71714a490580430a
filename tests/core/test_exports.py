"""The export gate decides: what must never be handed over is withheld, and so is all that is not known."""

from array import array
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export_items import CLOSED, FIXTURES, OF_SITES, OPEN, SHARED, SITES, consents
from gatepost import Consents, Match, Purpose, Standing, decide_export, read_item
from gatepost.core import exports
from gatepost.core.export_canaries import canary_records, check_canaries
from gatepost.core.export_consents import Below, Consent, NamesSeen, NamesTable, consent_of
from gatepost.core.export_items import FIELDS, ClosedField, ExportReason
from gatepost.core.exports import ExportDecision, Judging, SiteCheck, Verdict
from gatepost.core.patterns import PathPattern
from gatepost.core.policy import decide
from gatepost.core.request import path_readings
from gatepost.errors import ExportRefused
from policies import policies, policy, real_signatures

ALL = consents()


def decided(record, sites=ALL):
    return decide_export(read_item(record), sites)


def reasons(**changed):
    return decided({**SHARED, **changed}).reasons


def test_an_item_of_which_all_is_known_and_nothing_withholds_is_shared():
    assert decided(SHARED) == ExportDecision(Verdict.SHARE)
    assert decided({**SHARED, "content_title": "a title", "authors": ["other.example"]}).shared


@pytest.mark.parametrize(("field", "value", "reason"), FIXTURES)
def test_each_class_is_withheld_and_told(field, value, reason):
    assert reasons(**{field: value}) == (reason,)


def test_every_reason_has_its_fixture():
    assert {reason for *_, reason in FIXTURES} == set(ExportReason) - {
        ExportReason.UNREADABLE,
        ExportReason.NOT_LICENSED,
    }


@pytest.mark.parametrize(
    "licence",
    [
        {"purposes": frozenset({Purpose.SEARCH})},
        {"purposes": frozenset()},
        {"since": ALL.at + timedelta(seconds=1)},
        {"until": ALL.at},
    ],
)
def test_without_a_licence_nothing_is_shared(licence):
    unlicensed = replace(ALL, partner=replace(ALL.partner, **licence))
    assert decided(SHARED, unlicensed).reasons == (ExportReason.NOT_LICENSED,)


NO_TEXT: list[object] = [None, 1, 0, 1.5, {}, [None], b"x"]
NEW = ["", "Public ", "PUBLIC", "False", "new value"]


@pytest.mark.parametrize("value", [*NO_TEXT, *NEW], ids=repr)
@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_a_value_that_is_not_known_withholds(field, value):
    told = reasons(**{field.name: value})
    assert field.unknown in told or (field.name == "id" and value and value in NEW)  # any text is an id


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_a_field_that_is_missing_withholds(field):
    without = {name: value for name, value in SHARED.items() if name != field.name}
    assert decided(without).reasons == (field.unknown,)


def test_all_reasons_are_told_in_their_order():
    told = reasons(state="draft", explicit=True, paid=None, site="silent.example", authors=["private.example"])
    assert told == (
        ExportReason.UNKNOWN_PAID,
        ExportReason.DRAFT,
        ExportReason.EXPLICIT,
        ExportReason.SITE_REFUSES_SHARING,
        ExportReason.AUTHOR_NOT_PUBLIC,
    )


FLAGS = {field: (value, reason) for field, value, reason in CLOSED}


@pytest.mark.parametrize("site", SITES)
def test_of_all_combinations_of_flags_and_sites_one_alone_is_shared(site):
    for author, ups in product(SITES, product((False, True), repeat=len(FLAGS))):
        up = {field: said for (field, said), there in zip(FLAGS.items(), ups, strict=True) if there}
        record = {**SHARED, "site": site, "authors": [author], **{field: value for field, (value, _) in up.items()}}
        told = decided(record)
        assert told.shared == (not up and SITES[site] == OPEN == SITES[author])
        assert {reason for _, reason in up.values()} <= set(told.reasons)


ANY = {field: [SHARED[field], *(value for name, value, _ in FIXTURES if name == field)] for field in SHARED}


@settings(max_examples=300)
@given(st.fixed_dictionaries({field: st.sampled_from(values) for field, values in ANY.items()}), st.data())
def test_adding_a_flag_or_an_author_never_opens(record, data):
    field, value, reason = data.draw(st.sampled_from(CLOSED + OF_SITES))
    more = {**record, field: value}
    if field == "authors" and isinstance(record["authors"], list):
        more["authors"] = [*record["authors"], *value]
    told = decided(more)
    assert not told.shared
    assert reason in told.reasons


@given(st.lists(st.sampled_from([*SITES, "nobody.example"]), max_size=5))
def test_the_strictest_of_all_authors_counts(authors):
    assert decided({**SHARED, "authors": authors}).shared == all(SITES.get(author) == OPEN for author in authors)


# ------------------------------------------------------------------------------------------- what sites say


def below(denied, *paths):
    return Consent(True, True, denied, tuple(Below(PathPattern(path), said) for path, said in paths))


@pytest.mark.parametrize(
    ("path", "shared"),
    [("/a", True), ("/no/a", False), ("/no/but/a", True), ("/%6Eo/a", False), ("/x/../no/a", False), ("*", False)],
)
def test_the_exception_of_the_path_counts_in_every_reading_of_it(path, shared):
    sites = consents({"open.example": below(False, ("/no/but/", False), ("/no/", True))})
    assert decided({**SHARED, "path": path}, sites).shared == shared


def test_where_an_authors_work_stood_is_not_known_so_that_it_must_be_allowed_anywhere():
    sites = consents({"open.example": OPEN, "other.example": below(False, ("/no/", True))})
    assert decided({**SHARED, "authors": ["other.example"]}, sites).reasons == (ExportReason.AUTHOR_DENIES_PURPOSE,)


def test_a_name_that_is_one_sites_id_and_anothers_host_stands_for_both():
    table = NamesTable.packed([("open.example", 0), ("x", 0), ("open.example", 1)])
    both = Consents(ALL.partner, Purpose.AI_TRAINING, 1, ALL.at, None, 2, table, (OPEN, SITES["silent.example"]))
    assert decided(SHARED, both).reasons == (ExportReason.SITE_REFUSES_SHARING,)


@settings(max_examples=200)
@given(policies(real_signatures()), st.sampled_from(Purpose), st.sampled_from(["/", "/press/x", "/blog", "/é/a.pdf"]))
def test_the_gate_says_no_where_the_doors_do(policy, purpose, path):
    crawler = replace(real_signatures().crawlers[0], name="nobody's", purposes=frozenset({purpose}))
    readings = path_readings(path.encode())
    door = decide(policy, [Match(crawler, "nobody", Standing.CLAIMED)], readings)
    consent = consent_of(policy, purpose)
    may = consent.public and not consent.denies(readings)
    assert may == (door.action in ("allow", "license"))  # a partner has the licence that others are asked for


@pytest.mark.parametrize(
    ("wishes", "shared"),
    [
        ([], False),
        (["ai-training=allow"], False),
        (["partner-sharing=allow"], True),
        (["partner-sharing=allow", "ai-training=ask"], False),
        (["partner-sharing=allow", "ai-training=license"], True),
        (["ai-training=license"], False),
        (["partner-sharing=allow", "search=block", "ai-answers=block"], True),
    ],
)
def test_both_switches_have_to_say_yes_or_at_least_not_no(signatures, wishes, shared):
    consent = consent_of(policy(signatures, *wishes), Purpose.AI_TRAINING)
    assert decided(SHARED, consents({"open.example": consent})).shared == shared


def test_half_of_a_key_finds_nobody():
    table = NamesTable.packed([("open.example", 0)])
    other = NamesTable(table.highs, array("Q", [table.lows[0] ^ 1]), table.places)
    assert (table.find("open.example"), other.find("open.example")) == ([0], [])


@pytest.mark.parametrize(
    ("changed", "touched"),
    [
        ({}, False),
        ({"private.example": (OPEN,)}, False),
        ({"open.example": (OPEN,)}, False),
        ({"open.example": ()}, True),
        ({"other.example": (SITES["silent.example"],)}, True),
    ],
)
def test_a_change_concerns_what_was_shared_if_it_is_of_a_site_that_is_named_there(changed, touched):
    judging = Judging(ALL)
    judging.admits(read_item({**SHARED, "authors": ["other.example"]}))
    judging.admits(read_item({**SHARED, "site": "private.example"}))
    assert judging.touched_by(ALL.with_names(changed)) == touched
    assert judging.touched_by(consents())  # read anew: nobody knows


def test_names_that_were_met_are_known_again():
    seen = NamesSeen()
    seen.add("a.example")
    assert [seen.may_hold(name) for name in ("a.example", "b.example")] == [True, False]


# ------------------------------------------------------------------------------- no check can be lost unseen


class WithoutReason:
    """A field that no longer withholds for one reason."""

    def __init__(self, field, lost):
        self.field, self.lost = field, lost

    def reason_for(self, value):
        reason = self.field.reason_for(value)
        return None if reason is self.lost else reason


def lost_checks():
    """Every check of the tables, and the tables without it."""
    for place, field in enumerate(FIELDS):
        for lost in [field.unknown, *(field.withholds.values() if isinstance(field, ClosedField) else ())]:
            table = (*FIELDS[:place], WithoutReason(field, lost), *FIELDS[place + 1 :])
            yield pytest.param("FIELDS", table, lost, id=lost)
    for place, check in enumerate(exports.SITE_CHECKS):
        lenient = SiteCheck(check.of_site, check.of_author, lambda consent, readings: True)
        table = (*exports.SITE_CHECKS[:place], lenient, *exports.SITE_CHECKS[place + 1 :])
        for lost in (check.of_site, check.of_author):
            yield pytest.param("SITE_CHECKS", table, lost, id=lost)


def passing(reason):
    """The fixtures of a reason that pass the gate."""
    return [field for field, value, why in FIXTURES if why is reason and decided({**SHARED, field: value}).shared]


@pytest.mark.parametrize(("name", "table", "lost"), list(lost_checks()))
def test_a_check_that_is_taken_out_of_its_table_is_found_by_a_canary(monkeypatch, name, table, lost):
    check_canaries(map(read_item, canary_records()), ALL)
    monkeypatch.setattr(exports, name, table)
    with pytest.raises(ExportRefused) as refused:
        check_canaries(map(read_item, canary_records()), ALL)
    assert refused.value.id == "export.canary.passed"


@pytest.mark.parametrize("lost", [reason for *_, reason in FIXTURES], ids=str)
def test_a_reason_that_is_no_longer_heeded_lets_its_fixture_and_its_canary_pass(monkeypatch, lost):
    whole = exports._withheld

    def heeding_all_others(reasons):
        left = [reason for reason in reasons if reason is not lost]
        return whole(left) if left else ExportDecision(Verdict.SHARE)

    assert not passing(lost)
    monkeypatch.setattr(exports, "_withheld", heeding_all_others)
    assert passing(lost)
    with pytest.raises(ExportRefused):
        check_canaries(map(read_item, canary_records()), ALL)


def test_a_gate_that_shares_nothing_proves_nothing(monkeypatch):
    monkeypatch.setattr(exports, "_SHARED", ExportDecision(Verdict.WITHHOLD))
    with pytest.raises(ExportRefused) as refused:
        check_canaries(map(read_item, canary_records()), ALL)
    assert refused.value.id == "export.canary.withheld"


def test_a_canarys_site_is_nobodys():
    first = next(iter(canary_records()))
    assert decided(first).reasons == (ExportReason.UNKNOWN_SITE, ExportReason.UNKNOWN_AUTHORS)
