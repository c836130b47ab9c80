import asyncio
import os

import aiohttp

POLAR = "https://sandbox-api.polar.sh/v1"


async def main():
    headers = {"authorization": "Bearer polar_oat_any"}
    customer = {"email": "ann@example.com", "external_id": "user_1"}
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{POLAR}/customers/", json=customer, headers=headers) as made:
            status = made.status
        async with session.get(f"{POLAR}/customers/external/user_1", headers=headers) as read:
            email = (await read.json())["email"]
        async with session.get(os.environ["OTHER_URL"]) as other:
            print(status, email, await other.text())


asyncio.run(main())
