"""What may be odd about a robots.txt: every note that the reader can make, with its remedy, as one table.

Rules: an id is stable and is what tests and callers assert; ``{what}`` stands for the text that the note is about.
"""

from gatepost.errors import Fault

__all__ = ["ODDITIES", "oddity"]

_SHOWN = 60

ODDITIES: dict[str, tuple[str, str]] = {
    "robots.file.bom": (
        "the file starts with a byte order mark",
        "save it as UTF-8 without a mark: old readers lose the first line",
    ),
    "robots.file.encoding": ("the file is not UTF-8", "save it as UTF-8; other octets are read as unknown characters"),
    "robots.file.more-notes": ("there are more notes than 1,000; the rest are left out", "mend these first"),
    "robots.file.too-long": ("the file goes on after 500 KiB; the rest is not read", "shorten it, comments first"),
    "robots.line.carriage-return": (
        "a line ends in a carriage return alone",
        "end lines with LF: some readers see one long line",
    ),
    "robots.line.control-characters": (
        "the line holds a control character",
        "remove it: some readers end the line there",
    ),
    "robots.line.missing-colon": ("the colon after {what} is missing", "write a colon after the key"),
    "robots.line.too-long": (
        "the line is longer than 16,663 octets; the rest is not read",
        "split it into several lines",
    ),
    "robots.line.unreadable": ("{what} is neither a record nor a comment", "write key: value, or put # before it"),
    "robots.key.misread": (
        "{what} is an unknown key, which Google reads by how it begins",
        "remove it: Google obeys it as a rule or a user-agent line",
    ),
    "robots.key.typo": ("{what} is a misspelt key", "write it right: few readers know what is meant"),
    "robots.key.unknown": ("{what} is an unknown key", "check its spelling; readers pass over it"),
    "robots.group.blank-line": (
        "a blank line stands inside a group",
        "remove it: old readers end the group there and lose the rest",
    ),
    "robots.group.empty": (
        "the last group has no rule, so that whatever is added below joins it",
        "give it a rule; Allow: / if nothing is meant to be kept out",
    ),
    "robots.group.fused": (
        "the lines above have no rule, so that this user-agent line joins their group",
        "give each group a rule; Allow: / if nothing is meant to be kept out",
    ),
    "robots.group.repeated": (
        "{what} is named by an earlier group too",
        "write one group for it: old readers obey the first alone",
    ),
    "robots.group.wildcard-repeated": (
        "an earlier group is for * too",
        "write one group for *: old readers obey the first alone",
    ),
    "robots.rule.outside": (
        "a rule stands before any user-agent line; nobody obeys it",
        "write a user-agent line above it",
    ),
    "robots.pattern.empty": (
        "the rule has no path and matches nothing",
        "write Allow: / if nothing is meant to be kept out",
    ),
    "robots.pattern.start": (
        "{what} starts with neither / nor *, so that it matches no path",
        "start it with / and leave scheme and host out",
    ),
    "robots.token.browser": (
        "{what} is what browsers call themselves, not a crawler",
        "write the crawler's product token alone",
    ),
    "robots.token.cut": (
        "only the first word of {what} is read",
        "write one product token a line, and nothing after it",
    ),
    "robots.token.generic": (
        "{what} names no crawler, though old readers find it inside many names",
        "write the crawler's own product token",
    ),
    "robots.token.illegal": (
        "{what} has characters that no product token may have; Google cuts it there",
        "refuse this crawler by other means too",
    ),
    "robots.token.missing": ("the user-agent line names nobody", "write a product token, or * for everyone"),
    "robots.token.version": (
        "{what} has a version, which is not read",
        "write the product token alone: some readers then match nothing",
    ),
    "robots.record.crawl-delay": (
        "Google and others pass over Crawl-delay",
        "do not rely on it; limit the rate at the server",
    ),
    "robots.sitemap.empty": ("the sitemap line names nothing", "write the full URL of the sitemap"),
    "robots.sitemap.relative": ("{what} is not a full URL", "write it with scheme and host"),
}
"""Message and remedy of every note, by id."""


def oddity(id: str, line: int, column: int, what: str = "") -> Fault:
    """The note ``id`` at a place in the file, about ``what``, which is shown shortened and with controls escaped."""
    message, remedy = ODDITIES[id]
    return Fault(line, column, id, message.format(what=repr(what[:_SHOWN])), remedy)
