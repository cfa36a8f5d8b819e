import ProfileModel
import TestSupport
import Testing

@testable import WorkerProtocol

/// The messages between tracer and worker: neither believes the other more than its bytes.
@Suite struct MessageCodingTests {
    private static let ranges = [
        MappedRange(
            start: Address(rawValue: 0x1000), end: Address(rawValue: 0x3000), isReadable: true, isWritable: false,
            isExecutable: true, fileOffset: 0x2000, content: .file(path: "/usr/bin/böse name", ObjectID(rawValue: 7))),
        MappedRange(
            start: Address(rawValue: 0x3000), end: Address(rawValue: 0x4000), isReadable: false, isWritable: true,
            isExecutable: false, fileOffset: 0, content: .file(path: "", nil)),
        MappedRange(
            start: Address(rawValue: 0x5000), end: Address(rawValue: .max), isReadable: true, isWritable: true,
            isExecutable: true, fileOffset: .max, content: .named("[anon:heap]")),
    ]

    private static var requests: [WorkerRequest] {
        var registers = NativeRegisters()
        registers[.rip] = 0x1234
        registers[.rsp] = .max
        return [
            .object(ObjectID(rawValue: 1), path: "/usr/lib/libc.so.6"),
            .image(ObjectID(rawValue: 2), path: "[vdso]", bytes: [0, 255, 127]),
            .process(ProcessKey(rawValue: 3), frameLimit: 512, readsRuntimes: true, hasMemory: false),
            .process(ProcessKey(rawValue: 3), frameLimit: 512, readsRuntimes: false, hasMemory: true),
            .map(ProcessKey(rawValue: 3), MemoryMap.Version(rawValue: .max), ranges),
            .discardMap(ProcessKey(rawValue: 3), MemoryMap.Version(rawValue: 1)),
            .discardProcess(ProcessKey(rawValue: 3)),
            .skipNames([SymbolPlace(object: ObjectID(rawValue: 1), address: FileAddress(rawValue: 0x40))]),
            .unwind([
                SnapshotReference(
                    process: ProcessKey(rawValue: 3), map: MemoryMap.Version(rawValue: 5),
                    others: [MemoryMap.Version(rawValue: 6)], registers: registers,
                    stack: SnapshotReference.Window(base: Address(rawValue: 0x7fff_0000), offset: 16, count: 4096),
                    windows: [SnapshotReference.Window(base: Address(rawValue: .max), offset: .max, count: 0)],
                    interpreter: [SnapshotReference.Window(base: Address(rawValue: 8), offset: 9, count: 10)],
                    time: .max)
            ]),
            .name([
                .object(ObjectID(rawValue: 1), FileAddress(rawValue: 2)), .anonymous(Address(rawValue: 3)),
                .unmapped(Address(rawValue: 4)), .kernel(Address(rawValue: 5)),
                .generated(
                    ObjectID(rawValue: 1), GeneratedCodeID(rawValue: .max), Address(rawValue: 6)),
            ]),
            .readTasks(ProcessKey(rawValue: 3), MemoryMap.Version(rawValue: .max)),
            .readVariables(
                SnapshotReference(
                    process: ProcessKey(rawValue: 3), map: MemoryMap.Version(rawValue: 5), others: [],
                    registers: registers,
                    stack: SnapshotReference.Window(base: Address(rawValue: 8), offset: 0, count: 16), time: 1),
                VariableReading(redactedNames: ["*passwört*", ""], objectLimit: .max, deadline: .max)),
            .describe(ObjectID(rawValue: 9)), .countLosses, .describeRuntimes(ProcessKey(rawValue: .max)),
            .perfMap(ObjectID(rawValue: 4)),
            .usePerfMap(ObjectID(rawValue: 4), ProcessKey(rawValue: 3), since: .max),
            .renewBudget(discarding: [ObjectID(rawValue: 2), ObjectID(rawValue: 9)]),
            .debugFile(index: 3), .debugFile(index: nil),
        ]
    }

    private static var replies: [WorkerReply] {
        let reasons: [TruncationReason] = [
            .frameLimit(3), .beyondCopiedStack(Address(rawValue: 1)), .unreadableMemory(Address(rawValue: 2)),
            .noUnwindInformation(Address(rawValue: 3)), .unknownRegister(at: Address(rawValue: 4)),
            .implausibleReturnAddress(Address(rawValue: 5)), .stackNotAscending(Address(rawValue: 6)),
            .codeChanged(Address(rawValue: 7)), .unsupportedUnwindInformation(Address(rawValue: 8)),
            .parsingBudgetExhausted(Address(rawValue: 9)), .workLimit(Address(rawValue: 10)),
            .otherStackNotCopied(Address(rawValue: 11)),
        ]
        let frames = [
            RawFrame(address: .programCounter(Address(rawValue: 1)), location: .unmapped(Address(rawValue: 1))),
            RawFrame(
                address: .returnAddress(Address(rawValue: 2)),
                location: .object(ObjectID(rawValue: 3), FileAddress(rawValue: 4))),
            RawFrame(
                address: .programCounter(Address(rawValue: 5)), location: .signalReturn(Address(rawValue: 5))),
            RawFrame(
                address: .returnAddress(Address(rawValue: 6)),
                location: .interpreted(InterpretedFunctionID(rawValue: .max), line: 12)),
            RawFrame(
                address: .returnAddress(Address(rawValue: 6)),
                location: .interpreted(InterpretedFunctionID(rawValue: 1), line: nil)),
        ]
        let steps = [
            CopyPlan.Step(origin: .memory(Address(rawValue: .max)), byteCount: 0),
            CopyPlan.Step(
                origin: .register(12), offsets: [8, -8, .min], start: -128, byteCount: CopyPlan.largestCopy),
            CopyPlan.Step(origin: .address(Address(rawValue: .max)), start: .max, byteCount: 65536),
        ]
        let plan = CopyPlan(stack: Address(rawValue: 1)..<Address(rawValue: 2), steps: steps)
        let segment = CodeSegment(
            start: FileAddress(rawValue: 0x1000), limit: FileAddress(rawValue: 0x3000), fileOffset: 0x800)
        return [
            .ready(
                WorkerState(
                    user: 65534, hasNoCapabilities: true, hasNoNewPrivileges: true, filtersSystemCalls: false,
                    hasLandlock: true)),
            .refused(reason: "no seccomp"),
            .stacks(
                [UnwoundStack(RawStack(frames: frames, ending: .rootReached), plan: plan)]
                    + reasons.map { UnwoundStack(RawStack(frames: [], ending: .truncated($0))) } + interpretedStacks,
                functions: [
                    InterpretedFunction(name: "Shop.böse", file: "/shop.py", firstLine: .max),
                    InterpretedFunction(name: "", file: "", firstLine: nil),
                ]),
            .tasks(.none, functions: []), tasks,
            .variables(UnwoundStack(RawStack(frames: frames, ending: .rootReached)), variables, functions: []),
            .hasReadVariables,
            .runtimes([], sharedPlan: nil),
            .runtimes(
                [
                    RuntimeSummary(
                        name: "Python", version: "3.13.0", build: ["free-threaded", "/usr/bin/python3"],
                        reading: .frames(without: ["who holds the interpreter's lock"])),
                    RuntimeSummary(name: "", version: "", build: [], reading: .nativeAlone(reason: "no text")),
                ], sharedPlan: interpreterPlan),
            .frames([
                [
                    Frame(
                        name: "run(int)", systemName: "_Z3runi", kind: .native, object: "a.out",
                        source: SourcePosition(file: "run.cpp", line: 12, functionLine: 10)),
                    Frame(
                        name: "main", kind: .native, object: "a.out", source: SourcePosition(file: "main.cpp", line: 3)),
                ],
                [Frame(name: "x", kind: .kernel, object: nil), Frame(name: "", kind: .unknown, object: "")],
            ]),
            .object(nil),
            .losses(ParsingLosses(budgetExhausted: 7, damagedPerfMapLines: 1, firstDamagedOffset: .max)),
            .object(ObjectSummary(buildID: BuildID(bytes: [1, 2]), symbols: .embedded, segments: [segment])),
            .object(ObjectSummary(buildID: nil, symbols: .stripped, segments: [])),
            .debugFile(ObjectID(rawValue: 1), .buildID(BuildID(bytes: [0xab])), index: 2),
            .debugFile(ObjectID(rawValue: 1), .link(name: "a.debug"), index: .max),
            .debugFile(ObjectID(rawValue: 1), .path("/build/a.dwo"), index: 0),
            .debugFile(ObjectID(rawValue: 1), .server(BuildID(bytes: [0xcd, 0xef])), index: 1),
        ]
    }

    /// Each state of a task, and each reason why its frames are missing.
    private static var tasks: WorkerReply {
        let frame = RuntimeTask.Frame(function: InterpretedFunctionID(rawValue: .max), line: 7)
        let losses = [nil] + RuntimeTask.Loss.allCases.map(Optional.some)
        let tasks = losses.enumerated().map { index, loss in
            RuntimeTask(
                name: loss == nil ? nil : "böse name", state: RuntimeTask.State.allCases[index % 3],
                loop: UInt32(index % 2), awaited: index == 0 ? nil : .init(type: "Future", tasks: [0, UInt32(index)]),
                frames: [frame, .init(function: InterpretedFunctionID(rawValue: 1), line: nil)], loss: loss)
        }
        return .tasks(
            RuntimeTasks(
                loops: [.init(thread: nil), .init(thread: "MainThread")], tasks: tasks, missing: ["others", ""],
                mayMixTimes: true), functions: [InterpretedFunction(name: "f", file: "f.py", firstLine: 1)])
    }

    /// Each kind of a variable, and each reason why some are missing, of the last frames of a stack of five.
    private static var variables: [Int: FrameVariables] {
        let kinds = InterpretedVariable.Kind.allCases
        let all = kinds.map {
            InterpretedVariable(
                name: "böse", kind: $0, type: $0 == .cell ? nil : "str", value: "'x'", hasMutableParts: $0 == .local)
        }
        let losses = [nil] + FrameVariables.Loss.allCases.map(Optional.some)
        let frames = losses.enumerated().map { index, loss in
            (index + 1, FrameVariables(variables: index == 1 ? [] : all, loss: loss))
        }
        return Dictionary(uniqueKeysWithValues: frames)
    }

    /// Each outcome of an interpreter's frames and of its lock, and each step of a plan.
    private static var interpretedStacks: [UnwoundStack] {
        let empty = RawStack(frames: [], ending: .rootReached)
        let outcomes = [.complete] + InterpreterLoss.allCases.map { InterpretedFrames.unknown($0) }
        let locks = [nil] + InterpreterLock.allCases.map { $0 }
        return outcomes.map { UnwoundStack(empty, interpreted: $0) }
            + locks.map { lock in
                UnwoundStack(
                    empty, interpreted: .complete, interpreterPlan: interpreterPlan,
                    interpreterThread: InterpreterThread(name: lock == nil ? nil : "böse name", lock: lock))
            }
    }

    private static var interpreterPlan: InterpreterPlan? {
        let far = InterpreterPlan.Place(Address(rawValue: .max), following: [0, 8, .max, 1])
        let near = InterpreterPlan.Place(Address(rawValue: 1))
        return InterpreterPlan(steps: [
            .bytes(at: near, count: UInt32(InterpreterPlan.largestCopy)), .range(from: near, to: far, limit: 7),
            .list(first: far, next: 8, count: 72, limit: InterpreterPlan.elementLimit),
        ])
    }

    /// Whether a message that ends early anywhere, or late, is refused.
    private func expectWhole<Message>(_ bytes: [UInt8], _ parse: ([UInt8]) throws -> Message) {
        for count in bytes.indices {
            #expect(throws: MessageError.self) { try parse(Array(bytes[..<count])) }
        }
        #expect(throws: MessageError.trailingBytes(count: 1)) { try parse(bytes + [0]) }
    }

    private static let downloadReplies: [DownloadReply] = [
        .ready(reachesUserFiles: true), .ready(reachesUserFiles: false), .found, .failed(errno: 2),
        .progress(received: 5, total: .max), .progress(received: 5, total: nil),
        .lostServer(url: "http://böse", errno: -1), .unavailable(.library(reason: "x")),
        .unavailable(.confinement(reason: "")), .unavailable(.cache(path: "/tmp", errno: 13)),
    ]

    @Test(arguments: downloadReplies)
    func `A reply about a download is what was sent, and refused where it is cut short`(reply: DownloadReply) throws {
        #expect(try DownloadReply(parsing: reply.bytes) == reply)
        expectWhole(reply.bytes, DownloadReply.init(parsing:))
    }

    private static let diffResults = [
        DiffResult(content: [], table: "", warnings: [], growth: nil),
        DiffResult(content: [0, 255], table: "grew  böse\n", warnings: ["few samples", ""], growth: "parse grew"),
    ]

    @Test(arguments: diffResults)
    func `The result of a comparison is what was sent, and refused where it is cut short`(result: DiffResult) throws {
        #expect(try DiffResult(parsing: result.bytes) == result)
        expectWhole(result.bytes, DiffResult.init(parsing:))
    }

    @Test func `Counts that a comparison's result claims take no memory, and warnings have a limit`() {
        let none: [UInt8] = [0, 0, 0, 0]
        let most: [UInt8] = [0xff, 0xff, 0xff, 0xff]
        #expect(throws: MessageError.tooLong(field: "content", count: 0xffff_ffff)) { try DiffResult(parsing: most) }
        #expect(throws: MessageError.truncated(at: 4)) { try DiffResult(parsing: [0, 0, 0, 0x30]) }
        #expect(throws: MessageError.tooLong(field: "warnings", count: 33)) {
            try DiffResult(parsing: none + none + [33, 0, 0, 0] + [UInt8](repeating: 0, count: 33 * 4 + 1))
        }
        #expect(throws: MessageError.invalid(field: "growth", at: 12)) {
            try DiffResult(parsing: none + none + none + [2])
        }
    }

    @Test(arguments: requests)
    func `A request is what was sent`(request: WorkerRequest) throws {
        #expect(try WorkerRequest.requests(parsing: WorkerRequest.message([request])) == [request])
    }

    /// A process of a thousand threads has little else than anonymous ranges, which are the shortest.
    @Test func `A map of nothing but stacks is taken`() throws {
        let ranges = (0..<2000).map { index in
            MappedRange(
                start: Address(rawValue: UInt64(index) << 20), end: Address(rawValue: UInt64(index) << 20 + 4096),
                isReadable: true, isWritable: true, isExecutable: false, fileOffset: 0, content: .anonymous)
        }
        let request = WorkerRequest.map(ProcessKey(rawValue: 1), MemoryMap.Version(rawValue: 1), ranges)
        #expect(try WorkerRequest.requests(parsing: WorkerRequest.message([request])).count == 1)
    }

    @Test func `A message of many requests keeps their order`() throws {
        #expect(try WorkerRequest.requests(parsing: WorkerRequest.message(Self.requests)) == Self.requests)
    }

    @Test(arguments: replies)
    func `A reply is what was sent`(reply: WorkerReply) throws {
        #expect(try WorkerReply(parsing: reply.bytes) == reply)
    }

    @Test(arguments: requests.map { WorkerRequest.message([$0]) })
    func `A request that is cut short anywhere is refused`(bytes: [UInt8]) {
        expectWhole(bytes, WorkerRequest.requests(parsing:))
    }

    @Test(arguments: replies.map(\.bytes))
    func `A reply that is cut short anywhere is refused`(bytes: [UInt8]) {
        for count in bytes.indices {
            #expect(throws: MessageError.self) { try WorkerReply(parsing: Array(bytes[..<count])) }
        }
    }

    @Test func `Any bytes give a message or an error, and no claimed count takes memory`() {
        var random = SeededGenerator(state: 11)
        let replies = Self.replies.map(\.bytes) + Self.diffResults.map(\.bytes)
        let seeds = Self.requests.map { WorkerRequest.message([$0]) } + replies
        var understood = 0
        for round in 0..<20_000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if (try? WorkerRequest.requests(parsing: bytes)) != nil { understood += 1 }
            if (try? WorkerReply(parsing: bytes)) != nil { understood += 1 }
            if (try? DiffResult(parsing: bytes)) != nil { understood += 1 }
        }
        #expect(understood > 0)
        #expect(throws: MessageError.self) { try WorkerReply(parsing: [2, 0xff, 0xff, 0xff, 0xff]) }
    }

    // MARK: - Interpreters

    /// A reply of one stack without frames, whose last fields are these: whether it has a plan, what became of its
    /// interpreter's frames, whether that has a plan, whether other threads have one, and whether it has a thread.
    private func stack(_ fields: [UInt8]) -> [UInt8] { [2, 1, 0, 0, 0] + [0, 0, 0, 0, 0] + fields + [0, 0, 0, 0] }

    @Test func `What became of an interpreter's frames, and of its lock, has few values`() throws {
        #expect(throws: Never.self) { try WorkerReply(parsing: stack([0, 0, 0, 0, 0])) }
        let last = UInt8(1 + InterpreterLoss.allCases.count)
        #expect(throws: Never.self) { try WorkerReply(parsing: stack([0, last, 0, 0, 0])) }
        for invalid in [last + 1, .max] {
            #expect(throws: MessageError.invalid(field: "frames", at: 12)) {
                try WorkerReply(parsing: stack([0, invalid, 0, 0, 0]))
            }
        }
        #expect(throws: Never.self) { try WorkerReply(parsing: stack([0, 1, 0, 0, 1, 0, 3])) }
        #expect(throws: MessageError.invalid(field: "lock", at: 17)) {
            try WorkerReply(parsing: stack([0, 1, 0, 0, 1, 0, 4]))
        }
        #expect(throws: MessageError.invalid(field: "thread", at: 14)) {
            try WorkerReply(parsing: stack([0, 1, 0, 0, 2]))
        }
    }

    @Test func `A plan for an interpreter that asks for more than it may is refused`() {
        let place: [UInt8] = [8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        func plan(_ steps: [[UInt8]]) -> [UInt8] {
            stack([0, 1, 1, UInt8(steps.count), 0, 0, 0] + steps.joined() + [0, 0])
        }
        let bytes = [0] + place + [8, 0, 0, 0]
        #expect(throws: Never.self) { try WorkerReply(parsing: plan([bytes])) }
        #expect(throws: Never.self) { try WorkerReply(parsing: plan(Array(repeating: bytes, count: 16))) }
        let farPlace: [UInt8] = [8, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0] + [UInt8](repeating: 0, count: 20)
        let hostile: [[[UInt8]]] = [
            [], Array(repeating: bytes, count: 17), [[0] + place + [1, 0, 1, 0]], [[0] + farPlace + [8, 0, 0, 0]],
            [[1] + place + place + [0xff, 0xff, 0xff, 0xff]], [[2] + place + [0, 0, 0, 0, 8, 0, 0, 0, 1, 4, 0, 0]],
            [[3] + place + [8, 0, 0, 0]],
        ]
        for steps in hostile {
            #expect(throws: MessageError.self, "\(steps)") { try WorkerReply(parsing: plan(steps)) }
        }
    }

    @Test func `Variables of frames that a stack doesn't have, or that are out of order, are refused`() {
        let stack = UnwoundStack(
            RawStack(
                frames: Array(
                    repeating: RawFrame(
                        address: .programCounter(Address(rawValue: 1)), location: .unmapped(Address(rawValue: 1))),
                    count: 2), ending: .rootReached))
        let none = FrameVariables(variables: [], loss: nil)
        func parse(_ frames: [UInt8]) throws -> WorkerReply {
            let positions = (0..<frames.count).map { ($0, none) }
            var bytes = WorkerReply.variables(stack, Dictionary(uniqueKeysWithValues: positions), functions: []).bytes
            // Each takes nine bytes, and an empty list of functions follows.
            for (index, frame) in frames.enumerated() { bytes[bytes.count - 4 - 9 * (frames.count - index)] = frame }
            return try WorkerReply(parsing: bytes)
        }
        for frames in [[], [0], [1], [0, 1]] as [[UInt8]] { #expect(throws: Never.self) { try parse(frames) } }
        for frames in [[2], [.max], [1, 0], [0, 0], [0, 1, 1]] as [[UInt8]] {
            #expect(throws: MessageError.self) { try parse(frames) }
        }
    }

    @Test func `Tasks that refer to loops or tasks that are not there are refused`() {
        func parse(loop: UInt32, awaited: [UInt32]) throws -> WorkerReply {
            let task = RuntimeTask(
                name: nil, state: .waiting, loop: loop, awaited: .init(type: "", tasks: awaited), frames: [], loss: nil)
            let tasks = RuntimeTasks(loops: [.init(thread: nil)], tasks: [task], missing: [])
            return try WorkerReply(parsing: WorkerReply.tasks(tasks, functions: []).bytes)
        }
        #expect(throws: Never.self) { try parse(loop: 0, awaited: [0]) }
        #expect(throws: MessageError.self) { try parse(loop: 1, awaited: []) }
        #expect(throws: MessageError.self) { try parse(loop: 0, awaited: [1]) }
    }

    @Test func `Counts of functions and runtimes that a reply claims take no memory`() {
        let most: [UInt8] = [0xff, 0xff, 0xff, 0xff]
        #expect(throws: MessageError.self) { try WorkerReply(parsing: [2, 0, 0, 0, 0] + most) }
        #expect(throws: MessageError.self) { try WorkerReply(parsing: [2, 0, 0, 0, 0, 0xff, 0xff, 0, 0]) }
        #expect(throws: MessageError.self) { try WorkerReply(parsing: [7] + most) }
        #expect(throws: MessageError.tooLong(field: "runtimes", count: 65)) {
            try WorkerReply(parsing: [7, 65, 0, 0, 0] + [UInt8](repeating: 0, count: 65 * 17))
        }
        #expect(throws: MessageError.invalid(field: "reading", at: 18)) {
            try WorkerReply(parsing: [7, 1, 0, 0, 0] + [UInt8](repeating: 0, count: 12) + [2, 0, 0, 0, 0])
        }
    }
}
