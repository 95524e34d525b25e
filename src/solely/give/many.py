"""Several givings of several people in one transaction: for a busy service, where each is as if it were alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from solely.consent import COLUMNS, CURES, Notice
from solely.errors import GivingError
from solely.give.desk import Desk

__all__ = ["give_many"]

_COLUMNS = (*COLUMNS, "country")


def give_many(
    desk: Desk, many: Sequence[tuple[Mapping[str, str], Notice]], now: datetime, *, lifts: bool = False
) -> list[UUID | GivingError]:
    """Record these, each under its notice; a row has the columns of `consent.COLUMNS`, and `country`.

    With `lifts`, which is for one alone, it ends that person's objection: see `Desk.give`.

    Returns of each its giving, new or known, or why it can't be taken; refusals are in the ledger. Raises NoticeError
    for a text that is none.
    """
    notices: dict[str, Notice] = {}
    outcomes: dict[int, UUID | GivingError] = {}
    rows = []
    for number, (row, notice) in enumerate(many):
        if notices.setdefault(notice.name, notice).digest != notice.digest:  # two texts under one version, at once
            outcomes[number] = GivingError("notice-changed", CURES["notice-changed"])
        else:
            rows.append((number, [row[column] for column in _COLUMNS]))
    rules = replace(desk.rules(notices.values(), now).with_columns(_COLUMNS), lifts=lifts)
    _, prepared = desk.enter(desk.batch(rows, rules, {}), rules)
    outcomes.update((number, GivingError(reason, CURES[reason])) for number, reason in prepared.refused)
    outcomes.update((number, UUID(giving)) for number, giving in prepared.givings.items())
    return [outcomes[number] for number in range(len(many))]
