"""Uses the Python binding against a real server, as an app would, and says what calls cost.

    CAUSERIE_BIN=…/causerie CAUSERIE_BINDGEN=…/causerie-bindgen CAUSERIE_LIB=…/libcauserie_ffi.so \
        python3 bindings/uniffi/smoke.py

The library is one built with the feature `trial`. Needs Python 3.9 and nothing else. Prints what
Rust's test harness prints, so that `cargo xtask test` can count.
"""

import asyncio
import gc
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.request
import weakref

PATIENCE = 30
HERE = os.path.dirname(os.path.abspath(__file__))

TESTS = []


def test(function):
    TESTS.append(function)
    return function


class Server:
    """`causerie serve --dev` on a free port."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            [
                os.environ["CAUSERIE_BIN"],
                *["serve", "--dev", "--listen", "127.0.0.1:0", "--data", folder],
                # However this script ends, the server does not outlive it.
                "--end-with-stdin",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        line = self.process.stdout.readline()
        assert line.startswith("listening on "), f"the server said {line!r}"
        self.url = line.split()[-1]
        self.http = self.url.replace("ws://", "http://").removesuffix("/ws")

    def token(self, user_id):
        body = json.dumps({"user_id": user_id}).encode()
        request = urllib.request.Request(self.http + "/dev/token", body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)["token"]

    def end(self):
        self.process.terminate()
        self.process.wait(PATIENCE)


def generate(folder):
    """Writes the binding into a package beside the library, and imports it."""
    package = os.path.join(folder, "sdk")
    os.makedirs(package)
    library = os.environ["CAUSERIE_LIB"]
    subprocess.run(
        [os.environ["CAUSERIE_BINDGEN"], "generate", "--language", "python", "--no-format", "--out-dir", package, library],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    os.symlink(os.path.abspath(library), os.path.join(package, os.path.basename(library)))
    shutil.copy(os.path.join(HERE, "__init__.py"), package)
    sys.path.insert(0, folder)
    from sdk import causerie_border, causerie_ffi

    return causerie_ffi, causerie_border


class World:
    """A server, folders, and clients that are ended with the test."""

    def __init__(self, server, folder):
        self.server = server
        self.folder = folder
        self.clients = []

    async def client(self, user_id, provider=None, url=None, name=None):
        options = ffi.Options(
            server_url=url or self.server.url,
            user_id=user_id,
            data_dir=os.path.join(self.folder, name or user_id),
        )
        client = await ffi.Client.open(options, provider or Tokens(self.server))
        self.clients.append(client)
        return client

    async def end(self):
        for client in self.clients:
            await client.end()


def answer(token=None, problem=None, sign_in_needed=False):
    return ffi.TokenAnswer(token=token, problem=problem, sign_in_needed=sign_in_needed)


def newest():
    return border.TimelineStart(kind=border.StartKind.NEWEST)


async def soon(waiting):
    return await asyncio.wait_for(waiting, PATIENCE)


def show(items, batch):
    """What a screen does with the diffs: plain lists, by key."""
    place = lambda key: next(n for n, item in enumerate(items) if item.key == key)
    behind = lambda key: 0 if key is None else place(key) + 1
    for diff in batch.diffs:
        kind = diff.kind
        if kind == border.DiffKind.RESET:
            items[:] = diff.items
        elif kind == border.DiffKind.INSERT:
            items.insert(behind(diff.after), diff.items[0])
        elif kind == border.DiffKind.UPDATE:
            items[place(diff.items[0].key)] = diff.items[0]
        elif kind == border.DiffKind.MOVE:
            item = items.pop(place(diff.key))
            items.insert(behind(diff.after), item)
        elif kind == border.DiffKind.REMOVE:
            del items[place(diff.key)]


async def until(updates, items, done):
    while not done(items):
        batch = await soon(updates.next())
        assert batch is not None, "the updates ended"
        show(items, batch)


async def reaches(client, kind):
    states = client.connection_updates()
    while (state := await soon(states.next())).kind != kind:
        pass
    states.end()
    return state


async def live(client):
    await reaches(client, border.ConnectionKind.LIVE)


@test
async def a_message_is_shown_offline_and_keeps_its_key_until_another_user_has_it(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    chat = await alice.open_direct("bob")
    timeline = await chat.timeline(newest())
    updates, items = timeline.updates(), []
    await until(updates, items, lambda items: True)
    key = await chat.send("Bonjour, Bob")
    await until(updates, items, len)
    assert (items[0].key, items[0].text, items[0].seq) == (key, "Bonjour, Bob", None)
    assert items[0].send.kind == border.SendKind.QUEUED

    await alice.start()
    status = await soon(alice.settled(key))
    assert status.kind == border.SendKind.SENT and isinstance(status.seq, int)
    await until(updates, items, lambda items: items[0].send is None)
    assert (items[0].key, items[0].seq) == (key, status.seq)

    await bob.start()
    lists = bob.conversation_updates()
    while not bob.conversations():
        await soon(lists.next())
    entry = bob.conversations()[0]
    assert (entry.title, entry.unread, entry.last.text) == ("alice", 1, "Bonjour, Bob")
    theirs = await bob.conversation(entry.conversation_id).timeline(newest())
    seen, sees = [], theirs.updates()
    await until(sees, seen, len)
    assert (seen[0].sender_id, seen[0].text) == ("alice", "Bonjour, Bob")
    assert [item.text for item in theirs.items()] == ["Bonjour, Bob"]


@test
async def an_error_has_code_action_and_what_to_wait_for(world):
    client = await world.client("carol")
    try:
        client.conversation("no id")
        raise AssertionError("it was taken")
    except ffi.CauserieError.Failed as error:
        assert error.fault.code == "invalid" and error.fault.action == border.Action.FIX_CODE
        assert error.fault.retry_after_ms is None and not error.fault.retryable
        assert str(error.fault) == f"invalid: {error.fault.message} (FixCode)"
        printed = "".join(traceback.format_exception(error))
        for part in ("invalid", "conversation_id: ", "FixCode"):
            assert part in str(error) and part in printed, printed
    try:
        await world.client("dave", name="carol")
        raise AssertionError("it was opened")
    except ffi.CauserieError.Failed as error:
        assert (error.fault.code, error.fault.action) == ("other_user", border.Action.SIGN_IN)


@test
async def a_token_provider_that_throws_is_asked_again(world):
    provider = Tokens(world.server, failures=1)
    client = await world.client("erin", provider)
    await client.start()
    await live(client)
    assert provider.asked == 2
    assert provider.loops == {asyncio.get_running_loop()}, "asked on the app's own loop"


@test
async def a_provider_that_says_sign_in_is_not_asked_again_until_start(world):
    provider = Tokens(world.server, sign_in_needed=True)
    client = await world.client("frank", provider)
    await client.start()
    state = await reaches(client, border.ConnectionKind.SIGN_IN_NEEDED)
    assert state.reason == "the session is over"
    assert provider.asked == 1

    # Neither for a message, nor with time. How much of it is long enough says another provider: it
    # has no token for now, and is asked again and again.
    key = await (await client.open_direct("grace")).send("kept until one signs in")
    witness = Tokens(world.server, failures=3)
    other = await world.client("victor", witness)
    await other.start()
    await live(other)
    assert witness.asked == 4
    assert client.connection().kind == border.ConnectionKind.SIGN_IN_NEEDED
    assert provider.asked == 1

    provider.sign_in_needed = False
    await client.start()
    await live(client)
    assert provider.asked == 2
    assert (await soon(client.settled(key))).kind == border.SendKind.SENT


@test
async def a_cancelled_task_loses_no_change_and_end_wakes_who_waits(world):
    client = await world.client("grace")
    chat = await client.open_direct("heidi")
    timeline = await chat.timeline(newest())
    updates = timeline.updates()
    await soon(updates.next())
    waiting = asyncio.ensure_future(updates.next())
    await asyncio.sleep(0)
    waiting.cancel()
    try:
        await waiting
        raise AssertionError("it was not cancelled")
    except asyncio.CancelledError:
        pass
    await chat.send("after the cancelling")
    batch = await soon(updates.next())
    assert batch.diffs[0].items[0].text == "after the cancelling"

    key = await chat.send("never settled offline")
    settling = asyncio.ensure_future(client.settled(key))
    await asyncio.sleep(0)
    settling.cancel()
    waiting = asyncio.ensure_future(updates.next())
    while (batch := await soon(waiting)) is not None:
        waiting = asyncio.ensure_future(updates.next())
        updates.end()
    assert await soon(updates.next()) is None
    timeline.end()
    assert await soon(timeline.updates().next()) is not None, "a late one gets the last state"


@test
async def a_listener_is_called_in_batches_off_the_loop_and_may_throw_block_and_call_back(world):
    client = await world.client("ivan")
    chat = await client.open_direct("judy")
    timeline = await chat.timeline(newest())
    listener = Listener(timeline)
    subscription = timeline.on_batch(listener)
    await soon(asyncio.to_thread(listener.first.wait, PATIENCE))
    # The first call is held. What is sent meanwhile waits for one call.
    for n in range(50):
        await chat.send(str(n))
    listener.release.set()
    await soon(asyncio.to_thread(listener.second.wait, PATIENCE))
    assert listener.sizes[1] == 50, listener.sizes
    assert threading.get_ident() not in listener.threads
    assert listener.seen_from_within == 50
    # The second call threw.
    await chat.send("and on")
    await soon(asyncio.to_thread(listener.third.wait, PATIENCE))
    subscription.cancel()
    subscription.cancel()


@test
async def a_panic_is_an_error_of_its_call_and_the_next_call_works(world):
    for panicking in (ffi.trial_panic, ffi.trial_panic_later):
        try:
            done = panicking()
            if done is not None:
                await done
            raise AssertionError("it did not panic")
        except ffi.CauserieError.Failed as error:
            assert (error.fault.code, error.fault.action) == ("panicked", border.Action.FIX_CODE)
            assert "on purpose" in error.fault.message
    assert ffi.trial_panic_unseen() == [], "where nothing can be thrown there is nothing"
    assert ffi.trial_call() == 2**53 - 1
    assert await ffi.trial_future() == 2**53 - 1


@test
async def what_one_writes_changes_and_reacts_to_reaches_the_others(world):
    alice, bob = await world.client("quentin"), await world.client("ruth")
    await alice.start()
    await bob.start()
    group = border.NewConversation(kind="group", title="Trip", members=["ruth"])
    chat = await alice.create_conversation(group)
    message = border.NewMessage(text="See you at ate", mentions=["ruth"], metadata='{"colour":"blue"}')
    key = await chat.send_message(message)
    mine = border.MessageTarget(key=key)
    await chat.edit(mine, "See you at eight")
    lists = bob.conversation_updates()
    while not bob.conversations():
        await soon(lists.next())
    theirs = bob.conversation(chat.id())
    timeline = await theirs.timeline(newest())
    items, updates = [], timeline.updates()
    await until(updates, items, lambda items: items and items[0].edited_at)
    said = items[0]
    assert (said.text, said.mentions, said.metadata) == ("See you at eight", ["ruth"], '{"colour":"blue"}')
    target = border.MessageTarget(message_id=said.message_id)
    await theirs.react(target, "👍")
    await theirs.mark_read()

    own = await chat.timeline(newest(), 20)
    watched, shows = own.updates(), []
    await until(watched, shows, lambda items: items and items[0].reactions)
    reaction = shows[0].reactions[0]
    assert (reaction.emoji, reaction.user_ids, reaction.me) == ("👍", ["ruth"], False)
    assert shows[0].temp_id == key
    page = await soon(chat.members())
    assert {member.user_id for member in page.members} == {"quentin", "ruth"} and page.cursor is None
    await soon(alice.settled(await chat.delete(mine)))
    await until(updates, items, lambda items: items[0].deleted_at)
    assert items[0].text is None
    stats = await alice.stats()
    assert stats.messages_acknowledged == 1 and stats.connection.kind == border.ConnectionKind.LIVE


@test
async def a_cancelled_call_throws_and_what_it_waited_for_still_comes(world):
    client = await world.client("sybil")
    key = await (await client.open_direct("trent")).send("sent once one is connected")
    cancel = ffi.Cancellation()
    settling = asyncio.ensure_future(client.settled(key, cancel))
    await asyncio.sleep(0)
    cancel.cancel()
    try:
        await soon(settling)
        raise AssertionError("it was not cancelled")
    except ffi.CauserieError.Failed as error:
        assert (error.fault.code, error.fault.action) == ("cancelled", border.Action.RETRY_LATER)
    await client.start()
    assert (await soon(client.settled(key))).kind == border.SendKind.SENT


@test
async def the_log_goes_to_a_sink_that_may_block_and_throw(world):
    sink = Sink()
    ffi.set_log_sink(sink, border.LogLevel.INFO)
    ffi.trial_log(1)
    await soon(asyncio.to_thread(sink.first.wait, PATIENCE))
    # The first call is held. Everybody else goes on, and what is too much is counted.
    client = await world.client("uma")
    await client.start()
    await live(client)
    ffi.trial_log(2000)
    sink.release.set()
    await soon(asyncio.to_thread(sink.lost.wait, PATIENCE))
    first = next(record for record in sink.records if record.message == "on purpose number=0")
    assert first.level == border.LogLevel.INFO
    assert first.target.startswith("causerie") and first.at_ms > 1_600_000_000_000
    assert threading.get_ident() not in sink.threads and len(sink.threads) == 1
    given_back = threading.Event()
    weakref.finalize(sink, given_back.set)
    ffi.set_log_sink(None, border.LogLevel.INFO)
    del sink
    assert await soon(asyncio.to_thread(given_back.wait, PATIENCE))


@test
async def after_the_end_calls_fail_and_updates_end(world):
    client = await world.client("kim")
    updates = client.conversation_updates()
    await client.end()
    while await soon(updates.next()) is not None:
        pass
    try:
        await client.start()
        raise AssertionError("it started")
    except ffi.CauserieError.Failed as error:
        assert error.fault.code == "closed"


@test
async def what_people_wrote_and_tokens_are_not_printed(world):
    token = answer(token="a-secret")
    client = await world.client("lena")
    chat = await client.open_direct("mona")
    timeline = await chat.timeline(newest())
    await chat.send("a-secret")
    batch = await soon(timeline.updates().next())
    entries = client.conversations()
    assert batch.diffs[0].items[0].text == "a-secret"
    shown = [token, entries[0], batch.diffs[0].items[0], batch.diffs[0], batch]
    for record in shown + [entries, shown]:
        for printed in (str(record), repr(record), f"{record}"):
            assert "a-secret" not in printed, printed
    assert "mona" in str(entries[0]) and "[redacted]" in str(batch.diffs[0].items[0])


@test
async def after_the_end_the_sdk_holds_nothing_of_the_apps(world):
    provider, states = Tokens(world.server), States()
    client = await world.client("nina", provider)
    chat = await client.open_direct("olga")
    timeline = await chat.timeline(newest())
    listener = Deaf()
    subscriptions = [timeline.on_batch(listener), client.on_connection(states)]
    await client.start()
    await live(client)
    for _ in range(20):
        await chat.send("x")
    await client.end()
    told = states.told
    held = [weakref.ref(thing) for thing in (provider, states, listener)]
    del provider, states, listener
    gc.collect()
    assert [ref() for ref in held] == [None] * 3, "it can still be called"
    assert told
    late = Deaf()
    held = weakref.ref(late)
    subscriptions.append(timeline.on_batch(late))
    del late
    assert held() is None, "who comes late is not held"


@test
async def a_token_that_is_asked_for_is_cancelled_with_the_client(world):
    provider = Slow()
    client = await world.client("pia", provider)
    await client.start()
    await soon(provider.asked.wait())
    await client.end()
    await soon(provider.cancelled.wait())


@test
async def a_process_that_leaves_in_the_middle_ends_well(world):
    cases = ("live", "offline", "token", "next", "listener", "listener-ended", "none", "none-ended")
    free = asyncio.Semaphore(3)

    async def leave(number, case):
        arguments = (os.path.dirname(world.folder), world.server.url, f"{world.folder}/{number}", case)
        async with free:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                os.path.join(HERE, "leave.py"),
                *arguments,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            _, said = await child.communicate()
        return case, child.returncode, said.decode()

    left = await asyncio.gather(*(leave(n, case) for n, case in enumerate(cases * 3)))
    for case, code, said in left:
        assert code == 0, f"{case}: {code}\n{said}"
        assert "causerie:" not in said, said


async def costs():
    """Microseconds, of one run on this machine."""

    def each(started, count):
        return (time.perf_counter() - started) / count * 1e6

    started = time.perf_counter()
    for _ in range(10_000):
        ffi.trial_call()
    call = each(started, 10_000)
    started = time.perf_counter()
    for _ in range(2_000):
        await ffi.trial_future()
    future = each(started, 2_000)
    print(f"cost: a call {call:.1f} µs, a future {future:.0f} µs")
    for calls, items in ((2_000, 1), (200, 10), (20, 100)):
        started = time.perf_counter()
        await asyncio.to_thread(ffi.trial_flood, Deaf(), calls, items)
        push = each(started, calls * items)
        started = time.perf_counter()
        for _ in range(calls):
            await ffi.trial_batch(items)
        pull = each(started, calls * items)
        print(f"cost: {items} diffs a batch: by callback {push:.1f} µs, asked for {pull:.1f} µs a diff")


def define_listeners():
    """Classes that implement the generated ones, which exist only now."""
    global Tokens, Slow, States, Listener, Deaf, Sink

    class Slow(ffi.TokenProvider):
        def __init__(self):
            self.asked, self.cancelled = asyncio.Event(), asyncio.Event()

        async def token(self, question):
            self.asked.set()
            try:
                await asyncio.Event().wait()
            finally:
                self.cancelled.set()

    class States(ffi.ConnectionListener):
        def __init__(self):
            self.told = 0

        def on_status(self, status):
            self.told += 1

    class Tokens(ffi.TokenProvider):
        def __init__(self, server, failures=0, sign_in_needed=False):
            self.server, self.failures, self.sign_in_needed = server, failures, sign_in_needed
            self.asked, self.loops = 0, set()

        async def token(self, question):
            self.asked += 1
            self.loops.add(asyncio.get_running_loop())
            if self.asked <= self.failures:
                raise RuntimeError("the backend is away")
            if self.sign_in_needed:
                return answer(problem="the session is over", sign_in_needed=True)
            return answer(await asyncio.to_thread(self.server.token, question.user_id))

    class Listener(ffi.TimelineListener):
        def __init__(self, timeline):
            self.timeline, self.sizes, self.threads = timeline, [], set()
            self.first, self.second, self.third = threading.Event(), threading.Event(), threading.Event()
            self.release, self.seen_from_within = threading.Event(), 0

        def on_batch(self, batch):
            self.sizes.append(len(batch.diffs))
            self.threads.add(threading.get_ident())
            if len(self.sizes) == 1:
                self.first.set()
                self.release.wait(PATIENCE)
            elif len(self.sizes) == 2:
                self.seen_from_within = len(self.timeline.items())
                self.second.set()
                raise RuntimeError("thrown by a listener")
            else:
                self.third.set()

    class Sink(ffi.LogSink):
        """Holds the first call, throws in the second, and waits to hear what was lost."""

        def __init__(self):
            self.records, self.threads, self.calls = [], set(), 0
            self.first, self.release, self.lost = threading.Event(), threading.Event(), threading.Event()

        def log(self, records):
            self.calls += 1
            self.records.extend(records)
            self.threads.add(threading.get_ident())
            if self.calls == 1:
                self.first.set()
                self.release.wait(PATIENCE)
            if self.calls == 2:
                raise RuntimeError("thrown by a sink")
            said = [record.message for record in self.records]
            if all(any(why in line for line in said) for why in ("did not keep up", "the sink threw")):
                self.lost.set()

    class Deaf(ffi.TimelineListener):
        def on_batch(self, batch):
            pass


async def main(folder):
    ffi.uniffi_set_event_loop(asyncio.get_running_loop())
    passed, failed = 0, 0
    server = Server(os.path.join(folder, "server"))
    try:
        for number, run in enumerate(TESTS):
            world = World(server, os.path.join(folder, f"clients-{number}"))
            try:
                await run(world)
                await world.end()
                passed += 1
                print(f"test {run.__name__} ... ok", flush=True)
            except Exception:
                traceback.print_exc()
                failed += 1
                print(f"test {run.__name__} ... FAILED", flush=True)
        await costs()
    finally:
        server.end()
    verdict = "FAILED" if failed else "ok"
    print(f"test result: {verdict}. {passed} passed; {failed} failed; 0 ignored")
    return failed


folder = tempfile.mkdtemp(prefix="causerie-python-")
try:
    ffi, border = generate(folder)
    define_listeners()
    sys.exit(1 if asyncio.run(main(folder)) else 0)
finally:
    shutil.rmtree(folder, ignore_errors=True)
