"""Kinds of JSON values: nothing is taken for something else."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import Field, ValidationError

from solely.web.api.kinds import check_kind
from solely.web.api.routes import Body

Text = Annotated[str, Field(max_length=9)]


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (bool, 0),
        (bool, "true"),
        (bool | None, 1),
        (int, True),
        (int, "1"),
        (int | None, "1"),
        (Annotated[int, Field(ge=1)] | None, "1"),
        (float, "0.5"),
        (datetime, 5),
        (datetime | None, 5.5),
        (UUID, 5),
        (Text, True),
        (Literal["a"], 1),
        (Text | dict[str, Any], 7),
    ],
)
def test_what_is_of_another_kind_is_refused(annotation, value):
    with pytest.raises(ValueError, match="of another kind"):
        check_kind(annotation, value)


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (bool, False),
        (int, 3),
        (float, 3),
        (datetime | None, "2026-01-01T00:00:00Z"),
        (datetime | None, None),
        (Text | dict[str, Any], "123456"),
        (Text | dict[str, Any], {"id": 1}),
        (list[Text], ["a"]),
        (Any, 5),
    ],
)
def test_what_is_of_its_kind_goes_on(annotation, value):
    check_kind(annotation, value)


def test_every_body_is_read_so():
    class Sent(Body):
        told: bool = False
        at: datetime | None = None

    assert Sent.model_validate({"told": True}).told
    for wrong in ({"told": 0}, {"at": 5}):
        with pytest.raises(ValidationError):
            Sent.model_validate(wrong)
