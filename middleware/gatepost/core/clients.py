"""What a client says it is, for people: ``Firefox 128 on Windows``.

Rules: never for a decision; only the first :data:`OCTETS_READ` characters are read, because the library's time grows
with them (milliseconds a user agent), so that it is asked about a few samples and never about every request.
"""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["OCTETS_READ", "Client", "ClientKind", "client_of"]

OCTETS_READ = 512


class ClientKind(StrEnum):
    """What a client is that no signature knows, as far as it says."""

    ROBOT = "robot"
    BROWSER = "browser"
    PROGRAM = "program"
    SILENT = "silent"
    """It does not say what it is."""


@dataclass(frozen=True, slots=True)
class Client:
    """A client that no signature knows; ``name`` and ``system`` are empty where it does not tell."""

    kind: ClientKind
    name: str = ""
    system: str = ""


def client_of(user_agent: str) -> Client:
    """What the user agent says."""
    from user_agents import parse

    client = parse(user_agent[:OCTETS_READ])
    if client.is_bot:
        return Client(ClientKind.ROBOT)
    if client.browser.family == "Other":
        return Client(ClientKind.SILENT)
    name = f"{client.browser.family} {client.browser.version_string.partition('.')[0]}".strip()
    if client.os.family == "Other":
        return Client(ClientKind.PROGRAM, name)
    return Client(ClientKind.BROWSER, name, client.os.family)
