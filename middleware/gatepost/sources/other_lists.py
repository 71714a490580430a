"""Where the lists that others keep are found: in their installed packages, or where they are published.

Rules: nothing is read beyond the size that the reader takes; a list that is not there is told with how to get it.
"""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from gatepost.core.other_lists import MAX_OCTETS, ListName
from gatepost.errors import GatepostError
from gatepost.ports import Outward

__all__ = ["installed_list", "published_list"]

_AI_ROBOTS_TXT = "https://raw.githubusercontent.com/ai-robots-txt/ai.robots.txt/main/robots.json"
_SECONDS = 30.0

_FILES = {
    ListName.CRAWLER_USER_AGENTS: "crawleruseragents/crawler-user-agents.json",
    ListName.AI_CRAWLER_INDEX: "ai_crawler_index/data.json",
}
"""Where a list stands in the package of its own name."""


def installed_list(name: ListName) -> tuple[bytes, str]:
    """A list that has a package as that is installed, and the package's version.

    Raises :class:`~gatepost.errors.GatepostError` where there is no such package, or it has no such file.
    """
    try:
        package = distribution(name)
        with Path(str(package.locate_file(_FILES[name]))).open("rb") as file:
            return file.read(MAX_OCTETS + 1), package.version
    except (PackageNotFoundError, OSError) as error:
        raise GatepostError(
            f"the package {name} is not installed, or has not the file {_FILES[name]}",
            id="signatures.import.package",
            remedy=f"pip install {name}, or give its JSON file.",
        ) from error


async def published_list(outward: Outward) -> bytes:
    """ai.robots.txt, which has no package, as it is published now.

    Raises :class:`~gatepost.errors.OutwardError`, and :class:`~gatepost.errors.GatepostError` for an answer that is
    not the file.
    """
    fetched = await outward.fetch(_AI_ROBOTS_TXT, most_octets=MAX_OCTETS, seconds=_SECONDS)
    if fetched.status != 200:
        raise GatepostError(
            f"{_AI_ROBOTS_TXT} answers {fetched.status}",
            id="signatures.import.answer",
            remedy="Try again later, or give its robots.json as a file.",
        )
    return fetched.body
