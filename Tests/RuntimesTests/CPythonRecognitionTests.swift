internal import Foundation
internal import Glibc
internal import ObjectFiles
internal import ProfileModel
internal import Runtimes
internal import SystemSupport
internal import TestSupport
internal import Testing

@Suite("Which CPython a file contains")
struct CPythonRecognitionTests {
    @Test(
        "a version is known by its text and by the directory of its library",
        arguments: [
            (["3.8.18", "lib/python3.8"], "libpython3.8.so.1.0", CPythonVersion(3, 8, 18)),
            (["/opt/versions/3.7.3", "/opt/lib/python3.7"], "lib.so", CPythonVersion(3, 7, 3)),
            (["3.9.2", "3.8.5", "lib/python3.9"], "embedding", CPythonVersion(3, 9, 2)),
            (["3.10.13+"], "python3.10", CPythonVersion(3, 10, 13)),
            (["3.9.0rc2", "3.45.1", "13.8.1", "x3.2.0"], "uwsgi", CPythonVersion(3, 9, 0)),
        ])
    func versionByTexts(texts: [String], name: String, version: CPythonVersion) throws {
        let build = try #require(try Self.build(Self.source(texts), named: name))
        #expect(build.version == version)
        #expect(build.loop.count == 1 && build.codeType != nil)
        #expect(build.layout == CPythonLayout.known(for: version))
    }

    @Test(
        "texts that leave the version open give a reason in its place",
        arguments: [
            (["3.8.18", "3.8.2", "lib/python3.8"], "libpython3.8.so.1.0", "name 3.8.2 and 3.8.18"),
            (["3.8.18", "3.9.1"], "embedding", "name 3.8.18 and 3.9.1"),
            (["3.8.18", "lib/python3.8"], "python3.9", "no text"),
            (["2.7.18", "3.9.0a4"], "embedding", "no text"),
            ([], "libpython3.8.so.1.0", "no text"),
        ])
    func openVersion(texts: [String], name: String, reason: String) throws {
        let error = #expect(throws: CPythonBuildError.self) { try Self.build(Self.source(texts), named: name) }
        #expect(try #require(error).message.contains(reason))
    }

    @Test("the variable with the version counts more than texts")
    func versionByVariable() throws {
        let source = Self.source(["3.8.18"]) + "\nconst unsigned long Py_Version = 0x030B02F0;"
        #expect(try Self.build(source, named: "program")?.version == CPythonVersion(3, 11, 2))
        let unknown = Self.source([]) + "\nconst unsigned long Py_Version = 0x030D02F0;"
        #expect(throws: CPythonBuildError.unsupported(CPythonVersion(3, 13, 2))) {
            try Self.build(unknown, named: "program")
        }
    }

    @Test("published offsets are found in a stripped file by their section")
    func publishedOffsets() throws {
        for measured in CPythonMeasuredLayout.all {
            let words = measured.words.map { hexadecimal($0) }.joined(separator: ", ")
            let source = """
                static unsigned long runtime[200] __attribute__((section(".PyRuntime"), used)) = {\(words)};
                """
            let build = try #require(try Self.build(source, named: "program", "-Wl,--strip-all"))
            #expect(build.version == measured.version && build.layout == measured.layout && build.loop.isEmpty)
            guard case .runtime = build.state else {
                Issue.record("no runtime")
                return
            }
        }
    }

    @Test("of a stripped 3.6, the function that returns the first interpreter gives its place")
    func strippedOldest() throws {
        let source =
            Self.source(["3.6.15", "lib/python3.6"]) + """

                static void *interp_head;
                void *PyInterpreterState_Head(void) { return interp_head; }
                void set(void *p) { interp_head = p; }
                """
        for options in [["-fcf-protection=none"], ["-fcf-protection=branch"]] {
            let whole = try #require(try Self.build(source, named: "program", flags: options))
            let stripped = try #require(try Self.build(source, named: "program", flags: options + ["-Wl,--strip-all"]))
            guard case .variables(let all) = whole.state, case .variables(let few) = stripped.state else {
                Issue.record("no variables")
                return
            }
            #expect(few == all)
        }
    }

    @Test("builds that link all objects are refused, as their objects are larger")
    func tracedObjects() throws {
        let source = Self.source(["3.7.4", "lib/python3.7"]) + "\nvoid _Py_AddToAllObjects(void) {}"
        #expect(throws: CPythonBuildError.tracedObjects(CPythonVersion(3, 7, 4))) {
            try Self.build(source, named: "program")
        }
    }

    @Test("a file that only uses CPython contains none")
    func noInterpreter() throws {
        let source = """
            extern long _PyRuntime[]; extern int _PyEval_EvalFrameDefault(void);
            long use(void) { return _PyRuntime[0] + _PyEval_EvalFrameDefault(); }
            """
        #expect(try Self.build(source, named: "extension") == nil)
    }

    @Test("3.7 moved its lock with 3.7.4, and other releases of a minor version are alike")
    func releases() {
        let before = CPythonLayout.known(for: CPythonVersion(3, 7, 3))
        let after = CPythonLayout.known(for: CPythonVersion(3, 7, 4))
        #expect(before?.runtime?.currentThread == 1392 && after?.runtime?.currentThread == 1480)
        #expect(before?.thread == after?.thread && before != nil)
        let releases = [0, 2, 99].map { CPythonLayout.known(for: CPythonVersion(3, 11, $0)) }
        #expect(Set(releases).count == 1 && releases.first != .some(nil))
        #expect(CPythonLayout.known(for: CPythonVersion(3, 5, 2)) == nil)
        #expect(CPythonLayout.known(for: CPythonVersion(3, 13, 0)) == nil)
        #expect(CPythonLayout.known(for: CPythonVersion(2, 7, 18)) == nil)
    }

    /// The symbols of an interpreter, with the texts of a version.
    private static func source(_ texts: [String]) -> String {
        """
        long _PyRuntime[100] = {1};
        long PyCode_Type[4], PyUnicode_Type[4];
        int _PyEval_EvalFrameDefault(void) { return 1; }
        const char *const texts[] = {\((texts + ["other"]).map { "\"\($0)\"" }.joined(separator: ", "))};
        """
    }

    private static func build(_ source: String, named name: String, _ flags: String...) throws -> CPythonBuild? {
        try build(source, named: name, flags: flags)
    }

    private static func build(_ source: String, named name: String, flags: [String]) throws -> CPythonBuild? {
        let workshop = try Workshop()
        try workshop.write(source, to: "a.c")
        try workshop.run(["gcc", "-O2", "-shared", "-fPIC", "-nostdlib", "-o", name] + flags + ["a.c"])
        let path = "\(workshop.directory)/\(name)"
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        try #require(descriptor >= 0)
        let object = try ObjectFile(
            id: ObjectID(rawValue: 1), path: path, descriptor: OwnedDescriptor(owning: descriptor))
        return try CPythonBuild(of: object)
    }
}
