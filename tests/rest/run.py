"""Has schemathesis ask the real server everything that its own description says can be asked.

    CAUSERIE_BIN=…/causerie python3 tests/rest/run.py

Every request carries a token. Two users, a conversation of theirs and a group are there before it
begins, and stand in the description as examples, which are asked first; what it makes itself it goes
on with, by the description's links. It fails if
schemathesis finds anything, or if fewer than nine in ten operations were ever answered with a 2xx,
by the record of all requests that it writes. Prints what Rust's test harness prints, so that
`cargo xtask test` can count. Needs schemathesis: cargo xtask setup python.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

PATIENCE = 30
# Seconds for all of schemathesis; more is a failure.
BUDGET = 150
# Examples of each operation beyond the systematic ones.
EXAMPLES = 60
# The share of operations that must have been answered with a 2xx.
ANSWERED = 0.9
HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMATHESIS = os.environ.get("CAUSERIE_SCHEMATHESIS", "schemathesis")


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
        self.http = line.split()[-1].replace("ws://", "http://").removesuffix("/ws")

    def token(self, user):
        return self.ask("POST", "/dev/token", None, {"user_id": user})["token"]

    def ask(self, method, path, token, body=None):
        headers = {"content-type": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.http + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def end(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)


def uuid7():
    """A UUIDv7, which Python has only from 3.14 on."""
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    number = number & ~(0xF << 76) | 0x7 << 76
    return str(uuid.UUID(int=number & ~(0x3 << 62) | 0x2 << 62))


def settle(server, alice):
    """Makes what is there before schemathesis comes; gives an example of each operation."""
    direct = {"temp_id": uuid7(), "kind": "direct", "members": ["bob"]}
    made = server.ask("POST", "/api/conversations", alice, direct)["conversation_id"]
    group = uuid7()
    body = {"temp_id": uuid7(), "conversation_id": group, "kind": "group", "members": ["bob"]}
    server.ask("POST", "/api/conversations", alice, body)
    said = []
    for conversation in [made, group]:
        for n in range(3):
            body = {"temp_id": uuid7(), "kind": "text", "content": f"message {n}"}
            sent = server.ask("POST", f"/api/conversations/{conversation}/messages", alice, body)
            said.append(sent["message_id"])
    name = lambda more: {"temp_id": uuid7(), **more}
    return {
        "listConversations": {},
        "createConversation": {"body": name({"kind": "direct", "members": ["carol"]})},
        "getConversation": {"id": group},
        "listMessages": {"id": group},
        "sendMessage": {"id": group, "body": name({"content": "an example"})},
        "editMessage": {"id": said[0], "body": name({"content": "edited"})},
        "deleteMessage": {"id": said[1], "temp_id": uuid7()},
        "listMembers": {"id": group},
        "addMembers": {"id": group, "body": name({"user_ids": ["carol"]})},
        "removeMembers": {"id": group, "temp_id": uuid7(), "user_id": ["carol"]},
        "listMessagesWithUser": {"user_id": "bob"},
        "listMessagesOfGroup": {"group_id": group},
        "listMessagesSince": {"token": server.ask("GET", "/api/sync", alice)["token"]},
        "markRead": {"body": {"message_ids": said}},
    }


def with_examples(server, examples):
    """The server's description, with what is there as examples."""
    api = server.ask("GET", "/openapi.json", None)
    for item in api["paths"].values():
        for operation in item.values():
            known = examples.get(operation["operationId"], {})
            for parameter in operation.get("parameters", []):
                if parameter["name"] in known:
                    parameter["example"] = known[parameter["name"]]
            if "body" in known:
                operation["requestBody"]["content"]["application/json"]["example"] = known["body"]
    return api


def run(server, token, api, folder):
    """Runs schemathesis; gives its exit code, or None if it took too long."""
    for name in ["schemathesis.toml", "names.py"]:
        shutil.copy(os.path.join(HERE, name), folder)
    described = os.path.join(folder, "openapi.json")
    with open(described, "w", encoding="utf-8") as file:
        json.dump(api, file)
    command = [
        *[SCHEMATHESIS, "run", described, "--url", server.http],
        *["--header", f"Authorization: Bearer {token}"],
        *["--phases", "examples,coverage,fuzzing,stateful", "--mode", "all"],
        *["--max-examples", str(EXAMPLES), "--seed", "5", "--generation-database", "none"],
        *["--continue-on-failure", "--no-color", "--warnings", "off"],
        *["--report", "har", "--report-har-path", os.path.join(folder, "requests.har")],
    ]
    try:
        environment = {**os.environ, "SCHEMATHESIS_HOOKS": "names", "PYTHONPATH": folder}
        return subprocess.run(command, cwd=folder, env=environment, timeout=BUDGET).returncode
    except subprocess.TimeoutExpired:
        return None


def operations(api):
    """Every operation, and the pattern of its path."""
    found = {}
    for path, item in api["paths"].items():
        pattern = re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path)))
        for method in item:
            # What has no parameter in its path comes first.
            found[method.upper(), path] = (path.count("{"), pattern)
    return dict(sorted(found.items(), key=lambda entry: entry[1][0]))


def answered(api, folder):
    """The operations that were answered with a 2xx, and the others."""
    known = operations(api)
    with open(os.path.join(folder, "requests.har"), encoding="utf-8") as har:
        entries = json.load(har)["log"]["entries"]
    good = set()
    for entry in entries:
        if not 200 <= entry["response"]["status"] < 300:
            continue
        path = urllib.parse.urlsplit(entry["request"]["url"]).path
        for (method, template), (_, pattern) in known.items():
            if method == entry["request"]["method"] and pattern.fullmatch(path):
                good.add((method, template))
                break
    return good, [operation for operation in known if operation not in good], len(entries)


def report(results):
    failed = [name for name, problem in results if problem]
    for name, problem in results:
        print(f"test {name} ... {'FAILED' if problem else 'ok'}")
        if problem:
            print(f"    {problem}")
    passed = len(results) - len(failed)
    print(f"test result: {'FAILED' if failed else 'ok'}. {passed} passed; {len(failed)} failed; 0 ignored")
    return 1 if failed else 0


def main():
    if shutil.which(SCHEMATHESIS) is None:
        print(f"cannot start schemathesis: {SCHEMATHESIS} is not on PATH")
        return 1
    with tempfile.TemporaryDirectory(prefix="causerie-rest-") as folder:
        server = Server(os.path.join(folder, "data"))
        try:
            alice = server.token("alice")
            api = with_examples(server, settle(server, alice))
            code = run(server, alice, api, folder)
            good, never, asked = answered(api, folder) if code is not None else (set(), [], 0)
        finally:
            server.end()
    total = len(good) + len(never)
    share = len(good) / total if total else 0
    print(f"{asked} requests; {len(good)} of {total} operations were answered with a 2xx")
    for method, path in never:
        print(f"    never: {method} {path}")
    slow = f"it took more than {BUDGET} s" if code is None else None
    wrong = f"schemathesis ended with {code}" if code else None
    few = f"{share:.0%} of operations" if share < ANSWERED else None
    return report(
        [
            ("the_server_answers_as_it_describes_itself", slow or wrong),
            ("nine_in_ten_operations_are_reached", few),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
