"""Lanes: who comes while others are being answered goes with the next group."""

import asyncio

import pytest

from solely.web.api.lane import Lane


def asked(count, answer_all, **options):
    async def go():
        lane = Lane(answer_all, **options)
        return await asyncio.gather(*(lane.ask(n) for n in range(count)), return_exceptions=True)

    return asyncio.run(go())


def test_each_gets_its_own_answer_and_they_go_together():
    groups = []

    async def double(some):
        groups.append(len(some))
        await asyncio.sleep(0.01)
        return [2 * one for one in some]

    assert asked(100, double, most=64) == [2 * n for n in range(100)]
    assert groups == [64, 36]


def test_several_groups_go_abreast():
    going = most = 0

    async def answer(some):
        nonlocal going, most
        going += 1
        most = max(most, going)
        await asyncio.sleep(0.01)
        going -= 1
        return some

    asked(10, answer, most=2, abreast=3)
    assert most == 3


def test_an_error_is_told_to_its_group_and_the_next_goes_on():
    async def some_fail(some):
        await asyncio.sleep(0)
        if 0 in some:
            raise ValueError("all of these")
        return some

    said = asked(4, some_fail, most=2)
    assert [type(one) for one in said] == [ValueError, ValueError, int, int]


def test_who_went_away_keeps_nobody_from_their_answer():
    async def go():
        async def slow(some):
            await asyncio.sleep(0.02)
            return some

        lane = Lane(slow)
        first, second = asyncio.create_task(lane.ask(1)), asyncio.create_task(lane.ask(2))
        await asyncio.sleep(0.01)
        first.cancel()
        assert await second == 2
        with pytest.raises(asyncio.CancelledError):
            await first

    asyncio.run(go())
