"""Slow clients: each sends a byte in ten seconds or so, for as long as it is let; half a head, half a body.

python bench/drip.py     (started by load.py, which writes it its orders as JSON on standard input, and kills it)
"""

from __future__ import annotations

import asyncio
import json
import sys

import uvloop
from wire import HOST, request


async def drip(port: int, data: bytes, first: int, each: float, wait: float) -> None:
    """Send `first` bytes at once, then one at a time; once the other end closes, begin again."""
    await asyncio.sleep(wait)
    while True:
        try:
            reader, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            await asyncio.sleep(0.5)
            continue
        left = asyncio.create_task(reader.read())
        try:
            writer.write(data[:first])
            for place in range(first, len(data)):
                done, _ = await asyncio.wait([left], timeout=each)
                if done:
                    break
                writer.write(data[place : place + 1])
                await writer.drain()
        except OSError:
            pass
        finally:
            left.cancel()
            writer.close()


async def main() -> None:
    orders = json.loads(sys.stdin.readline())
    ports, count, each = orders["ports"], orders["clients"], orders["each"]
    data = request("POST", "/v1/subjects/slow/challenges", {"act": "sign-in"}, key=orders["key"])
    head = data.index(b"\r\n\r\n") + 4
    await asyncio.gather(
        *(
            drip(ports[n % len(ports)], data, head if n // len(ports) % 2 else 1, each, each * n / count)
            for n in range(count)
        )
    )


if __name__ == "__main__":
    uvloop.run(main())
