import Foundation
import TestSupport
import Testing

/// `sonde dump --locals`: what it shows is what the program itself says of its variables.
@Suite(.enabled(if: !PythonInstallation.all.isEmpty, "there is no CPython")) struct LocalsTests {
    /// One of each way in which versions keep their frames.
    private static let oneOfEachKind: [PythonInstallation] = [6...10, 11...11, 12...12, 13...99].compactMap { minors in
        PythonInstallation.all.last { minors.contains($0.minor) && !$0.isFreeThreaded }
    }

    /// `sonde dump --json`, as far as it is needed here.
    private struct Thread: Decodable {
        struct Frame: Decodable {
            let name: String
            let kind: String
            let locals: [Local]?
            let localsReason: String?

            var function: String { name.split(separator: ".").last.map(String.init) ?? name }
            var values: [String: String] {
                Dictionary((locals ?? []).map { ($0.name, $0.value) }) { first, _ in first }
            }
        }

        struct Local: Decodable {
            let name: String
            let kind: String
            let type: String?
            let value: String
            let mayHaveChanged: Bool
        }

        let name: String
        let state: String
        let stopped: Bool
        let frames: [Frame]

        var python: [Frame] { frames.filter { $0.kind == "python" } }
    }

    private static func threads(of program: TestProgram, _ options: String...) throws -> [Thread] {
        struct Dump: Decodable { let threads: [Thread] }
        let result = try sonde(["dump", "--json", "--locals", "-p", "\(program.pid)"] + options)
        #expect(try JSONSchema.faults(in: result.standardOutput, document: "dump") == "")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try #require(try decoder.decode([Dump].self, from: result.standardOutput).first).threads
    }

    private static func start(_ python: PythonInstallation, _ script: String, _ arguments: String...) throws
        -> TestProgram
    {
        try TestProgram(at: python.path, arguments: ["-c", script] + arguments)
    }

    // MARK: - What the program says

    private static let truthful = """
        import json, sys, time
        class Order:
            pass
        def facts(frame):
            while frame:
                if frame.f_code.co_name != "<module>":
                    shown = {name: repr(value) if type(value) in simple else None for name, value in frame.f_locals.items()}
                    yield [frame.f_code.co_name, shown]
                frame = frame.f_back
        simple = type(None), bool, int, float, str, bytes, list, tuple, dict, set
        def wait(path, depth=3, *, quiet=False):
            if depth:
                return wait(path, depth - 1, quiet=not quiet)
            noted = list(facts(sys._getframe(0)))
            with open(path, "w") as file:
                json.dump(noted, file)
            del noted, file
            print("ready", flush=True)
            time.sleep(100000)
        def generate(path, only=-(2 ** 40)):
            number = 0.1
            for index in range(3):
                number *= 2
                yield wait(path)
        def outer(first, second=b"two\\x00\\xff'", *rest, key="v", **names):
            shared, unset = [1, (2, "a'b")], 1
            del unset
            text = "it's \\x1b \\\\ \\n größe \\u202e"
            table = {"id": 7, None: {1.5}, "nested": [[], {}]}
            order = Order()
            def inner(path, first_again):
                local = len(shared) + len(rest), first
                for each in generate(path):
                    return each, local
            return inner(names.pop("path"), first)
        outer(True, path=sys.argv[1], extra=(), key=12345678901234567890 % 2 ** 59)
        """

    @Test(arguments: PythonInstallation.all)
    func `Variables are those that the program has, with their values`(python: PythonInstallation) throws {
        let directory = try TemporaryDirectory()
        let program = try Self.start(python, Self.truthful, "\(directory.path)/facts")
        let text = try Data(contentsOf: URL(filePath: "\(directory.path)/facts"))
        let facts = try #require(try JSONSerialization.jsonObject(with: text) as? [[Any]])
        let frames = try #require(try Self.threads(of: program).first).python.filter { $0.name != "<module>" }
        try #require(frames.count == 7 && facts.count == 7)
        for (frame, fact) in zip(frames, facts) {
            let expected = try #require(fact[1] as? [String: Any])
            #expect(frame.function == fact[0] as? String)
            #expect(frame.localsReason == nil)
            #expect(Set(frame.values.keys) == Set(expected.keys).subtracting(["noted", "file"]))
            for (name, value) in expected {
                if let value = value as? String { #expect(frame.values[name] == value, "\(name)") }
            }
        }
        #expect(frames.allSatisfy { $0.locals?.contains(where: \.mayHaveChanged) == false })
        let outer = try #require(frames.last?.locals)
        let names = ["first", "second", "key", "rest", "names"]
        #expect(outer.prefix(5).map(\.name) == names && outer.prefix(5).allSatisfy { $0.kind == "argument" })
        #expect(outer.first { $0.name == "order" }?.value == "<__main__.Order object>")
        #expect(outer.first { $0.name == "order" }?.type == "__main__.Order")
        #expect(outer.first { $0.name == "shared" }?.kind == "cell")
        let inner = try #require(frames.dropLast().last?.locals)
        #expect(inner.first { $0.name == "shared" }?.kind == "free")
        #expect(inner.first { $0.name == "first" }?.value == "True")
    }

    // MARK: - Threads that run

    /// Threads that go on all the time, whose variables agree in each function at any time.
    private static let busy = """
        import sys, threading, time
        def left(number):
            name = "left"
            pair = ("left", number)
            step(name, pair)
        def right(number):
            name = "right"
            pair = ("right", number)
            step(name, pair)
        def step(side, both):
            for _ in range(3):
                if len(sys.argv) > 1:
                    time.sleep(0.03)
                depth(side, 5)
        def depth(whose, count):
            if count:
                depth(whose, count - 1)
        def run(index):
            number = 0
            while True:
                (left if number % 2 else right)(number)
                number += 1
        for index in range(3):
            threading.Thread(target=run, args=(index,), daemon=True).start()
        print("ready", flush=True)
        run(3)
        """

    @Test(arguments: oneOfEachKind, [["sleeping"], []])
    func `What runs or wakes up meanwhile never has another function's values`(
        python: PythonInstallation, arguments: [String]
    ) throws {
        let program = try TestProgram(at: python.path, arguments: ["-c", Self.busy] + arguments)
        var read = 0
        for _ in 0..<4 {
            for thread in try Self.threads(of: program) {
                var side: String?
                for frame in thread.python.reversed() where frame.locals != nil {
                    let values = frame.values
                    if frame.function == "left" || frame.function == "right" { side = "'\(frame.function)'" }
                    for name in ["name", "side", "whose"] where values[name] != nil {
                        read += 1
                        #expect(values[name] == side, "\(frame.function)")
                    }
                    for name in ["pair", "both"] where values[name] != nil {
                        #expect(values[name]?.hasPrefix("(\(side ?? "")") == true, "\(values)")
                    }
                    if frame.function == "depth" {
                        let count = values["count"].flatMap { Int($0) } ?? -1
                        #expect(0...5 ~= count, "\(values)")
                    }
                }
            }
        }
        #expect(read > 0)
    }

    @Test(arguments: PythonInstallation.all.suffix(1))
    func `A thread that runs is stopped, and its lists are marked as what may have changed`(
        python: PythonInstallation
    ) throws {
        let script = """
            def spin(items, limit=7):
                print("ready", flush=True)
                while True:
                    items.append(limit)
                    items.pop()
            spin([1, 2, 3])
            """
        let program = try Self.start(python, script)
        var spin: Thread.Frame?
        let wasStopped = try eventually {
            let thread = try #require(try Self.threads(of: program).first)
            spin = thread.python.first { $0.function == "spin" }
            return thread.stopped && spin?.locals != nil
        }
        try #require(wasStopped)
        let locals = try #require(spin?.locals)
        #expect(locals.map(\.name) == ["items", "limit"])
        #expect(locals.map(\.mayHaveChanged) == [true, false])
        #expect(locals.last?.value == "7")
        let text = try sonde("dump", "--locals", "-p", "\(program.pid)").output
        #expect(text.contains("\n      limit = 7\n"))
        #expect(text.contains("\n  contents of lists, dicts and sets"))
    }

    // MARK: - What is not shown

    private static let secretive = """
        import time
        class Name(str):
            pass
        def request(password, order_id, session=None):
            headers = {"Authorization": "Bearer abc1", Name("X-Api-Key"): "abc2", "Host": "shop", "id": 7}
            raw = [(b"cookie", b"abc3"), (b"accept", b"text"), ["set-cookie", "abc4"]]
            environ = {"HTTP_COOKIE": "abc5", "nested": {"DB_PASSWORD": ["abc6"]}}
            def inner():
                token = "abc7"
                print("ready", flush=True)
                time.sleep(100000)
                return password
            inner()
        request("abc0", 4711)
        """

    @Test(arguments: PythonInstallation.all)
    func `What gives access is not shown, whatever holds it`(python: PythonInstallation) throws {
        let program = try Self.start(python, Self.secretive)
        let text = try sonde("dump", "--locals", "--python-only", "-p", "\(program.pid)").output
        #expect(!text.contains("abc"))
        #expect(text.contains("\n      password = <redacted>\n      order_id = 4711\n      session = None\n"))
        #expect(text.contains("\n      token = <redacted>\n"))
        #expect(
            text.contains(
                "headers = {'Authorization': <redacted>, <__main__.Name object>: <redacted>, 'Host': 'shop', 'id': 7}"))
        #expect(text.contains("raw = [(b'cookie', <redacted>), (b'accept', b'text'), ['set-cookie', <redacted>]]"))
        #expect(text.contains("environ = {'HTTP_COOKIE': <redacted>, 'nested': {'DB_PASSWORD': <redacted>}}"))
    }

    @Test(arguments: PythonInstallation.all.suffix(1))
    func `Names can be added to those that are redacted, or taken in their place`(python: PythonInstallation) throws {
        let program = try Self.start(python, Self.secretive)
        let more = try sonde("dump", "--locals", "--redact", "ORDER-*", "-p", "\(program.pid)").output
        #expect(more.contains("order_id = <redacted>") && !more.contains("abc"))
        let less = try sonde(
            "dump", "--locals", "--show-secrets", "--redact", "order_*", "-p", "\(program.pid)"
        ).output
        #expect(less.contains("order_id = <redacted>") && less.contains("password = 'abc0'"))
        for number in 0...7 { #expect(less.contains("abc\(number)")) }
    }

    @Test(arguments: PythonInstallation.all.suffix(1))
    func `Without the option no variable is read`(python: PythonInstallation) throws {
        let program = try Self.start(python, Self.secretive)
        let result = try sonde("dump", "--json", "-p", "\(program.pid)")
        #expect(!result.output.contains("4711") && !result.output.contains("order_id"))
    }

    // MARK: - How it is shown

    @Test(arguments: PythonInstallation.all.suffix(1))
    func `Threads with the same stack are apart where their variables differ`(python: PythonInstallation) throws {
        let script = """
            import threading, time
            def work(number):
                time.sleep(100000)
            for number in (1, 2, 2, 2):
                threading.Thread(target=work, args=(number,), daemon=True).start()
            print("ready", flush=True)
            time.sleep(100000)
            """
        let program = try Self.start(python, script)
        let text = try sonde("dump", "--locals", "--python-only", "-p", "\(program.pid)").output
        #expect(text.components(separatedBy: "      number = 1\n").count == 2)
        #expect(try sonde("dump", "--python-only", "-p", "\(program.pid)").output.contains("\n4 threads: "))
    }

    @Test(arguments: PythonInstallation.all.suffix(1))
    func `Control characters and long values of the program don't reach the terminal`(
        python: PythonInstallation
    ) throws {
        let script = """
            import time
            def show(größe, text="\\x1b[2J\\u202e\\n#0  fake", many=list(range(1000)), long="x" * 100000):
                print("ready", flush=True)
                time.sleep(100000)
            show(1)
            """
        let program = try Self.start(python, script)
        let text = try sonde("dump", "--locals", "--python-only", "-p", "\(program.pid)").output
        #expect(!text.contains("\u{1B}") && !text.contains("\u{202E}"))
        #expect(text.contains("      größe = 1\n      text = '\\x1b[2J\\u202e\\n#0  fake'\n"))
        #expect(text.contains("18, 19, … 980 more]\n"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 200 })
    }

    @Test func `A process without Python has no variables, which one line says`() throws {
        let program = try TestProgram("threads", "3", "1")
        let result = try sonde("dump", "--locals", "-p", "\(program.pid)")
        #expect(result.status == .exited(0))
        #expect(
            result.output.hasSuffix(
                "\nno locals: there is no Python in this process, and locals are those of Python functions\n\n"))
    }

    @Test(arguments: [["--locals", "--native-only"], ["--redact", "x"], ["--show-secrets"]])
    func `Options that make no sense together are refused`(options: [String]) throws {
        #expect(try sonde(["dump", "-p", "1"] + options).status == .exited(64))
    }
}
