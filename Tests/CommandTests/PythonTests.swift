import Foundation
import TestSupport
import Testing

/// Python functions in the place of interpreter loops, of the interpreters that are installed here.
@Suite(.enabled(if: !PythonInstallation.all.isEmpty, "there is no CPython")) struct PythonTests {
    /// One of each way in which versions keep their frames.
    static let oneOfEachKind: [PythonInstallation] = [6...10, 11...11, 12...12, 13...99].compactMap { minors in
        PythonInstallation.all.last { minors.contains($0.minor) && !$0.isFreeThreaded }
    }

    /// `sonde dump --json`, as far as it is needed here.
    private struct Thread: Decodable {
        struct Frame: Decodable {
            struct Source: Decodable {
                let file: String
                let line: Int
            }

            let name: String
            let kind: String
            let source: Source?
        }

        let name: String
        let gil: String?
        let ending: String
        let frames: [Frame]

        /// Innermost first.
        var python: [Frame] { frames.filter { $0.kind == "python" } }
        /// The functions without what they are declared in, which older versions don't know.
        var functions: [String] { python.map { unqualified($0.name) } }
    }

    private static func threads(of program: PythonProgram, _ options: String...) throws -> [Thread] {
        struct Dump: Decodable { let threads: [Thread] }
        let result = try sonde(["dump", "--json", "-p", "\(program.pid)"] + options)
        return try #require(try JSONDecoder().decode([Dump].self, from: result.standardOutput).first).threads
    }

    // MARK: - Dump

    private static let sleeper = """
        import threading, time
        class Shop:
            def close(self):
                time.sleep(100000)
        def run(shop):
            list(map(lambda each: each.close(), [shop]))
        threading.Thread(target=run, args=(Shop(),), name="shop keeper", daemon=True).start()
        print("ready", flush=True)
        while True:
            sum(range(10000))

        """

    @Test(arguments: PythonInstallation.all)
    func `A dump shows functions with lines, the names of threads and who holds the lock`(
        python: PythonInstallation
    ) throws {
        let program = try PythonProgram(python, Self.sleeper)
        var keeper: Thread?
        let isAsleep = try eventually {
            keeper = try Self.threads(of: program).first { $0.name == "shop keeper" }
            return keeper?.functions.first == "close"
        }
        try #require(isAsleep)
        let thread = try #require(keeper)
        #expect(thread.functions == ["close", "<lambda>", "run", "run", "_bootstrap_inner", "_bootstrap"])
        #expect(thread.python.prefix(3).map { $0.source?.line } == [4, 6, 6])
        #expect(thread.python.prefix(3).allSatisfy { $0.source?.file == program.path })
        #expect(thread.python.dropFirst(3).allSatisfy { $0.source?.file.hasSuffix("/threading.py") == true })
        let hasQualifiedNames = python.minor >= 11
        #expect(thread.python.first?.name == (hasQualifiedNames ? "Shop.close" : "close"))
        let main = try #require(try Self.threads(of: program).first { $0.name == "MainThread" })
        #expect(main.functions == ["<module>"])
        // 3.6 has its lock in variables that only some files name.
        if python.minor > 6, !python.isFreeThreaded { #expect(main.gil == "holds" && thread.gil == "released") }
        for each in [main, thread] {
            #expect(each.ending == "root" && !each.frames.contains { $0.name.hasPrefix("_PyEval_EvalFrameDefault") })
            // There is native code inside and outside of the interpreter.
            #expect(each.frames.last?.kind != "python")
        }
    }

    private static let restless = """
        import time
        def turn(depth):
            return max([depth, 1], key=lambda each: turn(depth - 1) if depth else each)
        print("ready", flush=True)
        while True:
            turn(8)
            time.sleep(0.0005)
        """

    /// It is in another function by the time the worker reads where its frames are.
    @Test(arguments: PythonInstallation.all)
    func `A dump has the functions of a thread that is never at one place for long`(
        python: PythonInstallation
    ) throws {
        let program = try PythonProgram(python, Self.restless)
        for _ in 0..<15 { #expect(try Self.threads(of: program).first?.functions.last == "<module>") }
    }

    @Test(arguments: oneOfEachKind.prefix(1) + oneOfEachKind.dropFirst().suffix(1))
    func `Native functions alone or Python's alone can be shown`(python: PythonInstallation) throws {
        let program = try PythonProgram(python, Self.sleeper)
        let native = try Self.threads(of: program, "--native-only")
        #expect(native.count == 2 && native.allSatisfy { $0.python.isEmpty })
        #expect(native.contains { $0.frames.contains { $0.name.hasPrefix("_PyEval_EvalFrameDefault") } })
        let python = try Self.threads(of: program, "--python-only")
        #expect(python.count == 2 && python.allSatisfy { $0.frames.count == $0.python.count && !$0.frames.isEmpty })
    }

    @Test(arguments: oneOfEachKind)
    func `Doctor names the version`(python: PythonInstallation) throws {
        let program = try PythonProgram(python, Self.sleeper)
        let version = try run([python.path, "-c", "import platform; print(platform.python_version())"]).output
        let result = try sonde("doctor", "-p", "\(program.pid)")
        #expect(result.output.contains("Python \(version.trimmingCharacters(in: .whitespacesAndNewlines)) ("))
        #expect(result.output.contains("frames are read"))
    }

    // MARK: - Record

    @Test(arguments: oneOfEachKind, ["ptrace", "perf"])
    func `Nearly all samples show which functions ran, and only stacks that can be`(
        python: PythonInstallation, sampler: String
    ) throws {
        guard sampler == "ptrace" || Privileges.isRoot else { return }
        let program = try PythonProgram(python, CallTree.script + CallTree.busy)
        let recording = try MeasuredRecording(
            "-p", "\(program.pid)", "-d", "2.5", "-r", "500", "--sampler", sampler)
        let figures = recording.figures
        #expect(figures.samplesInterpreted * 10 > figures.samples * 9)
        expectFewUnknown(figures)
        expectPossible(recording.stacks)
        #expect(recording.weight { $0.passes(["_start"]) || $0.passes(["clone3"]) } * 10 > figures.samples * 9)
    }

    /// The first samples come before it is known what to copy: how many depends on what else the machine does.
    private func expectFewUnknown(
        _ figures: MeasuredRecording.Figures, at location: SourceLocation = #_sourceLocation
    ) {
        let (unknown, samples) = (figures.interpretedUnknown, figures.samplesInterpreted)
        let others = unknown.filter { $0.key != "not_copied" }.values.reduce(0, +)
        #expect(others <= 3 + samples / 100, "\(unknown)", sourceLocation: location)
        #expect(unknown["not_copied", default: 0] * 5 <= samples, "\(unknown)", sourceLocation: location)
    }

    /// - Parameter seen: functions that are in any recording of the program.
    private func expectPossible(
        _ stacks: [FoldedRecording.Stack], seen: Set<String> = ["once", "__iter__", "down"],
        at location: SourceLocation = #_sourceLocation
    ) {
        let chains = stacks.compactMap(CallTree.chain)
        #expect(!chains.isEmpty, sourceLocation: location)
        let impossible = chains.filter { !CallTree.isPossible($0) }
        #expect(impossible == [], sourceLocation: location)
        // So that it is no matter of luck what was seen.
        let functions = Set(chains.joined())
        #expect(functions.isSuperset(of: seen), sourceLocation: location)
    }

    @Test(arguments: oneOfEachKind)
    func `An interpreter that starts, forks and ends during a recording is followed`(
        python: PythonInstallation
    ) throws {
        let workshop = try Workshop()
        try workshop.write(CallTree.script + CallTree.forking, to: "shop.py")
        let recording = try MeasuredRecording([
            "-s", "-r", "500", "--", python.path, "\(workshop.directory)/shop.py",
        ])
        let own = recording.stacks.filter { $0.frames.contains { $0.hasSuffix("/shop.py)") } }
        // A program that ends soon has few samples on a busy machine.
        expectPossible(own, seen: ["once"])
        // The child's stacks begin where it was forked, in the main thread.
        #expect(own.contains { $0.passes(["<module> (\(workshop.directory)/shop.py)"]) })
    }

    @Test(arguments: PythonInstallation.all.filter { $0.minor >= 12 }.suffix(1))
    func `The trampolines of -X perf don't confuse the frames`(python: PythonInstallation) throws {
        let program = try PythonProgram(python, CallTree.script + CallTree.busy, options: ["-X", "perf"])
        defer { program.removePerfMap() }
        let recording = try MeasuredRecording("-p", "\(program.pid)", "-d", "1.5", "-r", "500")
        let figures = recording.figures
        expectFewUnknown(figures)
        expectPossible(recording.stacks)
    }

    @Test(arguments: oneOfEachKind.suffix(2))
    func `With --gil only what the lock's holders do is recorded`(python: PythonInstallation) throws {
        let program = try PythonProgram(python, Self.sleeper)
        let all = try MeasuredRecording("-p", "\(program.pid)", "-d", "1", "-r", "200", "--mode", "wall")
        #expect(all.weight { $0.frames.contains { $0.hasPrefix("Shop.close (") } } > 0)
        #expect(all.figures.gil["holds", default: 0] > 0 && all.figures.gil["released", default: 0] > 0)
        let holders = try MeasuredRecording(
            "-p", "\(program.pid)", "-d", "1", "-r", "200", "--mode", "wall", "--gil")
        #expect(holders.weight { $0.frames.contains { $0.hasPrefix("Shop.close (") } } == 0)
        #expect(holders.weight { $0.frames.contains("<module> (\(program.path))") } > 0)
    }

    /// Deeper than is copied of an interpreter, or up to 3.10 of a stack, at once.
    @Test(arguments: oneOfEachKind, ["ptrace", "perf"])
    func `Of recursion that is too deep the inner part is shown, and what is missing`(
        python: PythonInstallation, sampler: String
    ) throws {
        guard sampler == "ptrace" || Privileges.isRoot else { return }
        let script = """
            import sys
            sys.setrecursionlimit(10000)
            def down(count):
                if count: return down(count - 1)
                print("ready", flush=True)
                while True: sum(range(10000))
            down(3000)

            """
        let program = try PythonProgram(python, script)
        let recording = try MeasuredRecording(
            "-p", "\(program.pid)", "-d", "1.5", "-r", "100", "--sampler", sampler)
        let down = "down (\(program.path))"
        let shown = recording.stacks.filter { $0.frames.count { $0 == down } >= 50 }
        let isNative = { (frame: String) in frame.hasPrefix("_PyEval_EvalFrameDefault") }
        #expect(shown.reduce(0) { $0 + $1.count } * 2 > recording.folded.samples)
        #expect(shown.allSatisfy { !$0.frames.contains("<module> (\(program.path))") })
        if python.minor > 10 {
            let mark = "[truncated: too_deep]"
            #expect(shown.allSatisfy { $0.passes(["_start", mark, down]) && !$0.passes([down, mark]) })
            #expect(recording.figures.interpretedUnknown["too_deep", default: 0] > 0)
        } else {
            #expect(shown.allSatisfy { $0.isTruncated && !$0.frames.contains(where: isNative) })
        }
    }

    // MARK: - Truth

    @Test(arguments: oneOfEachKind.prefix(1) + oneOfEachKind.dropFirst().suffix(1))
    func `The functions and tasks are those that Python shows at the same stop`(python: PythonInstallation) throws {
        let tool = Locations.checkout.appending(path: "tools/python-truth").path
        let result = try run(["/usr/bin/python3", tool, Locations.sonde.path, "12", python.path], within: 240)
        let counts = result.output.matches(of: /: 12 stops, [0-9]+ equal, [01] incomplete, 0 wrong/)
        // faulthandler, sys._current_frames, and asyncio from 3.7 on.
        #expect(counts.count == (python.minor >= 7 ? 3 : 2), "\(result.output)\(result.errors)")
        #expect(result.output.contains(/faulthandler: 12 stops, [0-9]{2,} equal/))
    }
}

/// A script that has printed "ready".
private struct PythonProgram {
    private let program: TestProgram
    private let workshop: Workshop
    let path: String
    var pid: Int32 { program.pid }

    init(_ python: PythonInstallation, _ script: String, options: [String] = []) throws {
        workshop = try Workshop()
        try workshop.write(script, to: "shop.py")
        path = "\(workshop.directory)/shop.py"
        program = try TestProgram(at: python.path, arguments: options + [path])
    }

    func removePerfMap() { try? FileManager.default.removeItem(atPath: "/tmp/perf-\(pid).map") }
}

/// Without the classes and functions that it is declared in.
private func unqualified(_ name: String) -> String { name.split(separator: ".").last.map(String.init) ?? name }

/// A program of which it is known who calls whom.
private enum CallTree {
    static let script = """
        import functools, os, sys, threading
        class Node:
            def __init__(self, depth):
                self.children = [Node(depth - 1) for _ in range(2)] if depth else []
            def __iter__(self):
                yield self
                for child in self.children:
                    yield from child
            @property
            def weight(self):
                return 1 + sum(child.weight for child in self.children)
        def down(count):
            if count == 0:
                raise ValueError
            try:
                return down(count - 1)
            except ValueError:
                return count
        def numbers():
            for number in range(300):
                yield number
        def compare(left, right):
            return left - right
        def key(number):
            return -number
        def once():
            tree = Node(6)
            for _ in range(3):
                for node in tree:
                    pass
            tree.weight
            for _ in range(5):
                down(40)
            sorted(numbers(), key=key)
            sorted(range(50), key=functools.cmp_to_key(compare))

        """

    /// Two threads that never end.
    static let busy = """
        def spin():
            while True:
                once()
        threading.Thread(target=spin, daemon=True).start()
        print("ready", flush=True)
        spin()

        """

    /// Two processes that end.
    static let forking = """
        def spin():
            for _ in range(2000):
                once()
        child = os.fork()
        spin()
        if child:
            os.waitpid(child, 0)
        sys.exit(0)

        """

    /// By whom each function is called; nobody calls the outermost one, and an import runs another module.
    private static let callers: [String: Set<String?>] = [
        "<module>": [nil, "<module>"], "_bootstrap": [nil], "_bootstrap_inner": ["_bootstrap"],
        "run": ["_bootstrap_inner"],
        "spin": ["run", "<module>"], "once": ["spin"], "__init__": ["once", "__init__", "<listcomp>"],
        "<listcomp>": ["__init__"], "__iter__": ["once", "__iter__"], "weight": ["once", "<genexpr>"],
        "<genexpr>": ["weight"], "down": ["once", "down"], "numbers": ["once"], "compare": ["once"], "key": ["once"],
    ]

    /// The Python functions of a stack, outermost first; `nil` where there are none, and where a loop around them is unknown.
    static func chain(of stack: FoldedRecording.Stack) -> [String]? {
        let isPython = { (frame: String) in frame.hasSuffix("/shop.py)") || frame.hasSuffix("/threading.py)") }
        guard !stack.isTruncated, let last = stack.frames.lastIndex(where: isPython),
            !stack.frames[..<last].contains(where: { $0.hasPrefix("_PyEval_EvalFrameDefault") })
        else { return nil }
        return stack.frames.filter(isPython).map { frame in
            unqualified(String(frame.prefix { $0 != " " }))
        }
    }

    static func isPossible(_ chain: [String]) -> Bool {
        let areCalls = zip([nil] + chain.map(Optional.some), chain).allSatisfy { caller, function in
            callers[function]?.contains(caller) == true
        }
        let areBounded = [("down", 41), ("__init__", 7), ("__iter__", 7), ("weight", 7)].allSatisfy { name, most in
            chain.count { $0 == name } <= most
        }
        return areCalls && areBounded
    }
}
