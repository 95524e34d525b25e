"""Threads that work: each with parts of its own, bounded waits, connections made again."""

import asyncio
import threading

import pytest

from apis import served
from solely.app import Solely
from solely.app.directory import read_keyring
from solely.errors import NotFound, Unavailable
from solely.store.server import SUPERUSER
from solely.web.api.pool import Workers

pytestmark = pytest.mark.server


def run(solely, use, size=2, wait=0.2):
    async def there():
        workers = Workers(solely.ground, size, wait)
        try:
            return await use(workers)
        finally:
            workers.close()

    return asyncio.run(there())


def test_each_thread_has_parts_of_its_own(solely):
    together = threading.Barrier(2)

    def act(parts):
        together.wait(5)
        return id(parts)

    async def use(workers):
        return await asyncio.gather(workers.run(act), workers.run(act))

    assert len(set(run(solely, use))) == 2


def test_who_waits_too_long_for_a_thread_is_told_so(solely):
    held = threading.Event()

    async def use(workers):
        first = asyncio.create_task(workers.run(lambda _: held.wait(5)))
        await asyncio.sleep(0.05)
        try:
            with pytest.raises(Unavailable, match="busy"):
                await workers.run(lambda _: None)
        finally:
            held.set()
        assert await first

    run(solely, use, size=1)


def test_what_takes_too_long_is_told_so_and_goes_on(solely):
    held, done = threading.Event(), threading.Event()

    def act(_):
        held.wait(5)
        done.set()

    async def use(workers):
        with pytest.raises(Unavailable, match="longer"):
            await workers.run(act, most=0.05)
        held.set()

    run(solely, use)
    assert done.is_set()


def test_an_error_is_the_callers(solely):
    def act(_):
        raise NotFound("not here")

    async def use(workers):
        with pytest.raises(NotFound, match="not here"):
            await workers.run(act, most=5)

    run(solely, use)


def test_once_the_database_ended_connections_others_are_made(fresh):
    with Solely(fresh) as solely, served(solely, ("registry",)) as api:
        backend = api.as_("service", "registry")
        assert backend("GET", "/v1/subjects/nobody/givings").status_code == 200
        password = read_keyring(fresh, "owner").secret("database")
        with solely.ground.database.superuser(SUPERUSER, password) as superuser:
            superuser.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'solely_registry'"
            )
        told = [backend("GET", "/v1/subjects/nobody/givings").status_code for _ in range(12)]
    assert set(told) <= {200, 503}
    assert told[-4:] == [200] * 4
