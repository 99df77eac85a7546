"""Gives every sound write of schemathesis a name of its own.

The server answers a repeat with the first result, whatever else is wrong with it (docs/protocol.md
§4), so a name that comes twice would hide what is to be looked for. The server's own tests look at
repeats.
"""

import os
import re
import time
import uuid

import schemathesis

SOUND = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def uuid7():
    """A UUIDv7, which Python has only from 3.14 on."""
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    number = number & ~(0xF << 76) | 0x7 << 76
    return str(uuid.UUID(int=number & ~(0x3 << 62) | 0x2 << 62))


@schemathesis.hook
def before_call(context, case, kwargs):
    for fields in (case.body, case.query):
        if not isinstance(fields, dict):
            continue
        name = fields.get("temp_id")
        if isinstance(name, str) and SOUND.fullmatch(name):
            fields["temp_id"] = uuid7()
