"""What partners were told of one site, in the ways in which it is shown.

Rules: of a site of which much was told no more is read than is shown, but for what has to be counted.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, func, select

from gatepost.core.duties import Delivery, Duty, SiteDuties
from gatepost.storage.duties import duties_where, duty_of, found_by
from gatepost.storage.tables import duties

__all__ = ["duties_by_partner", "duties_of_site", "last_duties_of_site", "site_wide_duties"]

_AT_SITE = duties.c.site == bindparam("named")
_ALL = duties_where(_AT_SITE)
_SITE_WIDE = duties_where(_AT_SITE, duties.c.item == "")
_LAST = _ALL.order_by(None).order_by(duties.c.number.desc()).limit(bindparam("most"))
_LAST_BEFORE = _LAST.where(duties.c.number < bindparam("before"))
_places = (
    select(
        duties.c.number,
        func.row_number()
        .over(partition_by=duties.c.partner, order_by=(duties.c.open.desc(), duties.c.number.desc()))
        .label("place"),
        func.count().over(partition_by=duties.c.partner).label("told"),
    )
    .where(_AT_SITE, duties.c.delivery != Delivery.SUPERSEDED.value)
    .subquery()
)
_BY_PARTNER = (
    duties_where(_places.c.place <= bindparam("most"))
    .add_columns(_places.c.told)
    .join(_places, _places.c.number == duties.c.number)
    .order_by(None)
    .order_by(_places.c.place)
)


def duties_of_site(connection: Connection, site: str) -> Sequence[Duty]:
    """Everything that any partner was ever told of a site, in order."""
    return found_by(connection, _ALL, named=site)


def last_duties_of_site(connection: Connection, site: str, before: int | None, most: int) -> Sequence[Duty]:
    """What partners were told of a site last, before the number ``before`` if it is given; the last one first."""
    if before is None:
        return found_by(connection, _LAST, named=site, most=most)
    return found_by(connection, _LAST_BEFORE, named=site, before=before, most=most)


def site_wide_duties(connection: Connection, site: str) -> Sequence[Duty]:
    """What any partner was ever told of a site, but for single items, in order."""
    return found_by(connection, _SITE_WIDE, named=site)


def duties_by_partner(connection: Connection, site: str, most: int) -> Mapping[str, SiteDuties]:
    """What each partner was told of a site, at most so much in whole."""
    shown: dict[str, list[Duty]] = {}
    told: dict[str, int] = {}
    for row in connection.execute(_BY_PARTNER, {"named": site, "most": most}).mappings():
        shown.setdefault(row["partner"], []).append(duty_of(row))
        told[row["partner"]] = row["told"]
    return {partner: SiteDuties(tuple(some), told[partner] - len(some)) for partner, some in shown.items()}
