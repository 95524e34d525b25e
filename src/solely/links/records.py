"""The values that cross a link, as CBOR (RFC 8949): plain ones, and a closed list of our own. Nothing else is read."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from io import BytesIO
from types import MappingProxyType
from typing import Any

import cbor2
import numpy as np
from pyroaring import BitMap

from solely.errors import Unavailable
from solely.give.intake import Taken
from solely.ledger.entry import Entry, decode, encode
from solely.store.entries import Committed
from solely.store.evidence import Known, Person
from solely.store.ledger import Concern, Words
from solely.store.service import Held

__all__ = ["dump", "load"]

_DEPTH = 12
_DTYPES = ("|u1", "<u4", "<u8")
_FIRST = 70_100  # of our tags, in the range that is free for all (RFC 8949 §9.2)


def _array_parts(ids: np.ndarray[Any, Any]) -> list[Any]:
    """An ascending column of numbers as a Roaring bitmap: the members of a large entry fit into a frame so."""
    if ids.dtype == np.uint64 and ids.ndim == 1 and len(ids) and ids[-1] < 1 << 32 and (ids[1:] > ids[:-1]).all():
        return ["bitmap", BitMap(array("I", ids.astype(np.uint32).tobytes())).serialize()]
    return [ids.dtype.str, list(ids.shape), np.ascontiguousarray(ids).tobytes()]


def _array(kind: str, *parts: Any) -> np.ndarray[Any, Any]:
    if kind == "bitmap":
        return np.array(BitMap.deserialize(parts[0]).to_array(), np.uint64)
    if kind not in _DTYPES:
        raise ValueError("no such column")
    return np.frombuffer(parts[1], kind).reshape(parts[0])


def _words(*parts: Any) -> Words:
    type_, principal, purpose, ids, details, keep, concerns = parts
    if not all(isinstance(one, Concern) for one in concerns):
        raise TypeError("no words")
    return Words(type_, principal, purpose, ids, MappingProxyType(dict(details)), keep is True, frozenset(concerns))


def _words_parts(words: Words) -> list[Any]:
    told = [words.type, words.principal, words.purpose, words.ids, dict(words.details), words.keep]
    return [*told, sorted(words.concerns)]


_KINDS: tuple[tuple[type, Callable[[Any], list[Any]], Callable[..., Any]], ...] = (
    (np.ndarray, _array_parts, _array),
    (BitMap, lambda one: [one.serialize()], BitMap.deserialize),
    (Words, _words_parts, _words),
    (Concern, list, Concern),
    (Entry, lambda one: [encode(one)], decode),
    (Committed, lambda one: [one.secret, list(one.nodes)], lambda secret, nodes: Committed(secret, tuple(nodes))),
    (Known, list, Known),
    (Person, list, Person),
    (Taken, lambda one: [one.giving, one.key_number, one.held, one.wrapped], Taken),
    (Held, lambda one: [one.pseudonym, one.giving, one.kind, one.stands], Held),
)


def _encoder(tag: int, parts: Callable[[Any], list[Any]]) -> Callable[[cbor2.CBOREncoder, Any], None]:
    return lambda encoder, value: encoder.encode(cbor2.CBORTag(tag, parts(value)))


_ENCODERS: Mapping[type, Any] = {kind: _encoder(tag, parts) for tag, (kind, parts, _) in enumerate(_KINDS, _FIRST)}
_MAKERS = {tag: make for tag, (_, _, make) in enumerate(_KINDS, _FIRST)}


def _ours(tag: cbor2.CBORTag, *_: Any) -> Any:
    return _MAKERS[tag.tag](*tag.value)


def dump(value: Any) -> bytes:
    """The bytes of a value."""
    return cbor2.dumps(value, encoders=_ENCODERS)


def load(data: bytes) -> Any:
    """The value again; tuples come back as lists. Raises Unavailable for what is none."""
    file = BytesIO(data)
    try:
        return cbor2.CBORDecoder(file, tag_hook=_ours, max_depth=_DEPTH, allow_indefinite=False).decode()
    except Exception:  # noqa: BLE001 - whatever it is that bytes of a stranger do
        raise Unavailable(
            "what came over a link can't be read", where="link", cure="see that both ends are one version"
        ) from None
