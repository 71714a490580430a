"""Tokens, spent links and kept answers, as plain functions over a connection.

Rules: what is written runs in a transaction that has taken the writers' turn, so that a look and a write are one; what
is out of date is swept out by the next write.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from gatepost.core.access import Scope
from gatepost.core.sites import Actor, ActorKind
from gatepost.core.tokens import Token
from gatepost.ports import AnswerKey, Claim
from gatepost.storage.tables import answers_kept, spent_links
from gatepost.storage.tables import tokens as tokens_table

__all__ = ["claim", "drop_token", "keep_answer", "keep_token", "release", "spend", "token", "tokens"]

_TOKEN = select(tokens_table).where(tokens_table.c.id == bindparam("named"))
_TOKENS = select(tokens_table).order_by(tokens_table.c.added, tokens_table.c.id)
_DROP_TOKEN = delete(tokens_table).where(tokens_table.c.id == bindparam("named"))

_SPENT = select(spent_links.c.nonce).where(spent_links.c.nonce == bindparam("named"))
_SWEEP_LINKS = delete(spent_links).where(spent_links.c.expires <= bindparam("now"))

_THIS = (answers_kept.c.credential == bindparam("whose")) & (answers_kept.c.key == bindparam("named"))
_ANSWER = select(answers_kept.c.digest, answers_kept.c.answer).where(_THIS)
_KEEP_ANSWER = update(answers_kept).where(_THIS)
_RELEASE = delete(answers_kept).where(_THIS, answers_kept.c.answer.is_(None))
_SWEEP_ANSWERS = delete(answers_kept).where(answers_kept.c.expires <= bindparam("now"))


def token(connection: Connection, id: str) -> Token | None:
    """A token by its id."""
    row = connection.execute(_TOKEN, {"named": id}).mappings().first()
    return _token_of(row) if row else None


def tokens(connection: Connection) -> Sequence[Token]:
    """All tokens, the oldest first."""
    return [_token_of(row) for row in connection.execute(_TOKENS).mappings()]


def keep_token(connection: Connection, token: Token) -> None:
    """Write a token, in place of the one that has its id."""
    connection.execute(_DROP_TOKEN, {"named": token.id})
    connection.execute(insert(tokens_table), _token_row(token))


def drop_token(connection: Connection, id: str) -> bool:
    """Forget a token; whether it was there."""
    return connection.execute(_DROP_TOKEN, {"named": id}).rowcount > 0


def spend(connection: Connection, nonce: str, until: datetime, now: datetime) -> bool:
    """Mark a nonce as spent; ``False`` when it was already."""
    connection.execute(_SWEEP_LINKS, {"now": now})
    if connection.execute(_SPENT, {"named": nonce}).first():
        return False
    connection.execute(insert(spent_links), {"nonce": nonce, "expires": until})
    return True


def claim(connection: Connection, key: AnswerKey, digest: bytes, until: datetime, now: datetime) -> Claim:
    """Take a key for a request with this digest until a time, unless somebody has it."""
    connection.execute(_SWEEP_ANSWERS, {"now": now})
    row = connection.execute(_ANSWER, _named(key)).first()
    if row is not None:
        return Claim(False, row.digest, row.answer)
    claimed = {"credential": key.credential, "key": key.key, "digest": digest, "answer": None, "expires": until}
    connection.execute(insert(answers_kept), claimed)
    return Claim(True, digest)


def keep_answer(connection: Connection, key: AnswerKey, answer: bytes, until: datetime) -> None:
    """Keep the answer to what a key was taken for."""
    connection.execute(_KEEP_ANSWER.values(answer=answer, expires=until), _named(key))


def release(connection: Connection, key: AnswerKey) -> None:
    """Let go of a key that no answer is kept for."""
    connection.execute(_RELEASE, _named(key))


def _named(key: AnswerKey) -> dict[str, str]:
    return {"whose": key.credential, "named": key.key}


def _token_row(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "actor_kind": token.actor.kind.value,
        "actor_name": token.actor.name,
        "scopes": " ".join(sorted(token.scopes)),
        "sites": None if token.sites is None else json.dumps(sorted(token.sites)),
        "digest": token.digest,
        "added": token.added,
        "expires": token.expires,
        "former": token.former,
        "former_until": token.former_until,
    }


def _token_of(row: RowMapping) -> Token:
    return Token(
        id=row["id"],
        actor=Actor(ActorKind(row["actor_kind"]), row["actor_name"]),
        scopes=frozenset(map(Scope, row["scopes"].split())),
        digest=row["digest"],
        added=_utc(row["added"]) or datetime.min,
        sites=None if row["sites"] is None else frozenset(json.loads(row["sites"])),
        expires=_utc(row["expires"]),
        former=row["former"],
        former_until=_utc(row["former_until"]),
    )


def _utc(moment: datetime | None) -> datetime | None:
    """A stored time with its zone, which SQLite does not keep."""
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
