package import ProfileModel

/// A process as tracer and worker refer to it: a number of the tracer's that is never used again, as PIDs are.
package struct ProcessKey: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// What the tracer asks of the worker.
package enum WorkerRequest: Sendable, Equatable {
    /// An object file, whose descriptor comes with the message.
    case object(ObjectID, path: String)
    /// An object file that exists only in memory: the vDSO.
    case image(ObjectID, path: String, bytes: [UInt8])
    /// A perf map, whose descriptor comes with the message; numbered as object files are.
    case perfMap(ObjectID)
    /// The perf map of a process, for stacks taken since a time, in nanoseconds of `CLOCK_MONOTONIC`.
    case usePerfMap(ObjectID, ProcessKey, since: UInt64)
    /// A process, or one that executes another program now; whether interpreters in it are to be read, and whether
    /// `/proc/PID/mem`, opened for reading, comes with the message.
    case process(ProcessKey, frameLimit: UInt32, readsRuntimes: Bool, hasMemory: Bool)
    /// What a process has mapped, for stacks that name that version.
    case map(ProcessKey, MemoryMap.Version, [MappedRange])
    case discardMap(ProcessKey, MemoryMap.Version)
    case discardProcess(ProcessKey)
    /// Symbols whose names must not be demangled.
    case skipNames([SymbolPlace])
    /// Answered by `.stacks`, in the same order.
    case unwind([SnapshotReference])
    /// Answered by `.frames`, in the same order, of the first locations and at least of one: as many as a reply has room for.
    case name([CodeLocation])
    /// Answered by `.object`.
    case describe(ObjectID)
    /// Answered by `.runtimes`: those in what the process has mapped.
    case describeRuntimes(ProcessKey)
    /// Asks for the tasks of the event loops in a process.
    case readTasks(ProcessKey, MemoryMap.Version)
    /// Asks for the variables of interpreted functions in a snapshot, as they are now, and for its stack: answered by
    /// `.hasReadVariables` as soon as the process's memory isn't read any more, and then by `.variables`.
    case readVariables(SnapshotReference, VariableReading)
    /// Asks to scan the heap of a process that has these ranges mapped, whose memory came before; answered by `.heapScan`.
    ///
    /// `/proc/PID/pagemap` may come with the message.
    case scanHeap(ProcessKey, [MappedRange], HeapScanInput, hasPageMap: Bool)
    /// Asks for what is in the blocks that no scan of the heap has reached; answered by `.blocks`.
    case describeUnreached(ProcessKey)
    /// Asks for what is in all blocks in use; answered by `.heapContents`. `/proc/PID/pagemap` may come with the message.
    case readHeap(ProcessKey, [MappedRange], hasPageMap: Bool)
    /// Makes the budget for reading object files available anew; these are not used any more.
    case renewBudget(discarding: [ObjectID])
    /// Answered by `.losses`.
    case countLosses
    /// The answer to `.debugFile`: the index of the candidate whose descriptor comes with the message; `nil` where there is
    /// none.
    case debugFile(index: UInt32?)
}

/// A symbol by where it begins in its object file.
package struct SymbolPlace: Hashable, Sendable {
    package let object: ObjectID
    package let address: FileAddress

    package init(object: ObjectID, address: FileAddress) {
        self.object = object
        self.address = address
    }

    /// Stands for the debug information of an object file among the symbols, as what may end a worker and is then skipped.
    package static func debugInformation(of object: ObjectID) -> SymbolPlace {
        SymbolPlace(object: object, address: .debugInformation)
    }

    package var isDebugInformation: Bool { address == .debugInformation }
}

extension FileAddress {
    /// In place of a symbol's address; no code lies there.
    package static let debugInformation = FileAddress(rawValue: .max)
}

/// More is refused, from either side.
package enum MessageLimits {
    /// Bytes of a message to the worker.
    package static let message = 64 << 20
    /// Bytes of a message from the worker: of what it claims, the tracer keeps no more than a few times as much.
    package static let reply = 8 << 20
    static let list = 1 << 20
    static let path = 1 << 16
    static let image = 1 << 20
    static let name = 1 << 16
}

extension WorkerRequest {
    /// A message of several requests, which are answered in their order; their descriptors come in the same order.
    package static func message(_ requests: [WorkerRequest]) -> [UInt8] {
        var writer = MessageWriter()
        writer.list(requests) { $1.write(to: &$0) }
        return writer.bytes
    }

    package static func requests(parsing message: [UInt8]) throws(MessageError) -> [WorkerRequest] {
        var reader = MessageReader(message)
        let requests = try reader.list("requests", limit: MessageLimits.list, size: 1) {
            (reader) throws(MessageError) in try request(&reader)
        }
        try reader.end()
        return requests
    }

    private func write(to writer: inout MessageWriter) {
        switch self {
        case .object(let id, let path):
            writer.put(UInt8(0))
            writer.put(id.rawValue)
            writer.put(path)
        case .image(let id, let path, let bytes):
            writer.put(UInt8(1))
            writer.put(id.rawValue)
            writer.put(path)
            writer.put(bytes)
        case .process(let process, let frameLimit, let readsRuntimes, let hasMemory):
            writer.put(UInt8(2))
            writer.put(process.rawValue)
            writer.put(frameLimit)
            writer.put(readsRuntimes)
            writer.put(hasMemory)
        case .map(let process, let version, let ranges):
            writer.put(UInt8(3))
            writer.put(process.rawValue)
            writer.put(version.rawValue)
            writer.list(ranges) { $1.write(to: &$0) }
        case .discardMap(let process, let version):
            writer.put(UInt8(4))
            writer.put(process.rawValue)
            writer.put(version.rawValue)
        case .discardProcess(let process):
            writer.put(UInt8(5))
            writer.put(process.rawValue)
        case .skipNames(let symbols):
            writer.put(UInt8(6))
            writer.list(symbols) { writer, symbol in
                writer.put(symbol.object.rawValue)
                writer.put(symbol.address.rawValue)
            }
        case .unwind(let snapshots):
            writer.put(UInt8(7))
            writer.list(snapshots) { $1.write(to: &$0) }
        case .name(let locations):
            writer.put(UInt8(8))
            writer.list(locations) { $1.write(to: &$0) }
        case .debugFile(let index):
            writer.put(UInt8(9))
            writer.put(index != nil)
            writer.put(index ?? 0)
        case .describe(let object):
            writer.put(UInt8(10))
            writer.put(object.rawValue)
        case .countLosses: writer.put(UInt8(11))
        case .describeRuntimes(let process):
            writer.put(UInt8(15))
            writer.put(process.rawValue)
        case .readTasks(let process, let version):
            writer.put(UInt8(16))
            writer.put(process.rawValue)
            writer.put(version.rawValue)
        case .readVariables(let snapshot, let reading):
            writer.put(UInt8(17))
            snapshot.write(to: &writer)
            reading.write(to: &writer)
        case .scanHeap(let process, let ranges, let input, let hasPageMap):
            writer.put(UInt8(18))
            writer.put(process.rawValue)
            writer.list(ranges) { $1.write(to: &$0) }
            input.write(to: &writer)
            writer.put(hasPageMap)
        case .describeUnreached(let process):
            writer.put(UInt8(19))
            writer.put(process.rawValue)
        case .readHeap(let process, let ranges, let hasPageMap):
            writer.put(UInt8(20))
            writer.put(process.rawValue)
            writer.list(ranges) { $1.write(to: &$0) }
            writer.put(hasPageMap)
        case .renewBudget(let discarded):
            writer.put(UInt8(12))
            writer.list(discarded) { $0.put($1.rawValue) }
        case .perfMap(let id):
            writer.put(UInt8(13))
            writer.put(id.rawValue)
        case .usePerfMap(let id, let process, let since):
            writer.put(UInt8(14))
            writer.put(id.rawValue)
            writer.put(process.rawValue)
            writer.put(since)
        }
    }

    private static func request(_ reader: inout MessageReader) throws(MessageError) -> WorkerRequest {
        switch try reader.integer(UInt8.self) {
        case 0: return .object(try id(&reader), path: try reader.text("path", limit: MessageLimits.path))
        case 1:
            return .image(
                try id(&reader), path: try reader.text("path", limit: MessageLimits.path),
                bytes: try reader.content("image", limit: MessageLimits.image))
        case 2:
            return .process(
                try key(&reader), frameLimit: try reader.integer(), readsRuntimes: try reader.flag("runtimes"),
                hasMemory: try reader.flag("memory"))
        case 3:
            return .map(try key(&reader), try version(&reader), try ranges(&reader))
        case 4: return .discardMap(try key(&reader), try version(&reader))
        case 5: return .discardProcess(try key(&reader))
        case 6:
            return .skipNames(
                try reader.list("symbols", limit: MessageLimits.list, size: 12) { (reader) throws(MessageError) in
                    SymbolPlace(object: try id(&reader), address: FileAddress(rawValue: try reader.integer()))
                })
        case 7:
            return .unwind(
                try reader.list("snapshots", limit: MessageLimits.list, size: 56) { (reader) throws(MessageError) in
                    try SnapshotReference(reading: &reader)
                })
        case 8:
            return .name(
                try reader.list("locations", limit: MessageLimits.list, size: 9) { (reader) throws(MessageError) in
                    try CodeLocation(reading: &reader)
                })
        case 9:
            let (exists, index) = (try reader.flag("exists"), try reader.integer(UInt32.self))
            return .debugFile(index: exists ? index : nil)
        case 10: return .describe(try id(&reader))
        case 11: return .countLosses
        case 12:
            return .renewBudget(
                discarding: try reader.list("objects", limit: MessageLimits.list, size: 4) {
                    (reader) throws(MessageError) in try id(&reader)
                })
        case 15: return .describeRuntimes(try key(&reader))
        case 16: return .readTasks(try key(&reader), try version(&reader))
        case 17:
            return .readVariables(try SnapshotReference(reading: &reader), try VariableReading(reading: &reader))
        case 18:
            return .scanHeap(
                try key(&reader), try ranges(&reader), try HeapScanInput(reading: &reader),
                hasPageMap: try reader.flag("page map"))
        case 19: return .describeUnreached(try key(&reader))
        case 20: return .readHeap(try key(&reader), try ranges(&reader), hasPageMap: try reader.flag("page map"))
        case 13: return .perfMap(try id(&reader))
        case 14: return .usePerfMap(try id(&reader), try key(&reader), since: try reader.integer())
        default: throw reader.invalid("request")
        }
    }

    private static func id(_ reader: inout MessageReader) throws(MessageError) -> ObjectID {
        ObjectID(rawValue: try reader.integer())
    }

    private static func ranges(_ reader: inout MessageReader) throws(MessageError) -> [MappedRange] {
        try reader.list("ranges", limit: MessageLimits.list, size: MappedRange.smallestSize) {
            (reader) throws(MessageError) in try MappedRange(reading: &reader)
        }
    }

    private static func key(_ reader: inout MessageReader) throws(MessageError) -> ProcessKey {
        ProcessKey(rawValue: try reader.integer())
    }

    private static func version(_ reader: inout MessageReader) throws(MessageError) -> MemoryMap.Version {
        MemoryMap.Version(rawValue: try reader.integer())
    }
}
