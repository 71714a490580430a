"""The operations that tell of a site what its owner's page shows: the whole of it, and how every crawler meets it."""

from gatepost.asgi.api.cursors import cursor_after, position_of
from gatepost.asgi.api.forms import CrawlersQuery, Nothing
from gatepost.asgi.api.operations import Call, Done, Operation, named
from gatepost.asgi.api.overviewed import OverviewTold, SiteCrawlersTold, crawler_row_told, overview_told
from gatepost.core.access import Scope
from gatepost.core.overview import CrawlerRow

__all__ = ["OVERVIEWS"]


async def _show(call: Call[Nothing, None]) -> Done:
    overview = await call.gate.overviews.overview(named(await call.site()))
    return Done(overview_told(overview), overview.revision)


async def _crawlers(call: Call[CrawlersQuery, None]) -> Done:
    query, after = call.query, position_of(call.query.cursor)
    overview = await call.gate.overviews.overview(named(await call.site()))
    rows = sorted(overview.crawlers, key=lambda row: row.name.lower())
    found = [row for row in rows if row.name.lower() > after and _is_wanted(row, query)]
    page = found[: query.limit]
    more = cursor_after(page[-1].name.lower()) if len(found) > len(page) else None
    return Done(SiteCrawlersTold(crawlers=[crawler_row_told(row) for row in page], next=more), overview.revision)


def _is_wanted(row: CrawlerRow, query: CrawlersQuery) -> bool:
    named = any(query.search.lower() in text.lower() for text in (row.name, row.operator, *row.tokens))
    return named and (query.purpose is None or query.purpose in row.purposes)


OVERVIEWS = (
    Operation(
        "showOverview", "GET", "/sites/{host}/overview",
        "What holds for a site and who said so, what would be inherited, what each choice costs, what stands in the "
        "way.",
        Scope.SITES_READ, _show, OverviewTold,
    ),
    Operation(
        "listSiteCrawlers", "GET", "/sites/{host}/crawlers",
        "How every crawler meets a site and how far a no reaches it, in the order of their names.",
        Scope.SITES_READ, _crawlers, SiteCrawlersTold, query=CrawlersQuery,
    ),
)  # fmt: skip
"""The table's rows for it."""
