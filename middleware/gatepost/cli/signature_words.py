"""A difference between two signature sets, and its effect, for people: at a terminal, or in a pull request.

Rules: what is breaking comes first and says so; what a signature file holds is a stranger's text, and stays harmless in
Markdown.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from gatepost.core.crawlers import Crawler, Purpose
from gatepost.core.defaults import level_of
from gatepost.core.signature_diff import CrawlerChange, Difference, FieldChange, Step

if TYPE_CHECKING:
    from gatepost.service.signature_effect import SignatureEffects

__all__ = ["diff_lines", "effect_lines"]

_LISTED = 50
"""Lines of a list; an import can bring hundreds of crawlers, and nobody reads a comment that long."""


def diff_lines(difference: Difference, compared_with: str = "", *, markdown: bool = False) -> Iterator[str]:
    """What came, went and changed; what the old set is comes first, where its reader may not know."""
    shape = _Shape(markdown)
    old, new = difference.old, difference.new
    yield shape.heading(
        f"Signatures {old.version} -> {new.version}: {len(old.crawlers)} -> {len(new.crawlers)} entries"
    )
    if compared_with:
        yield shape.item(f"compared with {shape.word(compared_with)}")
    yield from _verdict(difference, shape)
    yield from shape.listed("come", [_introduced(crawler, shape) for crawler in difference.come])
    yield from shape.listed("gone", [_introduced(crawler, shape) for crawler in difference.gone])
    ordered = sorted(difference.changed, key=lambda change: not change.breaking)
    yield from shape.listed("changed", [line for change in ordered for line in _change_lines(change, shape)])


def _verdict(difference: Difference, shape: "_Shape") -> Iterator[str]:
    if difference.breaking:
        names = ", ".join(shape.word(change.name) for change in difference.breaking)
        yield shape.item(f"{shape.strong('breaking')}: what owners said means something else for {names}")
    if difference.version_too_small:
        made = "no step at all" if difference.made is Step.NONE else f"a {difference.made} step"
        yield shape.item(f"{shape.strong('version')}: {made}, and the change needs a {difference.needed} one")
    if not (difference.come or difference.gone or difference.changed):
        yield shape.item("no crawler came, went or changed")


def _introduced(crawler: Crawler, shape: "_Shape") -> str:
    purposes = [purpose.value for purpose in Purpose if purpose in crawler.purposes]
    what = ", ".join(purposes) or crawler.service or ""
    return f"{shape.word(crawler.name)} ({shape.word(crawler.operator)}): {what}"


def _change_lines(change: CrawlerChange, shape: "_Shape") -> Iterator[str]:
    for field in change.fields:
        mark = f" {shape.strong('(breaking)')}" if field.breaking else ""
        yield f"{shape.word(change.name)} {field.field}{mark}: {_values(field, shape)}"


def _values(field: FieldChange, shape: "_Shape") -> str:
    before, after = (", ".join(map(shape.word, values)) for values in (field.before, field.after))
    if before and after:
        return f"{before} -> {after}"
    return f"+ {after}" if after else f"- {before}"


def effect_lines(effects: "SignatureEffects", *, markdown: bool = False) -> Iterator[str]:
    """What becomes of the sites."""
    shape = _Shape(markdown)
    yield shape.heading(f"Effect on {_sites(effects.sites)}")
    yield shape.item(
        f"robots.txt: changes for {_sites(effects.robots_changed)}, {effects.octets:+,} bytes in all, "
        f"{effects.octets_most:+,} at most"
    )
    if effects.over_budget:
        yield shape.item(f"{shape.strong('too large')}: robots.txt outgrows 500 KiB for {_sites(effects.over_budget)}")
    yield shape.item(f"decisions: other ones about some crawler for {_sites(effects.decided_otherwise)}")
    decisions = [
        f"{shape.word(one.crawler)}: {one.before} -> {one.after} on {_sites(sites)}"
        for one, sites in effects.decisions.most_common()
    ]
    yield from shape.listed("decisions", decisions)
    names = dict.fromkeys([*effects.void_defaults, *effects.void])
    void = [f"{shape.word(name)}: {_named_by(effects, name)}" for name in names]
    yield from shape.listed("exceptions that lose their crawler", void)


def _named_by(effects: "SignatureEffects", name: str) -> str:
    parts = [" ".join(level_of(id)).strip() for id in effects.void_defaults.get(name, [])]
    sites, hosts = effects.void[name], effects.void_hosts.get(name, [])
    if sites:
        parts.append(f"{_sites(sites)} ({', '.join(hosts)}{', …' if sites > len(hosts) else ''})")
    return ", ".join(parts)


def _sites(count: int) -> str:
    return f"{count:,} site{'s' * (count != 1)}"


class _Shape:
    """The same lines for a terminal or in Markdown."""

    def __init__(self, markdown: bool) -> None:
        self._markdown = markdown

    def heading(self, text: str) -> str:
        return f"### {text}\n" if self._markdown else text

    def item(self, text: str) -> str:
        return f"- {text}" if self._markdown else f"  {text}"

    def strong(self, text: str) -> str:
        return f"**{text}**" if self._markdown else text

    def word(self, text: str) -> str:
        """A stranger's text; in a code span nothing of it is a link, a mention or HTML."""
        return f"`{text.replace('`', chr(39))}`" if self._markdown else text

    def listed(self, title: str, lines: Sequence[str]) -> Iterable[str]:
        """A list under its title; nothing for an empty one."""
        if not lines:
            return
        yield f"\n**{title}** ({len(lines)})\n" if self._markdown else f"  {title}:"
        yield from (self.item(line) if self._markdown else f"    {line}" for line in lines[:_LISTED])
        if len(lines) > _LISTED:
            yield self.item(f"and {len(lines) - _LISTED} more")
