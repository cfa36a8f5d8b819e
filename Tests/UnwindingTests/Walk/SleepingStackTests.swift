import Foundation
import ProcFS
import ProfileModel
import TestSupport
import Testing

/// Stacks of sleeping threads, which are followed from two registers.
@Suite(.serialized) struct SleepingStackTests {
    struct Sleeper: Sendable, CustomTestStringConvertible {
        let command: [String]
        /// Remains of earlier calls leave it open at times which frame is the true one, where its size is not known.
        var openShare: Double { command.contains("dynamic") ? 0.05 : 0.01 }
        var testDescription: String { command.joined(separator: " ") }
    }

    private static let compilers = [
        "gcc_O0", "gcc_O0_fp", "gcc_O2", "gcc_O2_fp", "clang_O0", "clang_O0_fp", "clang_O2", "clang_O2_fp",
    ]
    private static let sleepers =
        ["plain", "realigned", "dynamic"].flatMap { form in
            compilers.map { Sleeper(command: ["asleep_\($0)", form]) }
        } + ["swift_asleep", "swift_asleep_Onone", "go_asleep"].map { Sleeper(command: [$0]) }

    /// Every sleeping stack followed to its root is the one that all registers give; those that are not say so.
    @Test(arguments: sleepers) func `Two registers give the stack that all registers give`(sleeper: Sleeper) throws {
        let path = Locations.testPrograms.appending(path: sleeper.command[0]).path
        let program = try TestProgram(at: path, arguments: Array(sleeper.command.dropFirst()))
        let comparison = SleepComparison(of: [program.pid], count: 400)
        #expect(comparison.wrong == [])
        #expect(comparison.compared == 400)
        let open = comparison.compared - comparison.complete
        #expect(isRare(open, of: comparison.compared, share: sleeper.openShare), "\(comparison)")
    }

    private func expectWhole(_ processes: [Int32]) {
        let comparison = SleepComparison(of: processes, count: 200)
        #expect(comparison.wrong == [])
        #expect(comparison.compared == 200)
        #expect(isRare(comparison.compared - comparison.complete, of: comparison.compared), "\(comparison)")
    }

    @Test func `Redis asleep is followed to its root`() throws {
        let server = try Server.redis()
        expectWhole([server.pid])
    }

    @Test func `nginx asleep is followed to its root`() throws {
        let server = try Server.nginx()
        let workers = try ProcFS().children(of: ProcessID(rawValue: server.pid))
        expectWhole([server.pid] + workers.map(\.rawValue))
    }

    @Test func `PostgreSQL asleep is followed to its root`() throws {
        let server = try Server.postgres()
        let load = try server.startPostgresLoad()
        let backends = try ProcFS().children(of: ProcessID(rawValue: server.pid))
        expectWhole([server.pid] + backends.map(\.rawValue))
        load.kill()
    }

    @Test func `CPython asleep is followed to its root`() throws {
        let server = try Server.python(
            """
            import select, socket, sys, threading, time
            listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
            lock = threading.Lock()
            def wait_for_lock():
                if lock.acquire(timeout=0.02): time.sleep(0.03); lock.release()
            ways = [lambda: time.sleep(0.02), lambda: select.select([], [], [], 0.02), wait_for_lock, wait_for_lock,
                    lambda: select.poll().poll(20)]
            def descend(way, depth):
                if depth == 0: return way()
                if depth % 3: return descend(way, depth - 1)
                return sorted([depth], key=lambda value: descend(way, value - 1))
            def loop(way):
                turn = 0
                while True:
                    turn += 1
                    descend(way, turn % 12)
            for way in ways: threading.Thread(target=loop, args=[way], daemon=True).start()
            listener.accept()[0].close()
            while True: time.sleep(0.02)
            """)
        expectWhole([server.pid])
    }
}
