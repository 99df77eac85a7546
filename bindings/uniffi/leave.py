"""An app that ends in the middle of something; `smoke.py` runs it, and wants it to end well.

    python3 leave.py PACKAGE_FOLDER URL DATA_FOLDER CASE
"""

import asyncio
import json
import sys
import urllib.request

sys.path.insert(0, sys.argv[1])
URL, FOLDER, CASE = sys.argv[2:]

from sdk import causerie_border as border, causerie_ffi as ffi


def fetch(user_id):
    body = json.dumps({"user_id": user_id}).encode()
    address = URL.replace("ws://", "http://").removesuffix("/ws") + "/dev/token"
    request = urllib.request.Request(address, body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["token"]


class Tokens(ffi.TokenProvider):
    def __init__(self):
        self.asked = asyncio.Event()

    async def token(self, question):
        self.asked.set()
        if CASE == "token":
            await asyncio.Event().wait()
        if CASE.startswith("none"):
            return None
        token = await asyncio.to_thread(fetch, question.user_id)
        return ffi.TokenAnswer(token=token, problem=None, sign_in_needed=False)


class Timeline(ffi.TimelineListener):
    def on_batch(self, batch):
        pass


class Connection(ffi.ConnectionListener):
    def on_status(self, status):
        pass


held = []


async def main():
    loop = asyncio.get_running_loop()
    ffi.uniffi_set_event_loop(loop)
    tokens = Tokens()
    options = ffi.Options(server_url=URL, user_id="alice", data_dir=FOLDER)
    client = await ffi.Client.open(options, tokens)
    chat = await client.open_direct("bob")
    timeline = await chat.timeline(border.TimelineStart(kind=border.StartKind.NEWEST))
    held.extend((client, chat, timeline))
    if CASE.startswith("listener"):
        held.extend((timeline.on_batch(Timeline()), client.on_connection(Connection())))
    if CASE == "next":
        updates = timeline.updates()
        await updates.next()
        held.extend((updates, loop.create_task(updates.next())))
        await asyncio.sleep(0)
    if CASE != "offline":
        await client.start()
    for _ in range(10):
        key = await chat.send("x")
    if CASE == "live":
        await asyncio.wait_for(client.settled(key), 30)
    if CASE in ("token", "none", "none-ended"):
        await asyncio.wait_for(tokens.asked.wait(), 30)
    if CASE.endswith("-ended"):
        await client.end()


# Not `asyncio.run`, which would cancel what waits: this app just ends.
asyncio.new_event_loop().run_until_complete(main())
