// A small web shop to profile: `sonde demo` starts it, and anyone can attach to it. It has what people look for with a
// profiler: a hot function (rendering escapes and scores every product, far too often), a slow call (the inventory waits
// for a warehouse) and a leak (sessions are remembered for ever). It makes its own load.
import Glibc

private let usage = """
    usage: sonde-demo-server [SECONDS]
    Serves a demonstration shop on a free port of 127.0.0.1, with its own load, for SECONDS (default 900),
    or until its parent is gone.

    """

private let lifetime = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) : 900
guard let lifetime, lifetime > 0, CommandLine.arguments.count <= 2 else {
    writeAll(usage, to: STDERR_FILENO)
    exit(64)
}

// A client that hangs up must not end the server.
signal(SIGPIPE, SIG_IGN)
private let parent = getppid()

do {
    let listener = try Listener()
    let shop = Shop()
    for number in 1...3 {
        try startThread(named: "worker-\(number)") { serve(listener, with: shop) }
    }
    try startThread(named: "visitor") { visitPages(on: listener.port) }
    try startThread(named: "clerk") { askForStock(on: listener.port) }
    writeAll("listening on 127.0.0.1:\(listener.port) pid \(getpid())\n", to: STDOUT_FILENO)
} catch {
    writeAll("sonde-demo-server: \(error)\n", to: STDERR_FILENO)
    exit(1)
}

for _ in 0..<lifetime where getppid() == parent {
    sleep(1)
}
