"""An ASGI application whose coroutines wait and work for each answer."""

import asyncio
import json


class Repository:
    async def load(self, key):
        await asyncio.sleep(0.001)
        return [self.parse(key, number) for number in range(100)]

    def parse(self, key, number):
        return {"key": key, "value": number * 7 % 31}


repository = Repository()


async def render(rows):
    await asyncio.sleep(0)
    return json.dumps(sorted(rows, key=lambda row: row["value"])).encode()


async def answer(path):
    return await render(await repository.load(path))


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body = await answer(scope["path"])
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})
