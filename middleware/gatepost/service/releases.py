"""Publishing signature sets for the fleet, rolling back, and telling what is in force.

Rules: whatever is released has been admitted; nobody is refused by what was not on trial before; two who release at the
same time do not undo each other; a release is written whole, with the octets of its files, or not at all.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from gatepost.core.crawlers import SignatureSet
from gatepost.core.publications import Kind
from gatepost.core.releases import Release, ReleaseKind, release_of, released, rollout_before, signed_content
from gatepost.core.rollouts import IssuedSet, Rollout, Trial, trials, untried
from gatepost.core.signature_diff import compare
from gatepost.core.sites import Actor
from gatepost.core.workers import WorkerReport
from gatepost.errors import ReleaseRefused
from gatepost.ports import Clock, Record
from gatepost.service.signatures import Signatures

__all__ = ["Act", "Releases"]

Admit = Callable[[bytes, SignatureSet | None], SignatureSet]
"""Octets of a signature file, and the set that they are to follow, to the set.

Raises :class:`~gatepost.errors.SignatureFileError` with every fault.
"""
Sign = Callable[[bytes], bytes]
"""Octets to their signature."""


@dataclass(frozen=True, slots=True)
class Act:
    """Who releases, and why; ``sign`` makes the signature where releases are signed."""

    actor: Actor
    reason: str = ""
    sign: Sign | None = None


@dataclass(frozen=True)
class Releases:
    """The use cases of who keeps the signatures. ``machine`` has the file that counts where nothing is released."""

    record: Record
    clock: Clock
    admit: Admit
    machine: Signatures
    workers: Callable[[], Awaitable[Sequence[WorkerReport]]]
    """Gives what every worker told last, of those that are there."""

    async def history(self) -> Sequence[Release]:
        """Every release, the first one first."""
        return [release_of(entry) for entry in await self.record.published(Kind.RELEASE)]

    async def present(self) -> Release | None:
        """The last release; ``None`` where there was none."""
        entry = await self.record.last_published(Kind.RELEASE)
        return release_of(entry) if entry else None

    async def set_of(self, issued: IssuedSet | None) -> SignatureSet:
        """A released set; the machine's own for ``None``. Raises :class:`~gatepost.errors.ReleaseRefused`."""
        if issued is None or issued.sha256 == self.machine.own.sha256:
            return self.machine.own
        return self.admit(await self._octets(issued), None)

    async def octets(self, sha256: str) -> bytes | None:
        """A released file by its SHA-256; ``None`` where the record does not have it as it was."""
        return await self.record.octets(bytes.fromhex(sha256))

    async def publish(self, source: bytes, act: Act, *, shadow: bool = False, percent: int = 100) -> Release:
        """Release a signature file for every site, or for a part of them.

        With ``shadow``, who would be refused for what no set in force refuses is tagged instead.
        Raises :class:`~gatepost.errors.SignatureFileError` with every fault,
        :class:`~gatepost.errors.ReleaseRefused`, and :class:`~gatepost.errors.RevisionConflict`.
        """
        history = await self.history()
        believed = self._believed(history)
        present = believed[-1] if believed else None
        before = present.rollout if present else Rollout()
        whole = await self.set_of(before.whole) if before.whole else await self._own_of_all()
        held = [whole] + ([await self.set_of(before.part)] if before.part else [])
        wanted = self.admit(source, held[0])
        issued = self._issued(wanted, before, held, shadow)
        rollout = Rollout(issued) if percent == 100 else Rollout(before.whole, issued, percent)
        if rollout == before and believed[-1:] == history[-1:]:
            raise ReleaseRefused(
                f"signatures {wanted.version} are in force already, just so",
                id="signatures.release.same",
                remedy="Nothing is to be done; gatepost signatures status tells what is in force.",
            )
        sources = [one.source for one in (wanted, *held) if one.sha256 in {kept.sha256 for kept in rollout.sets}]
        return await self._write(ReleaseKind.PUBLISHED, rollout, present, act, sources)

    async def _own_of_all(self) -> SignatureSet:
        """The file that each machine has of its own, without what is laid over it: the same on all of them."""
        _check_machines(await self.workers(), self.machine.own_sha256)
        return self.admit(self.machine.own_file, None)

    def _issued(self, wanted: SignatureSet, before: Rollout, held: Sequence[SignatureSet], shadow: bool) -> IssuedSet:
        """The set with what of it is on trial."""
        _check_version(wanted, held)
        fresh = untried(wanted, held)
        if not shadow:
            _check_tried(fresh)
            return IssuedSet(wanted.sha256, wanted.version)
        return IssuedSet(wanted.sha256, wanted.version, trials(wanted, before, fresh))

    async def rollback(self, act: Act) -> Release:
        """Go back to what was in force before the last release that was not rolled back yet.

        Raises :class:`~gatepost.errors.ReleaseRefused` where there is none, and
        :class:`~gatepost.errors.RevisionConflict`.
        """
        releases = self._believed(await self.history())
        rollout = rollout_before(releases)
        if rollout is None:
            raise ReleaseRefused(
                "nothing was released that could be rolled back",
                id="signatures.release.none",
                remedy="Every machine uses its own file: change that one.",
            )
        sources = [await self._octets(issued) for issued in rollout.sets]
        return await self._write(ReleaseKind.ROLLED_BACK, rollout, releases[-1], act, sources)

    def _believed(self, releases: Sequence[Release]) -> Sequence[Release]:
        """The releases; one without a good seal as if it had published again what was in force, which no worker left.

        What is released next derives from these, so that no good seal is put on what somebody else wrote.
        """
        found: list[Release] = []
        in_force = Rollout()
        for release in releases:
            try:
                self.machine.check_seal(signed_content(release), release.signature)
            except ReleaseRefused:
                found.append(replace(release, kind=ReleaseKind.PUBLISHED, rollout=in_force))
            else:
                found.append(release)
                in_force = release.rollout
        return found

    async def _octets(self, issued: IssuedSet) -> bytes:
        octets = await self.octets(issued.sha256)
        if octets is None:
            raise ReleaseRefused(
                f"the file of signature set {issued.version} is not in the store as it was released",
                id="signatures.release.octets",
                remedy="Run gatepost record verify; publish the file again.",
            )
        return octets

    async def _write(
        self, kind: ReleaseKind, rollout: Rollout, present: Release | None, act: Act, sources: Sequence[bytes]
    ) -> Release:
        after = present.number if present else 0
        actor = f"{act.actor.kind}:{act.actor.name}"
        release = Release(kind, self.clock.now(), actor, act.reason, rollout, after)
        if act.sign is not None:
            release = replace(release, signature=act.sign(signed_content(release)))
        self.machine.check_seal(signed_content(release), release.signature)
        await self.record.publish_next(released(release, sources), after)
        return await self.present() or release


def _check_machines(workers: Iterable[WorkerReport], own: str) -> None:
    others = tuple(one.worker for one in workers if one.own != own)
    if others:
        raise ReleaseRefused(
            f"another signature file than this machine's own ({own[:16]}) is that of {_named(others)}, where not "
            "everything in this one was tried",
            id="signatures.release.machines",
            remedy="Give all machines one file first, of the setting signatures or of one version of Gatepost; "
            "gatepost signatures status tells each worker's. After the first release it does not matter any more.",
        )


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if names[10:] else "")


def _check_version(wanted: SignatureSet, held: Sequence[SignatureSet]) -> None:
    """A version names one file, and says as much as the step from the set for every site to it does."""
    step = compare(held[0], wanted)
    if step.version_too_small:
        raise ReleaseRefused(
            f"version {wanted.version} after {held[0].version} says less than changed, which is {step.needed}",
            id="signatures.release.version",
            remedy="Count the version up: major where purposes change, minor for new crawlers, patch for the rest; "
            "gatepost signatures rollback is the way back.",
        )
    for one in held[1:]:
        if one.version == wanted.version and one.sha256 != wanted.sha256:
            raise ReleaseRefused(
                f"version {wanted.version} is being tried already, and is another file",
                id="signatures.release.version",
                remedy="Count the version up once more.",
            )


def _check_tried(fresh: Sequence[Trial]) -> None:
    names = tuple(dict.fromkeys(one.crawler for one in fresh))
    if names:
        raise ReleaseRefused(
            f"nobody has tried the signatures of {_named(names)}, which would be refused",
            id="signatures.release.untried",
            remedy="Publish the file with --shadow first: they are tagged then, and gatepost signatures status counts "
            "whom they meet; publish it again without --shadow when that is right.",
            names=names,
        )
