"""Settings, from the call, the environment (``GATEPOST_*``) and ``gatepost.toml``, in this order.

Rules: a value that would not do what its author meant refuses to start and names the key; an unknown key is such a
value; nothing is read from a ``.env`` file, which belongs to the app that mounts us.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from gatepost.errors import SettingsError

__all__ = ["ForwardAuth", "Settings", "read_settings"]

_PREFIX = "GATEPOST_"
_FILE = "gatepost.toml"

SECRET_OCTETS = 32

Network = IPv4Network | IPv6Network
Origin = Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.*-]+(:[0-9]+)?$")]


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


def _paired(value: object) -> object:
    """A table in the environment is pairs of name=value, separated by commas."""
    return dict(part.partition("=")[::2] for part in value.split(",") if part) if isinstance(value, str) else value


_THEME_NAME = re.compile(r"[a-z][a-z-]{0,30}")
_THEME_VALUE = re.compile(r"[#A-Za-z0-9 .,%()/'-]{1,120}")


class Settings(BaseModel):
    """All settings, checked."""

    # A secret that is too short is still a secret: no error repeats what it was given.
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True)

    database: str = "sqlite:///gatepost.db"
    """``sqlite:///file.db``, ``sqlite://`` (in memory) or ``postgresql://…``."""
    snapshot: Path | None = None
    """A file of this machine that keeps a copy of the sites, for a worker that starts while the database is down; by
    default it is beside a SQLite database, and there is none of another."""
    signatures: Path | None = None
    """A signature file to use in place of the one that came with this version."""
    signature_keys: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    """Ed25519 public keys in base64; where there are any, a release of signatures has to be signed by one of them."""
    signatures_overlay: Path | None = None
    """A file of this machine that is laid over the signature file: its entries replace those of the same name or are
    added, and ``without`` takes entries out. It stays as it is when the signature file is updated."""
    public_url: str = Field(default="https://{host}", pattern=r"^https?://[^/]*\{host\}[^/]*$")
    """How a site is reached from outside, for the addresses that directives name."""
    prefix: str = Field(default="/_gatepost", pattern=r"^(/[A-Za-z0-9._~-]+)+$")
    """Below which path everything but the policy files is found."""
    trusted_proxies: Annotated[tuple[Network, ...], BeforeValidator(_listed)] = ()
    """Networks whose forwarded header fields are believed."""
    trust_everyone: bool = False
    """Says that a trusted network of all addresses is meant."""
    forward_auth: ForwardAuth = ForwardAuth.OFF
    secret: Annotated[tuple[SecretStr, ...], BeforeValidator(_listed)] = ()
    """What owner links and sessions are signed with; the first signs, all are believed. None: nobody is let in."""
    frame_ancestors: Annotated[tuple[Origin, ...], BeforeValidator(_listed)] = ()
    """Origins whose pages may show the owner's page in a frame."""
    product_name: str = Field(default="Gatepost", min_length=1, max_length=60)
    """What the owner's page is called."""
    support_url: str = Field(default="", pattern=r"^(https?://[^\s\"'<>]+)?$")
    """Where an owner finds help; none is shown without it."""
    address_lists: bool = False
    """Ask once a day for the address lists that operators of crawlers publish, as the signature file names them."""
    ledger_days: int = Field(default=180, ge=1, le=3650)
    """For how many days it is kept what crawlers took."""
    ledger_grace_hours: int = Field(default=24, ge=0, le=720)
    """For how long a crawler may go by the robots.txt that it has before a visit is told as against it."""
    notices: bool = True
    """Push notices to data partners, where there are any."""
    notice_key: Path | None = None
    """A private key (Ed25519, PEM) that pushes are signed with beside each partner's secrets, by RFC 9421."""
    private_addresses: bool = False
    """Says that hosts may be asked that are on this machine or in a private network, at any port: for tests and closed
    networks. Never where others name the hosts: to ask in their name would show them what is inside."""
    theme: Annotated[dict[str, str], BeforeValidator(_paired)] = {}
    """CSS variables of the owner's page by name, such as ``accent``; in the environment ``accent=#124,radius=0``."""

    @field_validator("secret")
    @classmethod
    def _hard_to_guess(cls, secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(secret.get_secret_value().encode()) < SECRET_OCTETS for secret in secrets):
            raise ValueError(f"a secret has at least {SECRET_OCTETS} octets")
        return secrets

    @field_validator("theme")
    @classmethod
    def _plain_values(cls, theme: dict[str, str]) -> dict[str, str]:
        for name, value in theme.items():
            if not (_THEME_NAME.fullmatch(name) and _THEME_VALUE.fullmatch(value)):
                raise ValueError(f"{name} is not a name of small letters with a plain CSS value")
        return theme

    @property
    def secrets(self) -> tuple[bytes, ...]:
        """The secrets as octets."""
        return tuple(secret.get_secret_value().encode() for secret in self.secret)

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
