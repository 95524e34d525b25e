"""An ASGI application asked in memory, without a server."""

import asyncio

import httpx


def ask(app, method, path, **options):
    """Its answer; an error that it raises is a 500."""

    async def asking():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, **options)

    return asyncio.run(asking())
