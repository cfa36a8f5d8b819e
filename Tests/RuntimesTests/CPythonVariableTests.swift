internal import ProfileModel
internal import Testing

@testable internal import Runtimes

@Suite("Variables of Python functions")
struct CPythonVariableTests {
    /// A function with the arguments `first` and `shared`, of which the latter is in a cell, the local variables `none`, without
    /// a value, and `last`, and `outer` of a function around it.
    private struct ForgedFunction {
        let layout: CPythonLayout
        let objects: ForgedObjects
        let memory = ForgedWords()
        let code: UInt64
        let record: UInt64

        init(_ version: CPythonVersion) throws {
            let measured = CPythonMeasuredLayout.all.first {
                $0.version.minor == version.minor && $0.version.isFreeThreaded == version.isFreeThreaded
            }
            layout = try #require(CPythonLayout.known(for: version) ?? measured?.layout)
            objects = try ForgedObjects(version, in: memory)
            code = objects.allocate(layout.code.byteCount)
            record = objects.allocate(layout.frame.variables + 8 * 8)
            let fields = layout.code.variables
            memory.put(1, at: code + UInt64(fields.arguments), count: 4)
            memory.put(1, at: code + UInt64(fields.keywordOnly), count: 4)
            let (first, last) = (objects.float(1.5), objects.tuple([objects.text("a"), objects.text("b")]))
            let cells = [objects.cell(objects.text("in a cell")), objects.cell(objects.float(2))]
            switch fields.names {
            case .apart(let locals, let cellNames, let free):
                memory.put(objects.names(["first", "shared", "none", "last"]), at: code + UInt64(locals))
                memory.put(objects.names(["shared"]), at: code + UInt64(cellNames))
                memory.put(objects.names(["outer"]), at: code + UInt64(free))
                put([first, 0, 0, last] + cells)
            case .together(let names, let kinds):
                memory.put(objects.names(["first", "shared", "none", "last", "outer"]), at: code + UInt64(names))
                memory.put(objects.bytes([0x20, 0x60, 0x20, 0x20, 0x80]), at: code + UInt64(kinds))
                // From 3.14 on references have tags, and none is one.
                let tag: UInt64 = version.minor >= 14 ? 1 : 0
                put([first | tag, cells[0], tag, last | tag, cells[1]])
            }
        }

        func put(_ words: [UInt64]) { memory.put(words, at: record + UInt64(layout.frame.variables)) }

        func read(
            redacting names: [String] = [], objectLimit: UInt32 = 100, deadline: UInt64 = .max
        ) -> FrameVariables {
            let objects = CPythonObjects(layout: objects.layout, memory: memory)
            var variables = CPythonVariables(
                layout: layout, objects: objects,
                VariableReading(redactedNames: names, objectLimit: objectLimit, deadline: deadline))
            return variables.variables(ofFrameAt: Address(rawValue: record), code: Address(rawValue: code))
        }

        /// Where the code object's names are.
        var names: UInt64 {
            switch layout.code.variables.names {
            case .apart(let locals, _, _): code + UInt64(locals)
            case .together(let names, _): code + UInt64(names)
            }
        }
    }

    private static let versions =
        (6...14).map { CPythonVersion(3, $0, 2) } + [13, 14].map { CPythonVersion(3, $0, isFreeThreaded: true) }

    @Test("variables are in their order, out of their cells, without those that have no value", arguments: versions)
    func readsVariables(of version: CPythonVersion) throws {
        let read = try ForgedFunction(version).read()
        #expect(read.loss == nil)
        #expect(read.variables.map(\.name) == ["first", "shared", "last", "outer"])
        #expect(read.variables.map(\.kind) == [.argument, .argument, .local, .free])
        #expect(read.variables.map(\.value) == ["1.5", "'in a cell'", "('a', 'b')", "2.0"])
        #expect(read.variables.map(\.type) == ["float", "str", "tuple", "float"])
        #expect(read.variables.map(\.hasMutableParts) == [false, true, false, true])
    }

    @Test("of a redacted variable no byte is read", arguments: versions)
    func redactsVariables(of version: CPythonVersion) throws {
        let function = try ForgedFunction(version)
        let secret = function.objects.text("hunter2")
        function.put([secret])
        var isRead = false
        function.memory.onRead = { if secret..<secret + 64 ~= $0.rawValue { isRead = true } }
        let read = function.read(redacting: ["fir*"])
        #expect(read.variables.first?.value == "<redacted>" && read.variables.first?.type == nil)
        #expect(!isRead)
        #expect(function.read().variables.first?.value == "'hunter2'" && isRead)
    }

    @Test("what is beyond a limit is missing, which is shown", arguments: versions)
    func endsAtLimits(of version: CPythonVersion) throws {
        let function = try ForgedFunction(version)
        let few = function.read(objectLimit: 2)
        #expect(few.variables.count == 2 && few.loss == .limit)
        let late = function.read(deadline: 1)
        #expect(late.variables.isEmpty && late.loss == .timeout)
    }

    @Test("names that can't be those of variables give none", arguments: versions)
    func refusesNames(of version: CPythonVersion) throws {
        let function = try ForgedFunction(version)
        for names in [0, 8, function.objects.float(1), function.objects.tuple([function.objects.float(1)])] {
            function.memory.put(names, at: function.names)
            #expect(function.read() == FrameVariables(variables: [], loss: .unreadable))
        }
        function.memory.put(function.objects.names((0..<300).map { "name\($0)" }), at: function.names)
        #expect(function.read().loss == .unreadable)
        let counted = try ForgedFunction(version)
        counted.memory.put(1 << 31, at: counted.code + UInt64(counted.layout.code.variables.arguments), count: 4)
        #expect(counted.read().loss == .unreadable)
    }

    @Test("a reference that is no object's is none, and what is no object can't be read", arguments: versions)
    func readsAnyReference(of version: CPythonVersion) throws {
        let function = try ForgedFunction(version)
        // An int in the place of a reference has both tags.
        function.put([0x1003, function.objects.cell(0)])
        let read = function.read().variables
        #expect(!read.contains { $0.name == "first" })
        function.put([0x10])
        #expect(function.read().variables.first?.value == "<unreadable>")
    }
}
