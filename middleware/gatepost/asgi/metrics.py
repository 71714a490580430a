"""Figures of one worker, as Prometheus reads them: ``{prefix}/metrics``.

Rules: they are read when they are asked for, and cost no request anything; labels come from closed sets, and nothing
that a stranger names is one; who asks shows a token with ``metrics:read``.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gatepost.asgi.credentials import Credentials
from gatepost.asgi.pages.doorway import status_of
from gatepost.core.access import Scope, check
from gatepost.core.duties import DutyCounts
from gatepost.core.freshness import freshness
from gatepost.errors import GatepostError, StoreError
from gatepost.wiring import Gate

__all__ = ["metrics_route"]


def metrics_route(gate: Gate, credentials: Credentials) -> Route:
    """The route, below wherever it is mounted."""
    registry, figures = CollectorRegistry(), _Figures(gate)
    registry.register(figures)

    async def metrics(request: Request) -> Response:
        try:
            check(await credentials.grant(request.scope), Scope.METRICS_READ, every_site=True)
        except GatepostError as error:
            return JSONResponse({"id": error.id, "title": str(error), "remedy": error.remedy}, status_of(error))
        await figures.look_at_duties()
        return Response(
            generate_latest(registry), media_type=CONTENT_TYPE_LATEST, headers={"cache-control": "no-store"}
        )

    return Route("/metrics", metrics, methods=["GET"])


class _Figures(Collector):
    """What is true of a gate when somebody asks."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._duties: Mapping[str, DutyCounts] | None = None

    async def look_at_duties(self) -> None:
        """Count what partners owe; while the store does not answer there are no such figures."""
        try:
            partners = await self._gate.partners.names()
            counted = await self._gate.store.duty_counts(self._gate.partners.clock.now())
            self._duties = {partner: counted.get(partner, DutyCounts()) for partner in partners}
        except StoreError:
            self._duties = None

    def describe(self) -> list[Metric]:
        """Nothing beforehand: the figures change with what is in force."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every figure."""
        yield from self._of_signatures()
        yield from self._of_trials()
        yield from self._of_address_lists()
        yield from self._of_ledger()
        yield from self._of_duties()
        unknown = sum(one.least for one in self._gate.unknown.told(self._gate.matcher))
        help = "Requests of the most frequent crawlers without a signature, at least."
        yield _gauge("unknown_crawler_requests", help, unknown)
        help = "Whether the store has told lately who is licensed; else no data partner's crawler is let in."
        yield _gauge("licences_current", help, self._gate.licensing.current)

    def _of_signatures(self) -> Iterator[Metric]:
        now, signatures = self._gate.recognition.now, self._gate.signatures
        fresh = freshness(signatures, datetime.now(UTC).date())
        part = now.part.signatures.version if now.part else ""
        told = {"version": signatures.version, "sha256": signatures.sha256, "part": part}
        yield InfoMetricFamily("gatepost_signatures", "The signature set in force.", value=told)
        for name, help, value in (
            ("signatures_release", "The release that is followed; 0 is the machine's own file.", now.number),
            ("signatures_part_percent", "The share of the sites where another set is tried.", now.percent),
            ("signatures_entries", "Entries of the set.", len(signatures.crawlers)),
            ("signatures_overdue", "Entries whose review is overdue.", len(fresh.overdue)),
            ("signatures_days_since_review", "Days since the last review of any entry.", fresh.days),
            ("signatures_refused", "Whether something newer was not taken up.", bool(self._gate.recognition.refused)),
            ("signatures_hosts_behind", "Hosts still held by the set before.", self._gate.snapshots.behind),
        ):
            yield _gauge(name, help, value)

    def _of_trials(self) -> Iterator[Metric]:
        family = GaugeMetricFamily(
            "gatepost_signatures_on_trial_requests", "Requests that would have been refused.", labels=["crawler"]
        )
        for met in self._gate.recognition.met:
            family.add_metric([met.crawler], met.requests)
        yield family

    def _of_ledger(self) -> Iterator[Metric]:
        counting = self._gate.counting
        for name, help, value in (
            ("written", "Requests of crawlers that are in the ledger.", counting.written),
            ("left_out", "Requests of crawlers that found no place in memory while the store did not answer.",
             counting.left_out),
        ):  # fmt: skip
            yield CounterMetricFamily(f"gatepost_ledger_{name}_requests", help, value=value)
        yield _gauge("ledger_waiting_counts", "Counts that are not written yet.", counting.waiting)

    def _of_address_lists(self) -> Iterator[Metric]:
        if not self._gate.settings.address_lists:
            return
        ages = self._gate.address_lists.ages()
        family = GaugeMetricFamily("gatepost_address_list_age_days", "Since a list was found good.", labels=["url"])
        for url, days in ages.items():
            if days is not None:
                family.add_metric([url], days)
        yield family
        missing = sum(days is None for days in ages.values())
        yield _gauge("address_lists_missing", "Lists that were never found good.", missing)

    def _of_duties(self) -> Iterator[Metric]:
        """A label for each partner of the registry, whatever their number."""
        for name, help in (
            ("open", "What a partner was told and has not confirmed."),
            ("overdue", "What a partner should have confirmed by now."),
            ("undelivered", "What a partner could not be told."),
        ):
            family = GaugeMetricFamily(f"gatepost_notices_{name}", help, labels=["partner"])
            for partner, counts in (self._duties or {}).items():
                family.add_metric([partner], getattr(counts, name))
            yield family


def _gauge(name: str, help: str, value: float) -> Metric:
    return GaugeMetricFamily(f"gatepost_{name}", help, value=value)
