"""Many who do one thing at the same moment, each on a connection of their own."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier


def at_once(login, role, act, many=12):
    """What `act(connection, number)` returns for each."""
    barrier = Barrier(many, timeout=60)

    def run(number):
        with login(role) as connection:
            barrier.wait()
            return act(connection, number)

    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(run, range(many)))
