"""Does a little of everything, then copies the spool that it is recorded into, without its header.

    truename run --events lines --values full --filter fuzz/spool.toml fuzz/spool.py COPY
"""

import os
import sys
import threading

HEADER = 64


def add(one, two=2, *rest, key="k", **more):
    total = one + two
    return total


def count(limit):
    try:
        for number in range(limit):
            yield number
    finally:
        add(1.5, 2)


def fail():
    raise ValueError("no")


class Values:
    def __init__(self):
        self.all = [1, {"a": (2, 3.5, None, True, b"x", "\u00e9", 1 << 80)}]


add(1, key=Values().all)
counting = count(3)
next(counting)
try:
    counting.throw(KeyError("k"))
except KeyError:
    pass
try:
    fail()
except ValueError:
    pass
exec("x = 1", {})
thread = threading.Thread(target=add, args=(1, 3))
thread.start()
thread.join()

folder = os.environ["TRUENAME_SPOOL"]
(spool,) = (name for name in os.listdir(folder) if name.endswith(".spool"))
with open(os.path.join(folder, spool), "rb") as file:
    content = file.read()[HEADER:].rstrip(b"\0")
with open(sys.argv[1], "wb") as file:
    file.write(content)
