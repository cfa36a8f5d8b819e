"""Threads that compute, allocate, call C and wait."""

import hashlib
import json
import re
import sqlite3
import threading
import time
import zlib


def text(round):
    value = {str(n): [n, round, str(n * round)] for n in range(200)}
    back = json.loads(json.dumps(value))
    return sorted(back.items(), key=lambda item: item[1][2])


def search(words):
    joined = " ".join(item[1][2] for item in words)
    return re.sub(r"(\d)(\d+)", lambda match: match[2] + match[1], joined).encode()


def store(database, data):
    database.execute("insert into t values (?, ?)", (hashlib.sha256(data).hexdigest(), len(zlib.compress(data))))
    if database.execute("select count(*), max(b) from t").fetchone()[0] > 500:
        database.execute("delete from t")


def work():
    database = sqlite3.connect(":memory:")
    database.execute("create table t (a text, b int)")
    for round in range(10**9):
        store(database, search(text(round)))
        if round % 10 == 0:
            time.sleep(0.001)


threading.Thread(target=work, daemon=True).start()
work()
