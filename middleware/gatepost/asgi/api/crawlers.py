"""The operations on the signature file: which crawlers there are, and what is known of them."""

from gatepost.asgi.api.cursors import cursor_after, position_of
from gatepost.asgi.api.forms import CrawlersQuery, Nothing
from gatepost.asgi.api.operations import Call, Done, Operation
from gatepost.asgi.api.telling import crawler_told
from gatepost.asgi.api.told import CrawlersTold, CrawlerTold
from gatepost.core.access import Scope
from gatepost.core.crawlers import Crawler
from gatepost.errors import RequestRefused

__all__ = ["CRAWLERS"]


async def _list(call: Call[CrawlersQuery, None]) -> Done:
    query, signatures = call.query, call.gate.signatures
    after = position_of(query.cursor)
    found = [
        crawler for name, crawler in sorted(signatures.by_name.items()) if name > after and _is_wanted(crawler, query)
    ]
    page = found[: query.limit]
    more = cursor_after(page[-1].name.lower()) if len(found) > len(page) else None
    return Done(
        CrawlersTold(signatures=signatures.version, crawlers=[crawler_told(crawler) for crawler in page], next=more)
    )


def _is_wanted(crawler: Crawler, query: CrawlersQuery) -> bool:
    names = (crawler.name, crawler.operator, *crawler.robots_tokens, *crawler.user_agent_tokens)
    named = any(query.search.lower() in name.lower() for name in names)
    return named and (query.purpose is None or query.purpose in crawler.purposes)


async def _show(call: Call[Nothing, None]) -> Done:
    crawler = call.gate.signatures.by_name.get(call.path["name"].lower())
    if crawler is None:
        raise RequestRefused(
            "no crawler in the signature file has this name",
            id="api.unknown",
            remedy="GET /crawlers?search= finds them by a part of the name.",
        )
    return Done(crawler_told(crawler))


CRAWLERS = (
    Operation(
        "listCrawlers", "GET", "/crawlers", "The crawlers of the signature file, in the order of their names.",
        Scope.CRAWLERS_READ, _list, CrawlersTold, query=CrawlersQuery,
    ),
    Operation(
        "showCrawler", "GET", "/crawlers/{name}", "What is known of a crawler, with evidence.",
        Scope.CRAWLERS_READ, _show, CrawlerTold,
    ),
)  # fmt: skip
"""The table's rows for crawlers."""
