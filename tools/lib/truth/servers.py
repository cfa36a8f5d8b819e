"""Servers with something that keeps them busy."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import places
from commands import Failed
from targets import Redis, Target, free_port

LOAD = places.root / "tools" / "truth-programs" / "load.py"


def _postgres_programs():
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/usr/lib/postgresql"))


POSTGRES_VERSION = (str(_postgres_programs() / "postgres"), "--version")


class Server:
    """A server and its load, which end with it; `pid` is the process that is stopped."""

    def __enter__(self):
        self._stack = contextlib.ExitStack()
        try:
            self.pid = self._start(self._stack)
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_):
        self._stack.close()


class _LoadedRedis(Server):
    def _start(self, stack):
        redis = stack.enter_context(Redis())
        stack.enter_context(_quiet(
            "redis-benchmark", "-p", redis.port, "-c", 20, "-r", 10000, "-n", 2000, "-l", "-q", "-t",
            "get,set,lpush,lrange_100,zadd,hset,spop,mset"))
        return redis.pid


redis = _LoadedRedis


class Postgres(Server):
    def _start(self, stack):
        directory, owner = _directory(stack), pwd.getpwnam("postgres")
        shutil.chown(directory, owner.pw_uid, owner.pw_gid)
        programs = _postgres_programs()
        as_owner = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": [], "cwd": "/"}
        data = directory / "data"
        _finish([programs / "initdb", "-D", data, "--auth", "trust", "--no-sync"], **as_owner)
        server = stack.enter_context(_quiet(
            programs / "postgres", "-D", data, "-k", directory, "-c", "listen_addresses=", "-c", "fsync=off",
            **as_owner))
        for _ in range(100):
            with contextlib.suppress(Failed):
                _finish([programs / "pgbench", "-h", directory, "-i", "-q", "postgres"], **as_owner)
                break
            time.sleep(0.1)
        stack.enter_context(_quiet(programs / "pgbench", "-h", directory, "-T", 3600, "-c", 1, "postgres", **as_owner))
        return _awaited(lambda: _backend(server.pid))


def _backend(server):
    """The server process that has a client."""
    for child in Path(f"/proc/{server}/task/{server}/children").read_text().split():
        with contextlib.suppress(FileNotFoundError):
            if b"[local]" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
    return None


class Nginx(Server):
    def _start(self, stack):
        server, port = _nginx(stack)
        stack.enter_context(_wrk(port))
        return server


class Haproxy(Server):
    def _start(self, stack):
        _, back = _nginx(stack)
        directory, port = _directory(stack), free_port()
        file = directory / "haproxy.cfg"
        file.write_text(
            "global\n  nbthread 2\ndefaults\n  mode http\n  timeout client 10s\n  timeout server 10s\n"
            "  timeout connect 5s\n"
            f"listen all\n  bind 127.0.0.1:{port}\n  http-request set-header X-Path %[path,upper]\n"
            f"  http-response set-header X-Sum %[rand(100),add(1)]\n  server one 127.0.0.1:{back}\n")
        server = stack.enter_context(_quiet("haproxy", "-db", "-f", file))
        stack.enter_context(_wrk(port))
        return server.pid


def _nginx(stack):
    directory, port = _directory(stack), free_port()
    # The worker's user reads it too.
    directory.chmod(0o755)
    (directory / "page.html").write_text("a line of text\n" * 500)
    file = directory / "nginx.conf"
    file.write_text(
        f"daemon off; master_process off; pid {directory}/pid; error_log /dev/null; events {{ }}\n"
        f"http {{ access_log {directory}/log; gzip on; gzip_types *; gzip_min_length 1; root {directory};\n"
        + "".join(f"{kind}_temp_path {directory};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        + f"server {{ listen 127.0.0.1:{port}; location ~ ^/(.*)x {{ rewrite ^/(.*)x /$1 last; }} }} }}\n")
    return stack.enter_context(_quiet("nginx", "-p", directory, "-c", file)).pid, port


def _wrk(port):
    _await_port(port)
    return _quiet(
        "wrk", "-t", 1, "-c", 8, "-d", "3600s", "-H", "Accept-Encoding: gzip", f"http://127.0.0.1:{port}/page.htmlx")


class Memcached(Server):
    def _start(self, stack):
        port = free_port()
        server = stack.enter_context(_quiet(
            "memcached", "-u", "nobody", "-l", "127.0.0.1", "-p", port, "-U", 0, "-t", 4, "-m", 8))
        _await_port(port)
        for _ in range(3):
            stack.enter_context(_quiet(places.python, LOAD, port))
        return server.pid


def _quiet(*command, **options):
    return Target(command, says_ready=False, **options)


def _directory(stack):
    return Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))


def _finish(command, **options):
    outcome = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False,
        env={**os.environ, "LC_ALL": "C"}, **options)
    if outcome.returncode != 0:
        raise Failed(outcome.stderr.decode(errors="replace").strip().splitlines()[-1:] or [command[0]])


def _await_port(port):
    def connected():
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
        return None
    _awaited(connected)


def _awaited(found, seconds=20):
    deadline = time.monotonic() + seconds
    while (value := found()) is None:
        if time.monotonic() > deadline:
            raise Failed("its process did not appear")
        time.sleep(0.05)
    return value
