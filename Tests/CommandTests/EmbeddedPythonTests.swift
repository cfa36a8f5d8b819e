import Foundation
import TestSupport
import Testing

/// Interpreters within other programs, several in a process, and such as begin and end while they are recorded.
@Suite struct EmbeddedPythonTests {
    private static let loop = "_PyEval_EvalFrameDefault"
    private static let fib = """
        def fib(n):
            return n if n < 2 else fib(n - 1) + fib(n - 2)
        def spin():
            while True:
                fib(12)

        """

    private static func isInstalled(_ path: String) -> Bool { FileManager.default.isExecutableFile(atPath: path) }

    /// Of the samples with a function nearly all have a path to it, and lack no functions on that.
    private func expectKnown(
        _ path: [String], in recording: MeasuredRecording, at location: SourceLocation = #_sourceLocation
    ) {
        let function = path.last ?? ""
        let all = recording.weight { $0.frames.contains(function) }
        let known = recording.weight { stack in
            stack.passes(path) && !stack.frames.prefix { $0 != function }.contains { $0.hasPrefix(Self.loop) }
        }
        #expect(all > 10 && known * 20 >= all * 19, "\(known) of \(all)", sourceLocation: location)
    }

    private func record(_ pid: Int32, seconds: Double, _ sampler: String) throws -> MeasuredRecording {
        try MeasuredRecording("-p", "\(pid)", "-d", "\(seconds)", "-r", "200", "--sampler", sampler)
    }

    /// The process number that a program wrote to a file.
    private func number(in file: String, of workshop: Workshop) throws -> Int32 {
        let text = try String(contentsOfFile: "\(workshop.directory)/\(file)", encoding: .utf8)
        return try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    // MARK: - Programs that embed it

    @Test(.enabled(if: isInstalled("/usr/bin/gdb"), "there is no gdb"), arguments: ["ptrace", "perf"])
    func `Functions of a debugger's scripts are shown`(sampler: String) throws {
        guard sampler == "ptrace" || Privileges.isRoot else { return }
        let workshop = try Workshop()
        try workshop.write("python\n\(Self.fib)print('ready', flush=True)\nspin()\nend\n", to: "spin.gdb")
        let program = try TestProgram(
            at: "/usr/bin/gdb", arguments: ["-batch", "-nx", "-x", "\(workshop.directory)/spin.gdb"])
        let recording = try record(program.pid, seconds: 1.5, sampler)
        expectKnown(["PyRun_SimpleStringFlags", "<module> (<string>)", "spin (<string>)"], in: recording)
    }

    @Test(
        .enabled(if: isInstalled("/usr/bin/uwsgi") && isInstalled("/usr/bin/curl"), "there is no uWSGI or no curl"),
        arguments: ["ptrace", "perf"])
    func `Functions of an application in uWSGI are shown`(sampler: String) throws {
        guard sampler == "ptrace" || Privileges.isRoot else { return }
        let workshop = try Workshop()
        try workshop.write(
            """
            import os
            \(Self.fib)
            def application(environ, start_response):
                open("worker", "w").write(str(os.getpid()))
                spin()

            """, to: "orders.py")
        try workshop.write(
            """
            cd '\(workshop.directory)' || exit
            setpriv --pdeathsig KILL uwsgi --plugins python3 --http-socket "$PWD/http" --wsgi-file orders.py 2>uwsgi.log &
            until [[ -s worker ]]; do curl -s --max-time 0.2 --unix-socket "$PWD/http" http://localhost/; sleep 0.05; done
            echo ready
            wait

            """, to: "serve.sh")
        let program = try TestProgram(at: "/bin/bash", arguments: ["\(workshop.directory)/serve.sh"], within: 60)
        let worker = try number(in: "worker", of: workshop)
        let recording = try record(worker, seconds: 2, sampler)
        expectKnown(["main", "uwsgi_request_wsgi", "application (orders.py)", "spin (orders.py)"], in: recording)
        withExtendedLifetime(program) {}
    }

    private static let postgres = "/usr/lib/postgresql/15"

    /// The backend loads libpython when the function is first called.
    @Test(
        .enabled(
            if: isInstalled("\(postgres)/bin/postgres") && Privileges.isRoot
                && FileManager.default.fileExists(atPath: "\(postgres)/lib/plpython3.so"),
            "there is no PostgreSQL with PL/Python, or no right to start it as another user"),
        arguments: ["ptrace", "perf"])
    func `Functions in a database are shown, of an interpreter that is loaded meanwhile`(sampler: String) throws {
        let workshop = try Workshop()
        try workshop.write(
            """
            CREATE EXTENSION plpython3u;
            CREATE FUNCTION spin() RETURNS int LANGUAGE plpython3u AS $$
            \(Self.fib)spin()
            $$;
            \\o backend
            SELECT pg_backend_pid();
            \\o
            \\! echo ready
            SELECT pg_sleep(0.5);
            SELECT spin();

            """, to: "spin.sql")
        try workshop.write(
            """
            cd '\(workshop.directory)' && mkdir data && chmod 755 . && chown postgres . data || exit
            as_postgres() { setpriv --reuid postgres --regid postgres --clear-groups --pdeathsig INT "$@"; }
            as_postgres \(Self.postgres)/bin/initdb -D data -A trust >/dev/null || exit
            as_postgres \(Self.postgres)/bin/postgres -D data -k "$PWD" -c listen_addresses= -c fsync=off 2>/dev/null &
            until psql -h "$PWD" -U postgres -c 'SELECT 1' >/dev/null 2>&1; do sleep 0.05; done
            psql -h "$PWD" -U postgres -At -f spin.sql
            wait

            """, to: "spin.sh")
        let program = try TestProgram(at: "/bin/bash", arguments: ["\(workshop.directory)/spin.sh"], within: 60)
        let backend = try number(in: "backend", of: workshop)
        let recording = try record(backend, seconds: 3, sampler)
        let spins = recording.stacks.flatMap(\.frames).first { $0.hasSuffix(".<locals>.spin (<string>)") }
        expectKnown(
            ["main", "PLy_exec_function", "PyEval_EvalCode", "<module> (<string>)", spins ?? ""], in: recording)
        withExtendedLifetime(program) {}
    }

    // MARK: - Several, and such as end

    private static let rounds = """
        import threading, time
        source = '''
        def leaf_N(n):
            return n if n < 2 else leaf_N(n - 1) + leaf_N(n - 2)
        def spin_N():
            end = time.monotonic() + 1.5
            while time.monotonic() < end:
                leaf_N(10)
        other = threading.Thread(target=spin_N)
        other.start()
        spin_N()
        other.join()
        '''
        exec(source.replace("N", str(round % 3)))

        """

    /// Each with functions of its own, in memory that the one before had.
    @Test(arguments: PythonTests.oneOfEachKind.filter { $0.library != nil }, ["ptrace", "perf"])
    func `Interpreters that begin and end again and again are followed`(
        python: PythonInstallation, sampler: String
    ) throws {
        guard sampler == "ptrace" || Privileges.isRoot else { return }
        let (library, home) = try #require(python.library)
        let workshop = try Workshop()
        try workshop.write(Self.rounds, to: "rounds.py")
        let program = Locations.testPrograms.appending(path: "embeds_python").path
        let running = try TestProgram(
            at: "/usr/bin/env",
            arguments: ["PYTHONHOME=\(home)", program, library, "\(workshop.directory)/rounds.py"])
        let recording = try record(running.pid, seconds: 5, sampler)
        let numbers = recording.stacks.map { stack in
            let functions = stack.frames.filter { $0.hasPrefix("leaf_") || $0.hasPrefix("spin_") }
            return Set(functions.map { $0.dropFirst(5).prefix(1) })
        }
        #expect(numbers.allSatisfy { $0.count <= 1 }, "\(numbers.filter { $0.count > 1 })")
        #expect(Set(numbers.joined()).count >= 2)
        #expect(recording.weight { $0.passes(["run_round", "PyRun_SimpleStringFlags", "<module> (<string>)"]) } > 10)
    }

    private static let subinterpreters = """
        import sys, threading, time
        source = '''
        def fib(n):
            return n if n < 2 else fib(n - 1) + fib(n - 2)
        def inside():
            while True:
                fib(12)
        inside()
        '''
        if sys.version_info >= (3, 13):
            import _interpreters as interpreters
            run = interpreters.exec
        else:
            import _xxsubinterpreters as interpreters
            run = interpreters.run_string
        def host():
            run(interpreters.create(), source)
        # Up to 3.11 interpreters share a lock, which only threads of the holder's interpreter ask for: this thread may not run again.
        print("ready", flush=True)
        for number in range(2):
            threading.Thread(target=host, name=f"host {number}", daemon=True).start()
        while True:
            sum(range(1000)) if sys.version_info >= (3, 12) else time.sleep(1)
        """

    @Test(
        arguments: PythonInstallation.all.filter { (8...13).contains($0.minor) && !$0.isFreeThreaded },
        ["ptrace", "perf"])
    func `The functions of two interpreters are shown in one stack`(
        python: PythonInstallation, sampler: String
    ) throws {
        guard sampler == "ptrace" || Privileges.isRoot else { return }
        let workshop = try Workshop()
        try workshop.write(Self.subinterpreters, to: "hosts.py")
        let program = try TestProgram(at: python.path, arguments: ["\(workshop.directory)/hosts.py"])
        let recording = try record(program.pid, seconds: 2, sampler)
        let host = "host (\(workshop.directory)/hosts.py)"
        expectKnown([host, "<module> (<string>)", "inside (<string>)"], in: recording)
    }

    @Test(arguments: PythonInstallation.all.filter { (12...13).contains($0.minor) && !$0.isFreeThreaded })
    func `Each interpreter's lock has its own holder, and threads have their first interpreter's names`(
        python: PythonInstallation
    ) throws {
        struct Dump: Decodable {
            struct Thread: Decodable {
                let name: String
                let gil: String?
            }

            let threads: [Thread]
        }
        let workshop = try Workshop()
        try workshop.write(Self.subinterpreters, to: "hosts.py")
        let program = try TestProgram(at: python.path, arguments: ["\(workshop.directory)/hosts.py"])
        let isSeen = try eventually {
            let result = try sonde("dump", "--json", "-p", "\(program.pid)")
            let threads = try #require(try JSONDecoder().decode([Dump].self, from: result.standardOutput).first).threads
            return Set(threads.map(\.name)) == ["MainThread", "host 0", "host 1"]
                && threads.allSatisfy { $0.gil == "holds" }
        }
        #expect(isSeen)
    }
}

extension PythonInstallation {
    /// Its shared library, and the directory that holds its modules; `nil` where there is no such library.
    fileprivate var library: (path: String, home: String)? {
        let script = """
            import sys, sysconfig
            print(sysconfig.get_config_var("LIBDIR") + "/" + sysconfig.get_config_var("INSTSONAME"), sys.prefix)
            """
        let words = try? run([path, "-c", script]).output.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let words, words.count == 2, words[0].contains(".so"), FileManager.default.fileExists(atPath: words[0])
        else { return nil }
        return (words[0], words[1])
    }
}
