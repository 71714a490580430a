"""Where the lists that others keep are found: in their installed packages.

Rules: nothing is read beyond the size that the reader takes; a list that is not there is told with how to get it.
"""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from gatepost.core.other_lists import MAX_OCTETS, ListName
from gatepost.errors import GatepostError

__all__ = ["installed_list"]

_FILES = {
    ListName.CRAWLER_USER_AGENTS: "crawleruseragents/crawler-user-agents.json",
    ListName.AI_CRAWLER_INDEX: "ai_crawler_index/data.json",
}
"""Where a list stands in the package of its own name."""


def installed_list(name: ListName) -> tuple[bytes, str]:
    """A list as its installed package has it, and the package's version.

    Raises :class:`~gatepost.errors.GatepostError` where there is no such package, or it has no such file.
    """
    if name not in _FILES:
        raise GatepostError(
            f"{name} is in no package", id="signatures.import.package", remedy="Download its JSON file, and give that."
        )
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
