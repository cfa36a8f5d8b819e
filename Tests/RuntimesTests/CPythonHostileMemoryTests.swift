internal import ProfileModel
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import Runtimes

@Suite("Memory that is no CPython's")
struct CPythonHostileMemoryTests {
    @Test("whatever is in memory is read with bounds", arguments: versions)
    func readsAnything(with version: CPythonVersion) throws {
        let memory = PlausibleMemory()
        let objects = CPythonObjects(layout: try #require(CPythonObjectLayout(version)), memory: memory)
        for address in stride(from: 0x1000, to: 0x1800, by: 8) as StrideTo<UInt64> {
            readEverything(at: Address(rawValue: address), objects)
        }
        #expect(memory.largestRead <= 2 << 20)
    }

    @Test("coroutines and tasks of whatever is in memory are read with bounds", arguments: CPythonMeasuredLayout.all)
    func readsAnyTasks(with measured: CPythonMeasuredLayout) throws {
        let objects = CPythonObjects(
            layout: try #require(CPythonObjectLayout(measured.version)), memory: PlausibleMemory())
        try readTasks(objects, measured.layout, measured.version)
        for minor in 7...12 {
            let version = CPythonVersion(3, minor)
            let layout = try #require(CPythonLayout.known(for: version))
            let objects = CPythonObjects(layout: try #require(CPythonObjectLayout(version)), memory: PlausibleMemory())
            try readTasks(objects, layout, version)
        }
    }

    @Test("variables of whatever is in memory are read with bounds", arguments: CPythonMeasuredLayout.all)
    func readsAnyVariables(with measured: CPythonMeasuredLayout) throws {
        let known = (6...12).map { CPythonVersion(3, $0) }
        let layouts = known.compactMap { version in CPythonLayout.known(for: version).map { (version, $0) } }
        for (version, layout) in layouts + [(measured.version, measured.layout)] {
            let memory = PlausibleMemory()
            let objects = CPythonObjects(layout: try #require(CPythonObjectLayout(version)), memory: memory)
            for address in stride(from: 0x1000, to: 0x1800, by: 128) as StrideTo<UInt64> {
                var variables = CPythonVariables(
                    layout: layout, objects: objects,
                    VariableReading(redactedNames: ["*x*"], objectLimit: 1000, deadline: .max))
                let place = Address(rawValue: address)
                let read = variables.variables(ofFrameAt: place, code: place).variables
                #expect(read.count <= FrameVariables.variableLimit)
                #expect(read.allSatisfy { $0.value.unicodeScalars.count <= 2_000 })
            }
            #expect(memory.largestRead <= 2 << 20)
        }
    }

    private func readTasks(_ objects: CPythonObjects, _ layout: CPythonLayout, _ version: CPythonVersion) throws {
        let fields = try #require(CPythonTaskLayout(version))
        let coroutines = CPythonCoroutines(layout: fields.generator, whole: layout, objects: objects)
        let reader = CPythonTaskReader(layout: fields.task, objects: objects)
        for address in stride(from: 0x1000, to: 0x1800, by: 8) as StrideTo<UInt64> {
            let chain = coroutines.chain(from: Address(rawValue: address))
            #expect(chain.links.count <= RuntimeTasks.frameLimit)
            _ = try? coroutines.link(at: Address(rawValue: address))
            _ = try? reader.fields(of: Address(rawValue: address))
            readTrioTask(at: Address(rawValue: address), objects, functionName: fields.functionName)
        }
    }

    private func readTrioTask(at address: Address, _ objects: CPythonObjects, functionName: Int) {
        let slots = CPythonSlots(of: objects)
        let reader = CPythonTrioReader(
            context: Address(rawValue: 0x1000), functionName: functionName, slots: slots, objects: objects)
        let fields = CPythonTrioReader.Fields(
            coroutine: nil, nursery: nil, abort: address, next: nil, steps: nil, stepCount: nil)
        _ = try? reader.fields(of: address)
        _ = try? reader.state(of: address, fields)
        _ = try? reader.name(of: address)
        _ = reader.parent(ofNursery: address)
        _ = reader.awaited(fields)
        _ = try? objects.stableElements(ofSet: address, limit: 100)
    }

    @Test("a process that changes all the time is read with bounds", arguments: Interpreter.all)
    func readsChangingProcess(of interpreter: Interpreter) throws {
        let process = try ScriptedPython(interpreter, running: "objects")
        let facts: Facts = try process.facts()
        let memory = ChangingMemory(process.memory)
        let objects = CPythonObjects(layout: process.objects.layout, memory: memory)
        for _ in 0..<5 {
            for value in facts.values.compactMap(\.address) + [facts.long, facts.modules, facts.weakSet, facts.code] {
                readEverything(at: Address(rawValue: value), objects)
            }
        }
        #expect(memory.largestRead <= 2 << 20)
    }

    @Test("of a name of many gigabytes only what is shown is read")
    func cutsNames() throws {
        let layout = try #require(CPythonObjectLayout(CPythonVersion(3, 12)))
        var words = [UInt64](repeating: 0x4141_4141_4141_4141, count: 2048)
        // Its type, its length, no hash, and that it is compact and ASCII; its type is ready and one of strings.
        words[0..<5] = [1, 0x1_0000, 1 << 60, 0, 0b11_001_00]
        var type = [UInt64](repeating: 0, count: 40)
        type[21] = 1 << 28 | 1 << 12
        let memory = ForgedMemory(pieces: [0x1000: words, 0x1_0000: type])
        let objects = CPythonObjects(layout: layout, memory: memory)
        #expect(
            try objects.text(at: Address(rawValue: 0x1000)) == String(
                repeating: "A", count: CPythonObjects.textLimit - 1) + "…")
        #expect(try !objects.isText("AAAA", at: Address(rawValue: 0x1000)))
    }

    @Test("halves of surrogate pairs and what is no character are shown as such")
    func replacesWhatIsNoCharacter() throws {
        let layout = try #require(CPythonObjectLayout(CPythonVersion(3, 12)))
        var type = [UInt64](repeating: 0, count: 40)
        type[21] = 1 << 28 | 1 << 12
        for (kind, characters) in [(2, 0x0041_DCFF_00E9), (4, 0xFFFF_FFFF_0000_0041)] as [(UInt64, UInt64)] {
            let words = [1, 0x1_0000, kind == 2 ? 3 : 2, 0, 0b1_000_00 | kind << 2, 0, 0, characters]
            let memory = ForgedMemory(pieces: [0x1000: words, 0x1_0000: type])
            let objects = CPythonObjects(layout: layout, memory: memory)
            #expect(try objects.text(at: Address(rawValue: 0x1000)) == (kind == 2 ? "é\u{FFFD}A" : "A\u{FFFD}"))
        }
    }

    private static let versions =
        (6...14).map { CPythonVersion(3, $0) } + [13, 14].map { CPythonVersion(3, $0, isFreeThreaded: true) }

    private struct Facts: Decodable {
        struct Value: Decodable {
            /// Where a value is; the second of a pair, which says how it is shown, is left out.
            let address: UInt64?

            init(from decoder: any Decoder) throws {
                var pair = try decoder.unkeyedContainer()
                address = try? pair.decode(UInt64.self)
            }
        }

        let values: [Value]
        let long: UInt64
        let modules: UInt64
        let weakSet: UInt64
        let code: UInt64
    }

    private func readEverything(at address: Address, _ objects: CPythonObjects) {
        let layout = CPythonLayout.Code(
            byteCount: 216, name: 112, qualifiedName: 120, fileName: 104, firstLine: 40, lineTable: 128,
            instructions: nil, instructionBytes: 48, variables: .unused)
        let codes = CPythonFunctionReader(
            layout: layout, objects: objects.layout, codeType: nil, memory: objects.memory)
        _ = try? codes.code(at: address).line(atInstruction: 10)
        _ = try? objects.text(at: address)
        _ = try? objects.bytes(at: address, limit: 100)
        _ = try? objects.attributes(of: address, limit: 100)
        _ = try? objects.elements(ofSet: address, limit: 100)
        _ = try? objects.elements(ofWeakSet: address, limit: 100)
        _ = try? objects.threadNames(modules: address)
        #expect(objects.value(at: address).description.unicodeScalars.count < 1 << 18)
    }
}

/// Memory that has at every address words that pass for pointers, sizes and flags.
private final class PlausibleMemory: RuntimeMemory {
    private let largest = Mutex(0)

    var largestRead: Int { largest.withLock { $0 } }

    func bytes(at address: Address, count: Int) -> [UInt8] {
        largest.withLock { $0 = max($0, count) }
        let skipped = address.rawValue & 7
        let words = (UInt64(count) + skipped + 7) / 8
        let bytes = (0..<words).flatMap { index in
            let word = word(at: address.rawValue &- skipped &+ 8 * index)
            return (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
        }
        return Array(bytes.dropFirst(Int(skipped)).prefix(count))
    }

    private func word(at address: UInt64) -> UInt64 {
        var generator = SeededGenerator(state: address)
        let random = generator.next()
        return switch random & 7 {
        case 0: 0
        case 1: 1
        case 2: random >> 3 & 63
        case 3: 0x3F
        case 4: 0x3800_1000 | random >> 32 & 0xFF
        case 5: random
        default: 0x1000 + random >> 40 & 0x7FF8
        }
    }
}

/// The memory of a process in which some bytes are others each time.
private final class ChangingMemory: RuntimeMemory {
    private let memory: ProcessMemory
    private let state = Mutex((generator: SeededGenerator(state: 1), largest: 0))

    init(_ memory: ProcessMemory) { self.memory = memory }

    var largestRead: Int { state.withLock { $0.largest } }

    func bytes(at address: Address, count: Int) -> [UInt8] {
        var bytes = memory.bytes(at: address, count: count)
        state.withLock { state in
            state.largest = max(state.largest, count)
            guard !bytes.isEmpty, Int.random(in: 0..<4, using: &state.generator) == 0 else { return }
            bytes[.random(in: bytes.indices, using: &state.generator)] = .random(in: 0...255, using: &state.generator)
        }
        return bytes
    }
}

/// Words at addresses.
private struct ForgedMemory: RuntimeMemory {
    let pieces: [UInt64: [UInt64]]

    func bytes(at address: Address, count: Int) -> [UInt8] {
        for (start, words) in pieces where start <= address.rawValue {
            let offset = Int(address.rawValue - start)
            guard offset < 8 * words.count else { continue }
            let bytes = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
            return Array(bytes.dropFirst(offset).prefix(count))
        }
        return []
    }
}
