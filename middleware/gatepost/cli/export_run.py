"""One run of the export gate: a file is sifted, what changed meanwhile is judged anew, and the rest is handed over.

Rules: canaries go first and last, read as the file is. What was shared is kept aside until the store says that nothing
changed that concerns it; if something did, it is judged once more from there, so that an opt-out during a long run
costs another reading of what was shared and never the whole; a licence that ends meanwhile ends the run. After some
rounds the run is given up and nothing is handed over. What owners allow meanwhile is not taken up.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gatepost.cli.export_formats import FORMATS
from gatepost.cli.export_handover import aside, check_names, hand_over, sync
from gatepost.cli.export_source import ExportFormat, Source
from gatepost.cli.output import octets_read, tell, telling_files
from gatepost.core.crawlers import Purpose
from gatepost.core.export_canaries import check_canaries
from gatepost.core.export_consents import Consents, check_licence
from gatepost.core.export_items import Item
from gatepost.core.export_manifest import FileFacts, Manifest, Signer
from gatepost.core.exports import Judging, Tally
from gatepost.errors import ExportRefused
from gatepost.sources import PrivateKey
from gatepost.wiring import Gate

__all__ = ["ExportRun", "Order"]

_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for."""

    source: str
    out: Path
    format: ExportFormat
    partner: str
    purpose: Purpose
    dry_run: bool = False
    key: Path | None = None

    def files_read(self) -> list[Path]:
        """The files that the run reads."""
        source = Path("/dev/stdin" if self.source == "-" else self.source)
        return [source] if self.key is None else [source, self.key]


@dataclass(frozen=True)
class ExportRun:
    """A run on a gate."""

    gate: Gate
    order: Order

    async def run(self) -> Manifest:
        """What is told of it. Raises :class:`~gatepost.errors.ExportRefused` when nothing is handed over."""
        with telling_files(str(self.order.out)):
            check_names(self.order.out, self.order.files_read())
        signer = _signer(self.order.key)
        consents = await self.gate.exports.consents(self.order.partner, self.order.purpose)
        check_licence(consents)
        source = Source(self.order.source)
        if self.order.dry_run:
            tally = self._sifted(source, Path(os.devnull), consents).tally
            return self._manifest(source, tally, consents, None)
        with aside(self.order.out) as folder:
            judging = self._sifted(source, folder / "0", consents)
            tally = judging.tally
            made, consents = await self._settled(judging, tally, folder)
            manifest = self._manifest(source, tally, consents, made)
            hand_over(Path(made.file), self.order.out, manifest.octets(signer))
        return manifest

    def _manifest(self, source: Source, tally: Tally, consents: Consents, made: Source | None) -> Manifest:
        return Manifest(
            datetime.now(UTC),
            consents,
            tally,
            FileFacts(Path(source.file).name, source.octets, source.sha256),
            FileFacts(self.order.out.name, made.octets, made.sha256) if made else None,
        )

    async def _settled(self, judging: Judging, tally: Tally, folder: Path) -> tuple[Source, Consents]:
        """The file as it may be handed over, and by what. What takes time is done before owners are asked."""
        for number in range(_ROUNDS):
            made = folder / str(number)
            sync(made)
            read = Source(str(made)).read_whole()
            now = await self.gate.exports.renewed(judging.consents)
            check_licence(now)
            if not judging.touched_by(now):
                return read, now
            tell("What owners say has changed meanwhile: what was shared is judged anew.")
            judging = self._sifted(Source(str(made)), folder / str(number + 1), now)
            tally.withdraw(judging.tally)
            made.unlink()
        raise ExportRefused(
            "what owners say of these items changed again and again while they were judged",
            id="export.policy.moving",
            remedy="Nothing was handed over. Give the items in smaller files.",
        )

    def _sifted(self, source: Source, target: Path, consents: Consents) -> Judging:
        """One reading of a file, between two of the canaries."""
        format, judging, begun = FORMATS[self.order.format], Judging(consents), time.monotonic()
        admits = _never(judging.admits) if self.order.dry_run else judging.admits
        check_canaries(format.canaries(), consents)
        with telling_files(source.file), octets_read(source.size) as source.show:
            format.sift(source, target, admits)
        check_canaries(format.canaries(), consents)
        seconds = max(time.monotonic() - begun, 1e-6)
        tell(f"{judging.tally.taken:,} items in {seconds:,.1f} s: {judging.tally.taken / seconds:,.0f} items/s")
        return judging


def _never(admits: Callable[[Item], bool]) -> Callable[[Item], bool]:
    """Judges and counts, and lets nothing through."""
    return lambda item: admits(item) and False


def _signer(key: Path | None) -> Signer | None:
    if key is None:
        return None
    private = PrivateKey.read(key)
    return Signer(private.public, private.sign)
