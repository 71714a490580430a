"""Settings, from the call, the environment (``GATEPOST_*``) and ``gatepost.toml``, in this order.

Rules: a value that would not do what its author meant refuses to start and names the key; an unknown key is such a
value; nothing is read from a ``.env`` file, which belongs to the app that mounts us.
"""

import os
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from gatepost.errors import SettingsError

__all__ = ["ForwardAuth", "Settings", "read_settings"]

_PREFIX = "GATEPOST_"
_FILE = "gatepost.toml"

Network = IPv4Network | IPv6Network


class ForwardAuth(StrEnum):
    """Whose header fields the forward-auth endpoint listens to; exactly one family, so that no client can slip in the
    other."""

    OFF = "off"
    NGINX = "nginx"
    """``X-Original-URI``; only 2xx, 401 and 403 are answered."""
    FORWARDED = "forwarded"
    """``X-Forwarded-Uri``, ``X-Forwarded-Host``: Caddy, Traefik."""


def _listed(value: object) -> object:
    """A list in the environment is separated by commas."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class Settings(BaseModel):
    """All settings, checked."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    database: str = "sqlite:///gatepost.db"
    """``sqlite:///file.db``, ``sqlite://`` (in memory) or ``postgresql://…``."""
    snapshot: Path | None = None
    """A file of this machine that keeps a copy of the sites, for a worker that starts while the database is down; by
    default it is beside a SQLite database, and there is none of another."""
    signatures: Path | None = None
    """A signature file to use in place of the one that came with this version."""
    public_url: str = Field(default="https://{host}", pattern=r"^https?://[^/]*\{host\}[^/]*$")
    """How a site is reached from outside, for the addresses that directives name."""
    prefix: str = Field(default="/_gatepost", pattern=r"^(/[A-Za-z0-9._~-]+)+$")
    """Below which path everything but the policy files is found."""
    trusted_proxies: Annotated[tuple[Network, ...], BeforeValidator(_listed)] = ()
    """Networks whose forwarded header fields are believed."""
    trust_everyone: bool = False
    """Says that a trusted network of all addresses is meant."""
    forward_auth: ForwardAuth = ForwardAuth.OFF

    @model_validator(mode="after")
    def _no_accidental_trust(self) -> Self:
        if any(network.prefixlen == 0 for network in self.trusted_proxies) and not self.trust_everyone:
            raise ValueError("trusted_proxies holds all addresses; set trust_everyone = true if that is meant")
        return self


def read_settings(
    given: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> Settings:
    """The settings in force; ``given`` comes first, then the environment, then ``gatepost.toml`` in ``directory``.

    A given ``None`` is not given.

    Raises :class:`~gatepost.errors.SettingsError`, which names the key and the place it came from.
    """
    environment = os.environ if environment is None else environment
    layers = {
        _FILE: _from_file((directory or Path.cwd()) / _FILE),
        "the environment": _from_environment(environment),
        "the call": {key: value for key, value in (given or {}).items() if value is not None},
    }
    merged: dict[str, object] = {}
    places: dict[str, str] = {}
    for place, values in layers.items():
        merged.update(values)
        places.update(dict.fromkeys(values, place))
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0]) if first["loc"] else "trusted_proxies"
        known = ", ".join(Settings.model_fields)
        raise SettingsError(
            f"{key} (from {places.get(key, 'the call')}): {first['msg']}",
            id="settings.unknown" if first["type"] == "extra_forbidden" else "settings.invalid",
            remedy=f"Correct {key}; the settings are {known}.",
        ) from error


def _from_environment(environment: Mapping[str, str]) -> dict[str, object]:
    return {
        name.removeprefix(_PREFIX).lower(): value for name, value in environment.items() if name.startswith(_PREFIX)
    }


def _from_file(path: Path) -> dict[str, object]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{path.name} cannot be read: {error}", id="settings.file", remedy="Mend the file, or take it away."
        ) from error
