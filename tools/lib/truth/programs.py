"""The programs that are stopped. Each is started anew when it ends."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import places
import servers
from commands import Failed, run
from targets import Target

SOURCES = places.root / "tools" / "truth-programs"
BUILT = places.root / ".build" / "stack-truth"


@dataclass(frozen=True)
class Program:
    about: str
    start: Callable
    version_of: tuple = ()
    """The command that says the version."""
    warm_up: float = 1
    """Seconds until it does what it is to be seen at."""

    def version(self):
        if not self.version_of:
            return ""
        try:
            outcome = run([*self.version_of])
        except Failed as failure:
            raise Failed(f"{self.version_of[0]}: {failure}") from None
        found = re.search(r"\d+\.\d[\w.]*", outcome.output or outcome.errors)
        return found[0] if found else ""


def quiet(*command, **options):
    """A program that says nothing, or nothing that matters."""
    return lambda: Target(command, says_ready=False, cwd="/", **options)


def source(name):
    return SOURCES / name


def built(name, about):
    """A program of tools/truth-programs."""
    def start():
        if not (BUILT / name).exists():
            raise Failed("was not built: its compiler is missing")
        return quiet(BUILT / name)()
    return Program(about, start)


def compiler(language, about, command, version_of):
    """A compiler that is busy with one large file."""
    def start():
        file = BUILT / f"large.{language}"
        if not file.exists():
            with open(file, "w", encoding="utf-8") as output:
                subprocess.run([places.python, SOURCES / "large.py", language], stdout=output, check=True)
        return quiet(*command(file), env={**os.environ, "TMPDIR": str(BUILT)})()
    return Program(about, start, version_of, warm_up=3)


def said(*command):
    return run(command).output.strip()


def cc1(file):
    return [said("gcc", "-print-prog-name=cc1"), "-quiet", "-O2", file, "-o", "/dev/null"]


def go_compiler(file):
    return [Path(said("go", "env", "GOTOOLDIR")) / "compile", "-p", "main", "-o", "/dev/null", file]


def rust_compiler(file):
    # What stands on the PATH may be rustup, which starts the compiler.
    rustc = Path(said("rustc", "--print", "sysroot")) / "bin" / "rustc"
    return [rustc, "--crate-type", "rlib", "-O", "-C", "codegen-units=2", "--out-dir", BUILT, file]


def swift_compiler(file):
    swiftc = os.environ.get("SWIFTC", "swiftc")
    frontend = Path(os.path.realpath(shutil.which(swiftc) or swiftc)).with_name("swift-frontend")
    return [frontend, "-frontend", "-c", "-O", "-parse-as-library", "-module-name", "large", file, "-o", "/dev/null"]


def java(*options):
    return quiet("java", *options, "-Xmx256m", "-cp", BUILT, "Work")


def numpy():
    python = BUILT / "venv" / "bin" / "python"
    if not python.exists():
        raise Failed("could not be installed")
    return quiet(python, source("work_numpy.py"))()


def openssl():
    return quiet("openssl", "speed", "-seconds", "1")()


def ffmpeg():
    return quiet(
        "ffmpeg", "-nostdin", "-loglevel", "quiet", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30", "-f", "lavfi",
        "-i", "sine=frequency=440", "-vf", "scale=480x270,unsharp", "-c:v", "libx264", "-preset", "fast", "-c:a", "aac",
        "-f", "null", "-")()


def sqlite():
    return quiet("sqlite3", ":memory:", source("work.sql").read_text(encoding="utf-8"))()


PROGRAMS = {
    "redis": Program("redis-server under redis-benchmark", servers.redis, ("redis-server", "--version")),
    "postgres": Program("a backend of PostgreSQL under pgbench", servers.Postgres, servers.POSTGRES_VERSION, 2),
    "nginx": Program("nginx under wrk", servers.Nginx, ("nginx", "-v")),
    "memcached": Program("memcached with four threads under load", servers.Memcached, ("memcached", "--version")),
    "haproxy": Program("HAProxy between wrk and nginx", servers.Haproxy, ("haproxy", "-v")),
    "python": Program("CPython of Debian with threads", quiet("/usr/bin/python3", source("work.py")),
                      ("/usr/bin/python3", "--version")),
    "numpy": Program("NumPy of PyPI with OpenBLAS", numpy, warm_up=3),
    "perl": Program("Perl", quiet("perl", source("work.pl")), ("perl", "-v")),
    "ruby": Program("Ruby", quiet("ruby", source("work.rb")), ("ruby", "--version")),
    "php": Program("PHP", quiet("php", source("work.php")), ("php", "--version")),
    "lua": Program("Lua with coroutines", quiet("lua5.4", source("work.lua")), ("lua5.4", "-v")),
    "bash": Program("bash", quiet("bash", source("work.sh")), ("bash", "--version")),
    "dash": Program("dash", quiet("dash", source("work.sh"))),
    "zsh": Program("zsh", quiet("zsh", "-y", source("work.sh")), ("zsh", "--version")),
    "busybox": Program("busybox sh, static", quiet("/bin/busybox", "sh", source("work.sh")), ("/bin/busybox",)),
    "musl": built("static", "a static program of musl with threads and signals"),
    "cc1": compiler("c", "GCC's compiler of C", cc1, ("gcc", "--version")),
    "go-compile": compiler("go", "Go's compiler", go_compiler, ("go", "version")),
    "rustc": compiler("rs", "Rust's compiler, with LLVM", rust_compiler, ("rustc", "--version")),
    "swift-frontend": compiler("swift", "Swift's compiler, with LLVM", swift_compiler, ()),
    "go": built("work-go", "a Go program that calls C, too"),
    "rust": built("work-rust", "a Rust program with threads"),
    "swift": built("work-swift", "a Swift program with tasks"),
    "ghc": built("work-ghc", "a Haskell program of GHC"),
    "java": Program("HotSpot", java("-XX:-PreserveFramePointer"), ("java", "--version"), 4),
    "java-fp": Program("HotSpot with frame pointers", java("-XX:+PreserveFramePointer"), ("java", "--version"), 4),
    "node": Program("Node.js", quiet("node", source("work.js")), ("node", "--version"), 3),
    "erlang": Program("Erlang's BEAM with its JIT", quiet(
        "erl", "-noinput", "-pa", BUILT, "-s", "work", "start", env={**os.environ, "HOME": "/tmp"}), warm_up=3),
    "gmp": built("numbers", "arithmetic of libgmp"),
    "openssl": Program("openssl speed", openssl, ("openssl", "version")),
    "ffmpeg": Program("FFmpeg with x264 and AAC", ffmpeg, ("ffmpeg", "-version"), 3),
    "sqlite": Program("sqlite3", sqlite, ("sqlite3", "--version")),
}
