package import ProfileModel

/// What the worker says to the tracer, who believes none of it more than a target's own word.
package enum WorkerReply: Sendable, Equatable {
    /// The worker has restricted itself, and waits for requests.
    case ready(WorkerState)
    /// It couldn't restrict itself, and has ended.
    case refused(reason: String)
    /// With the interpreted functions in them that this worker has not sent before.
    case stacks([UnwoundStack], functions: [InterpretedFunction])
    case frames([[Frame]])
    /// What an object file is; `nil` where it can't be read.
    case object(ObjectSummary?)
    /// With what to copy of the interpreter of threads that have no plan, if there is one.
    case runtimes([RuntimeSummary], sharedPlan: InterpreterPlan?)
    /// With the interpreted functions in their frames that this worker has not sent before.
    case tasks(RuntimeTasks, functions: [InterpretedFunction])
    /// The variables of functions were read, and are sent after their stack was followed.
    case hasReadVariables
    /// The variables of interpreted functions by the positions of their frames, and the functions in the stack that this
    /// worker has not sent before.
    case variables(UnwoundStack, [Int: FrameVariables], functions: [InterpretedFunction])
    case heapScan(HeapScanReply)
    case heapContents(HeapContentsReply)
    /// Answers `.describeUnreached`.
    case blocks(BlockGroupList)
    /// Answers `.countLosses`.
    case losses(ParsingLosses)
    /// Asks for the first file, from that index on, among those where an object's debug information may be.
    case debugFile(ObjectID, DebugFileQuery, index: UInt32)
}

/// What a worker did not read.
package struct ParsingLosses: Hashable, Sendable {
    /// How often something of an object file was not read because the budget for all of them was exhausted.
    package let budgetExhausted: UInt32
    /// Lines of perf maps that name no code.
    package let damagedPerfMapLines: UInt32
    /// Where in its map, in bytes, the first of those begins.
    package let firstDamagedOffset: UInt64

    package init(budgetExhausted: UInt32, damagedPerfMapLines: UInt32, firstDamagedOffset: UInt64) {
        self.budgetExhausted = budgetExhausted
        self.damagedPerfMapLines = damagedPerfMapLines
        self.firstDamagedOffset = firstDamagedOffset
    }
}

/// What can be told of an object file in a line.
package struct ObjectSummary: Hashable, Sendable {
    /// Where the names of its functions are.
    package enum Symbols: UInt8, Sendable {
        case symbolTable
        /// In `.gnu_debugdata`.
        case embedded
        /// Only those that it exports.
        case stripped
    }

    package let buildID: BuildID?
    package let symbols: Symbols
    /// Those that hold code.
    package let segments: [CodeSegment]

    package init(buildID: BuildID?, symbols: Symbols, segments: [CodeSegment]) {
        self.buildID = buildID
        self.symbols = symbols
        self.segments = segments
    }

    fileprivate init(reading reader: inout MessageReader) throws(MessageError) {
        let id = try reader.content("build-id", limit: 64)
        guard let symbols = Symbols(rawValue: try reader.integer()) else { throw reader.invalid("symbols") }
        let segments = try reader.list("segments", limit: 1 << 16, size: 24) { (reader) throws(MessageError) in
            try CodeSegment(reading: &reader)
        }
        self.init(buildID: id.isEmpty ? nil : BuildID(bytes: id), symbols: symbols, segments: segments)
    }

    fileprivate func write(to writer: inout MessageWriter) {
        writer.put(buildID?.bytes ?? [])
        writer.put(symbols.rawValue)
        writer.list(segments) { writer, segment in segment.write(to: &writer) }
    }
}

/// What a worker may still do.
package struct WorkerState: Hashable, Sendable {
    package let user: UInt32
    /// No capability is in any of its sets.
    package let hasNoCapabilities: Bool
    package let hasNoNewPrivileges: Bool
    /// System calls are filtered by seccomp(2).
    package let filtersSystemCalls: Bool
    /// Landlock denies it the file system; an older kernel has none.
    package let hasLandlock: Bool

    package init(
        user: UInt32, hasNoCapabilities: Bool, hasNoNewPrivileges: Bool, filtersSystemCalls: Bool, hasLandlock: Bool
    ) {
        self.user = user
        self.hasNoCapabilities = hasNoCapabilities
        self.hasNoNewPrivileges = hasNoNewPrivileges
        self.filtersSystemCalls = filtersSystemCalls
        self.hasLandlock = hasLandlock
    }

    package var isConfined: Bool { hasNoCapabilities && hasNoNewPrivileges && filtersSystemCalls }

    fileprivate init(reading reader: inout MessageReader) throws(MessageError) {
        self.init(
            user: try reader.integer(), hasNoCapabilities: try reader.flag("capabilities"),
            hasNoNewPrivileges: try reader.flag("no_new_privs"), filtersSystemCalls: try reader.flag("seccomp"),
            hasLandlock: try reader.flag("landlock"))
    }

    fileprivate func write(to writer: inout MessageWriter) {
        writer.put(user)
        for flag in [hasNoCapabilities, hasNoNewPrivileges, filtersSystemCalls, hasLandlock] { writer.put(flag) }
    }
}

extension WorkerReply {
    package var bytes: [UInt8] {
        var writer = MessageWriter()
        switch self {
        case .ready(let state):
            writer.put(UInt8(0))
            state.write(to: &writer)
        case .refused(let reason):
            writer.put(UInt8(1))
            writer.put(reason)
        case .stacks(let stacks, let functions):
            writer.put(UInt8(2))
            writer.list(stacks) { $1.write(to: &$0) }
            writer.list(functions) { $1.write(to: &$0) }
        case .frames(let frames):
            writer.put(UInt8(3))
            writer.list(frames) { writer, frames in writer.list(frames) { $1.write(to: &$0) } }
        case .object(let summary):
            writer.put(UInt8(5))
            writer.put(summary != nil)
            summary?.write(to: &writer)
        case .runtimes(let runtimes, let sharedPlan):
            writer.put(UInt8(7))
            writer.list(runtimes) { $1.write(to: &$0) }
            writer.put(sharedPlan != nil)
            sharedPlan?.write(to: &writer)
        case .tasks(let tasks, let functions):
            writer.put(UInt8(8))
            tasks.write(to: &writer)
            writer.list(functions) { $1.write(to: &$0) }
        case .variables(let stack, let variables, let functions):
            writer.put(UInt8(9))
            stack.write(to: &writer)
            writer.list(variables.sorted { $0.key < $1.key }) { writer, variables in
                writer.put(UInt32(clamping: variables.key))
                variables.value.write(to: &writer)
            }
            writer.list(functions) { $1.write(to: &$0) }
        case .hasReadVariables: writer.put(UInt8(10))
        case .heapScan(let reply):
            writer.put(UInt8(11))
            reply.write(to: &writer)
        case .heapContents(let reply):
            writer.put(UInt8(12))
            reply.write(to: &writer)
        case .blocks(let list):
            writer.put(UInt8(13))
            list.write(to: &writer)
        case .losses(let losses):
            writer.put(UInt8(6))
            writer.put(losses.budgetExhausted)
            writer.put(losses.damagedPerfMapLines)
            writer.put(losses.firstDamagedOffset)
        case .debugFile(let object, let query, let index):
            writer.put(UInt8(4))
            writer.put(object.rawValue)
            writer.put(index)
            switch query {
            case .buildID(let id):
                writer.put(UInt8(0))
                writer.put(id.bytes)
            case .link(let name):
                writer.put(UInt8(1))
                writer.put(name)
            case .path(let path):
                writer.put(UInt8(2))
                writer.put(path)
            case .server(let id):
                writer.put(UInt8(3))
                writer.put(id.bytes)
            }
        }
        return writer.bytes
    }

    package init(parsing bytes: [UInt8]) throws(MessageError) {
        var reader = MessageReader(bytes)
        self = try Self.reply(&reader)
        try reader.end()
    }

    private static func reply(_ reader: inout MessageReader) throws(MessageError) -> WorkerReply {
        switch try reader.integer(UInt8.self) {
        case 0: return .ready(try WorkerState(reading: &reader))
        case 1: return .refused(reason: try reader.text("reason", limit: 4096))
        case 2:
            return .stacks(
                try reader.list("stacks", limit: MessageLimits.list, size: 10) { (reader) throws(MessageError) in
                    try UnwoundStack(reading: &reader)
                }, functions: try functions(&reader))
        case 3:
            return .frames(
                try reader.list("frames", limit: MessageLimits.list, size: 4) { (reader) throws(MessageError) in
                    try reader.list("frames", limit: 4096, size: 9) { (reader) throws(MessageError) in
                        try Frame(reading: &reader)
                    }
                })
        case 4:
            let (object, index) = (ObjectID(rawValue: try reader.integer()), try reader.integer(UInt32.self))
            return .debugFile(object, try query(&reader), index: index)
        case 5: return .object(try reader.flag("object") ? try ObjectSummary(reading: &reader) : nil)
        case 7:
            return .runtimes(
                try reader.list("runtimes", limit: 64, size: 17) { (reader) throws(MessageError) in
                    try RuntimeSummary(reading: &reader)
                }, sharedPlan: try reader.flag("plan") ? try InterpreterPlan(reading: &reader) : nil)
        case 8: return .tasks(try RuntimeTasks(reading: &reader), functions: try functions(&reader))
        case 9: return try variables(&reader)
        case 10: return .hasReadVariables
        case 11: return .heapScan(try HeapScanReply(reading: &reader))
        case 12: return .heapContents(try HeapContentsReply(reading: &reader))
        case 13: return .blocks(try BlockGroupList(reading: &reader))
        case 6:
            return .losses(
                ParsingLosses(
                    budgetExhausted: try reader.integer(), damagedPerfMapLines: try reader.integer(),
                    firstDamagedOffset: try reader.integer()))
        default: throw reader.invalid("reply")
        }
    }

    private static func variables(_ reader: inout MessageReader) throws(MessageError) -> WorkerReply {
        let stack = try UnwoundStack(reading: &reader)
        let variables = try reader.list("variables", limit: stack.frames.count, size: 9) {
            (reader) throws(MessageError) in
            (Int(try reader.integer(UInt32.self)), try FrameVariables(reading: &reader))
        }
        let positions = variables.map(\.0)
        guard zip(positions, positions.dropFirst()).allSatisfy(<), positions.last ?? -1 < stack.frames.count else {
            throw reader.invalid("position")
        }
        return .variables(
            stack, Dictionary(variables) { first, _ in first }, functions: try functions(&reader))
    }

    private static func functions(_ reader: inout MessageReader) throws(MessageError) -> [InterpretedFunction] {
        try reader.list("functions", limit: MessageLimits.list, size: 9) { (reader) throws(MessageError) in
            try InterpretedFunction(reading: &reader)
        }
    }

    private static func query(_ reader: inout MessageReader) throws(MessageError) -> DebugFileQuery {
        switch try reader.integer(UInt8.self) {
        case 0: return .buildID(BuildID(bytes: try reader.content("build-id", limit: 64)))
        case 1: return .link(name: try reader.text("link", limit: DebugFileQuery.longestName))
        case 2: return .path(try reader.text("path", limit: DebugFileQuery.longestPath))
        case 3: return .server(BuildID(bytes: try reader.content("build-id", limit: 64)))
        default: throw reader.invalid("query")
        }
    }
}

extension DebugFileQuery {
    /// Bytes, as Linux limits names and paths.
    fileprivate static let longestName = 255
    fileprivate static let longestPath = 4096

    /// Whether a file can have the name: the tracer understands no longer one.
    package var canBeAsked: Bool {
        switch self {
        case .buildID(let id), .server(let id): id.bytes.count <= 64
        case .link(let name): name.utf8.count <= Self.longestName
        case .path(let path): path.utf8.count <= Self.longestPath
        }
    }
}
