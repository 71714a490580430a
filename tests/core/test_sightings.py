"""The tally of unknown crawlers: by product, in bounded memory."""

from datetime import UTC, datetime, timedelta

from gatepost.core.likeness import Sign
from gatepost.core.sightings import _REMEMBERED, Tally

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
FIREFOX = b"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def tallied(*notes, places=512):
    """A tally of (user agent, minutes after nine, host, address)."""
    tally = Tally(places)
    for user_agent, minutes, *more in notes:
        tally.note(user_agent, AT + timedelta(minutes=minutes), *more)
    return tally


def test_versions_of_a_product_are_one_with_its_first_and_last_time():
    tally = tallied((b"Qorabot/1", 5, "a.example"), (b"qorabot/2.1", 1, "b.example"), (b"Qorabot", 3, "a.example"))
    (seen,) = tally.told()
    assert (seen.product, seen.count, seen.error, seen.signs) == ("Qorabot", 3, 0, (Sign.NAME,))
    assert (seen.first, seen.last) == (AT + timedelta(minutes=1), AT + timedelta(minutes=5))
    assert (seen.sample, seen.sites.count, seen.addresses.count) == (b"Qorabot/1", 2, 0)


def test_addresses_are_counted_where_they_are_known():
    (seen,) = tallied((b"Qorabot", 0, "", "192.0.2.1"), (b"Qorabot", 0, "", "192.0.2.2")).told()
    assert (seen.sites.count, seen.addresses.count) == (0, 2)


def test_browsers_are_no_concern():
    tally = tallied((FIREFOX, 0), (b"", 0))
    assert tally.told() == ()
    assert (tally.concerns(FIREFOX), tally.concerns(b"Qorabot/1")) == (False, True)


def test_a_time_may_be_unknown():
    tally = Tally()
    tally.note(b"Qorabot", None)
    assert tally.told()[0].first is None
    tally.note(b"Qorabot", AT)
    assert (tally.told()[0].first, tally.told()[0].last) == (AT, AT)


def test_the_most_frequent_come_first_and_stay_in_a_flood():
    tally = tallied(places=50)
    for number in range(5_000):
        tally.note(b"Flood%dbot/1" % number, AT)
        if number % 10 == 0:
            tally.note(b"Qorabot/%d" % number, AT)
    assert tally.told(1)[0].product == "Qorabot"
    assert len(tally.told()) == len(tally._seen) == 50
    assert len(tally._likenesses) <= _REMEMBERED


def test_what_lost_its_place_begins_anew():
    (seen,) = tallied((b"Qorabot/1", 0), (b"Otherbot", 1), (b"Qorabot/2", 2), places=1).told()
    assert (seen.product, seen.sample, seen.first) == ("Qorabot", b"Qorabot/2", AT + timedelta(minutes=2))
    assert (seen.count, seen.error, seen.least) == (3, 2, 1)


def test_long_user_agents_are_not_kept_whole():
    (seen,) = tallied((b"Qorabot " + b"x" * 10_000, 0)).told()
    assert len(seen.sample) == 512
