import ProfileFormats
import ProfileModel
import Profiles
import TestSupport
import Testing

/// Frames of Python functions between native ones.
@Suite struct PythonFramesTests {
    private static let start = [[SampleProfiles.frame("main")], [SampleProfiles.frame("run_mod")]]
    private static let module = [SampleProfiles.python("<module>", "/srv/shop/serve.py")]
    private static let get = [SampleProfiles.python("Handler.get", "/srv/shop/views.py", line: 42)]
    private static let render = [SampleProfiles.python("render", "/srv/shop/views.py")]
    private static let write = [[SampleProfiles.frame("write")], [SampleProfiles.frame("vfs_write", .kernel)]]

    private static func profile(_ stacks: [(locations: [[Frame]], value: Int64)]) -> Profile {
        SampleProfiles.profile(
            of: stacks.map { SampleProfiles.Stack(locations: $0.locations, value: $0.value) })
    }

    private static var server: Profile {
        profile([
            (start + [module, get] + write, 5), (start + [module, get, render], 3), (start + [module], 1),
            ([[SampleProfiles.frame("clone3")], [SampleProfiles.frame("futex_wait")]], 4),
        ])
    }

    private static func lines(_ profile: Profile) -> [String] {
        FoldedStacks(profile, grouping: .process).lines.map { "\($0.stack) \($0.count)" }
    }

    private static func read(_ text: String) throws -> Profile {
        try ProfileReader().profile(reading: Array(text.utf8))
    }

    /// The names, files and lines of Python functions, sorted.
    private static func pythonFunctions(_ profile: Profile) -> [String] {
        profile.locations.rows.flatMap(\.lines).compactMap { line in
            let function = profile.functions[line.function]
            guard function.kind == .python else { return nil }
            return
                "\(profile[text: function.name]) \(function.file.map { profile[text: $0] } ?? "-") \(line.number ?? 0)"
        }.sorted()
    }

    // MARK: - Names

    @Test func `Functions of one name in different files are different in tables and trees`() {
        let profile = Self.profile([
            ([[SampleProfiles.python("get", "/srv/a.py")]], 2), ([[SampleProfiles.python("get", "/srv/b.py")]], 1),
            ([[SampleProfiles.python("get", "/usr/lib/python3/json/__init__.py")]], 1),
            ([[SampleProfiles.python("get", "/srv/a.py", line: 30)]], 1),
        ])
        #expect(profile.top(nil).map(\.name) == ["get (a.py)", "get (b.py)", "get (json/__init__.py)"])
        #expect(profile.top(nil).map(\.kind) == [.python, .python, .python])
    }

    @Test func `Functions are found by what they are called in pictures, and by their names`() throws {
        for test in [{ $0 == "Handler.get" }, { $0.contains("(views.py)") }] as [ProfileFilter.NameTest] {
            var filter = ProfileFilter()
            filter.focus = test
            #expect(try filter.apply(to: Self.server).total(of: .samples) == 8)
            #expect(Self.server.callers(of: test).total(of: .samples) == 8)
        }
    }

    @Test func `Lines of a function are in its name where they are counted apart`() throws {
        var filter = ProfileFilter()
        filter.splitsLines = true
        let names = try filter.apply(to: Self.server).top(nil).map(\.name)
        #expect(names.contains("Handler.get (views.py:42)") && names.contains("render (views.py:12)"))
    }

    // MARK: - Formats

    @Test func `Folded stacks name the file as py-spy does`() throws {
        let lines = Self.lines(Self.server)
        let stack = "main;run_mod;<module> (/srv/shop/serve.py);Handler.get (/srv/shop/views.py);write;vfs_write_[k]"
        #expect(lines.contains("worker;\(stack) 5"))
        let again = try Self.read(lines.joined(separator: "\n"))
        #expect(Self.lines(again) == lines)
        #expect(
            Set(Self.pythonFunctions(again)) == [
                "<module> /srv/shop/serve.py 0", "Handler.get /srv/shop/views.py 0", "render /srv/shop/views.py 0",
            ])
    }

    @Test(arguments: [
        ("get (django/views.py:42)", "get django/views.py 42"),
        ("<module> (/usr/bin/tool:3)", "<module> /usr/bin/tool 3"),
        ("_load (<frozen importlib._bootstrap>:241)", "_load <frozen importlib._bootstrap> 241"), ("f (?)", "f - 0"),
    ])
    func `What py-spy wrote is read as Python functions with lines`(row: String, function: String) throws {
        let profile = try Self.read("python;\(row) 3\n")
        #expect(Self.pythonFunctions(profile) == [function])
        #expect(profile.total(of: .samples) == 3)
    }

    @Test(arguments: [
        "operator() (x)", "f(int)", "LazyCompile:*f (server.js:12:3)", "(a.py)", " (a.py)", "f (/srv/a.py)_[j]", "f ()",
        "f (:3)",
    ])
    func `Other functions with parentheses in their names are not Python's`(row: String) throws {
        let profile = try Self.read("worker;\(row) 3\n")
        #expect(Self.pythonFunctions(profile).isEmpty)
    }

    @Test func `perf's text names functions as interpreters do in perf maps`() throws {
        let text = String(decoding: PerfScript(Self.server).bytes, as: UTF8.self)
        #expect(text.contains(" py::Handler.get:/srv/shop/views.py (/tmp/perf-0.map)\n"))
        #expect(
            Set(Self.pythonFunctions(try Self.read(text))) == [
                "<module> /srv/shop/serve.py 0", "Handler.get /srv/shop/views.py 0", "render /srv/shop/views.py 0",
            ])
    }

    @Test func `pprof, speedscope and JSON hold functions, files, lines and their kind`() throws {
        let pprof = try #require(PprofFile(Self.server)).bytes
        for file in [pprof, SpeedscopeFile(Self.server).bytes, ProfileJSON(Self.server).bytes] {
            let profile = try ProfileReader().profile(reading: file)
            #expect(Set(Self.pythonFunctions(profile)) == Set(Self.pythonFunctions(Self.server)))
        }
    }

    @Test func `Pictures have a colour for Python functions, and say so`() throws {
        let svg = try FlameGraph(Self.server, grouping: .process).svg
        #expect(svg.contains("■</tspan> Python") && svg.contains("Handler.get (views.py) (8 samples"))
        let rows = try PageFile(try HTMLPage(Self.server, grouping: .process).bytes).rows
        let kind = CallTree.RowKind.allCases.firstIndex(of: .python)
        #expect(
            rows.contains(
                PageFile.Row(
                    name: "render (views.py)", kind: try #require(kind), object: nil, file: "/srv/shop/views.py")))
    }

    // MARK: - Python alone

    @Test func `Without other frames samples count for Python functions, and for one frame where there is none`() {
        let lines = Self.lines(Self.server.reduced(toPython: true, foldingImports: false))
        #expect(
            lines == [
                "worker;<module> (/srv/shop/serve.py) 1",
                "worker;<module> (/srv/shop/serve.py);Handler.get (/srv/shop/views.py) 5",
                "worker;<module> (/srv/shop/serve.py);Handler.get (/srv/shop/views.py);render (/srv/shop/views.py) 3",
                "worker;[native] 4",
            ])
    }

    @Test func `A stack that is truncated below its Python functions stays truncated without the others`() {
        let truncated = SampleProfiles.Stack(
            locations: [[SampleProfiles.frame("call")], Self.get], truncation: .frameLimit(1), value: 2)
        let lines = Self.lines(
            SampleProfiles.profile(of: [truncated]).reduced(toPython: true, foldingImports: false))
        #expect(lines == ["worker;[truncated: frame_limit];Handler.get (/srv/shop/views.py) 2"])
    }

    // MARK: - Imports

    private static let imports = [
        [SampleProfiles.python("_find_and_load", "<frozen importlib._bootstrap>")],
        [SampleProfiles.python("_load_unlocked", "<frozen importlib._bootstrap>")],
        [SampleProfiles.frame("cfunction_call")],
        [SampleProfiles.python("exec_module", "<frozen importlib._bootstrap_external>")],
        [SampleProfiles.frame("builtin_exec")],
    ]

    @Test func `An import is one frame with what it calls until the module's code`() {
        let other = [SampleProfiles.python("<module>", "/srv/shop/views.py")]
        let profile = Self.profile([
            ([Self.module] + Self.imports + [other], 3), ([Self.module] + Self.imports + [other] + Self.imports, 2),
            ([Self.module] + Self.imports.prefix(3), 1),
        ])
        let start = "worker;<module> (/srv/shop/serve.py);[importlib]"
        let lines = Self.lines(profile.reduced(toPython: false, foldingImports: true))
        #expect(
            lines == [
                "\(start);builtin_exec;<module> (/srv/shop/views.py) 3",
                "\(start);builtin_exec;<module> (/srv/shop/views.py);[importlib];builtin_exec 2",
                "\(start);cfunction_call 1",
            ])
        #expect(
            Self.lines(profile.reduced(toPython: true, foldingImports: true)) == [
                "\(start) 1", "\(start);<module> (/srv/shop/views.py) 3",
                "\(start);<module> (/srv/shop/views.py);[importlib] 2",
            ])
    }

    @Test func `Stacks that are trimmed at an import's function begin with the one frame`() throws {
        var filter = ProfileFilter()
        filter.foldsImports = true
        filter.trim = { $0 == "_load_unlocked" }
        let profile = try filter.apply(to: Self.profile([([Self.module] + Self.imports, 3)]))
        #expect(Self.lines(profile) == ["worker;[importlib];builtin_exec 3"])
    }
}
