"""A row of ``gatepost sites import``, checked."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from gatepost.core.sites import PLATFORM, Visibility
from gatepost.errors import GatepostError

__all__ = ["SiteRow", "read_row"]


class SiteRow(BaseModel):
    """One site; what is ``None`` or left out is not changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hosts: Annotated[tuple[str, ...], Field(min_length=1)]
    id: Annotated[str | None, Field(min_length=1)] = None
    visibility: Visibility | None = None
    wishes: tuple[str, ...] = ()
    robots_txt: str | None = None

    @field_validator("id")
    @classmethod
    def _of_a_site(cls, id: str | None) -> str | None:
        if id == PLATFORM:
            raise ValueError(f"{PLATFORM} is the platform's; set it with gatepost sites set --platform")
        return id


def read_row(line: bytes) -> SiteRow:
    """The row on a line of NDJSON."""
    try:
        return SiteRow.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the row"
        raise GatepostError(
            f"{place}: {first['msg']}",
            id="sites.import.row",
            remedy=f"A row is one JSON object with {', '.join(SiteRow.model_fields)}.",
        ) from error
