package import ProfileModel

/// What a scan of a heap found, or why there was none.
package enum HeapScanReply: Sendable, Equatable {
    case scanned(HeapScan)
    case unreadable(HeapReadError)
}

/// What a heap holds, or why it isn't known.
package enum HeapContentsReply: Sendable, Equatable {
    case read(HeapSummary, BlockGroupList)
    case unreadable(HeapReadError)
}

extension HeapScanReply {
    func write(to writer: inout MessageWriter) {
        switch self {
        case .scanned(let scan):
            writer.put(true)
            writer.put(scan.count)
            scan.unreached.write(to: &writer)
            scan.undecided.write(to: &writer)
            writer.put(scan.searchedBytes)
            scan.summary.write(to: &writer)
        case .unreadable(let error):
            writer.put(false)
            error.write(to: &writer)
        }
    }

    init(reading reader: inout MessageReader) throws(MessageError) {
        guard try reader.flag("scanned") else {
            self = .unreadable(try HeapReadError(reading: &reader))
            return
        }
        self = .scanned(
            HeapScan(
                count: try reader.integer(), unreached: try HeapAmount(reading: &reader),
                undecided: try HeapAmount(reading: &reader), searchedBytes: try reader.integer(),
                summary: try HeapSummary(reading: &reader)))
    }
}

extension HeapContentsReply {
    func write(to writer: inout MessageWriter) {
        switch self {
        case .read(let summary, let groups):
            writer.put(true)
            summary.write(to: &writer)
            groups.write(to: &writer)
        case .unreadable(let error):
            writer.put(false)
            error.write(to: &writer)
        }
    }

    init(reading reader: inout MessageReader) throws(MessageError) {
        guard try reader.flag("read") else {
            self = .unreadable(try HeapReadError(reading: &reader))
            return
        }
        self = .read(try HeapSummary(reading: &reader), try BlockGroupList(reading: &reader))
    }
}

extension HeapReadError {
    fileprivate func write(to writer: inout MessageWriter) {
        switch self {
        case .noAllocator(let other): writer.put(other.map { $0.rawValue + 1 } ?? 0)
        }
    }

    fileprivate init(reading reader: inout MessageReader) throws(MessageError) {
        let number: UInt8 = try reader.integer()
        guard number > 0 else {
            self = .noAllocator(nil)
            return
        }
        guard let other = OtherAllocator(rawValue: number - 1) else { throw reader.invalid("allocator") }
        self = .noAllocator(other)
    }
}

extension HeapScanInput {
    func write(to writer: inout MessageWriter) {
        writer.list(stackPointers) { $0.put($1.rawValue) }
        writer.list(registers) { $0.put($1) }
    }

    init(reading reader: inout MessageReader) throws(MessageError) {
        let pointers = try reader.list("stack pointers", limit: MessageLimits.list, size: 8) {
            (reader) throws(MessageError) in Address(rawValue: try reader.integer())
        }
        self.init(
            stackPointers: pointers,
            registers: try reader.list("registers", limit: MessageLimits.list, size: 8) {
                (reader) throws(MessageError) in try reader.integer()
            })
    }
}

extension HeapAmount {
    fileprivate static let size = 16

    fileprivate func write(to writer: inout MessageWriter) {
        writer.put(blocks)
        writer.put(bytes)
    }

    fileprivate init(reading reader: inout MessageReader) throws(MessageError) {
        self.init(blocks: try reader.integer(), bytes: try reader.integer())
    }
}

extension HeapSummary {
    fileprivate func write(to writer: inout MessageWriter) {
        writer.list(arenas) { writer, arena in
            writer.put(arena.isMain)
            arena.live.write(to: &writer)
            arena.free.write(to: &writer)
        }
        cached.write(to: &writer)
        mapped.write(to: &writer)
        writer.list(losses.amounts.sorted { $0.key.rawValue < $1.key.rawValue }) { writer, loss in
            writer.put(loss.key.rawValue)
            loss.value.write(to: &writer)
        }
    }

    fileprivate init(reading reader: inout MessageReader) throws(MessageError) {
        let arenas = try reader.list("arenas", limit: 1 << 16, size: 1 + 2 * HeapAmount.size) {
            (reader) throws(MessageError) in
            Arena(
                isMain: try reader.flag("main"), live: try HeapAmount(reading: &reader),
                free: try HeapAmount(reading: &reader))
        }
        let (cached, mapped) = (try HeapAmount(reading: &reader), try HeapAmount(reading: &reader))
        let losses = try reader.list("losses", limit: HeapLoss.allCases.count, size: 1 + HeapAmount.size) {
            (reader) throws(MessageError) in
            guard let loss = HeapLoss(rawValue: try reader.integer()) else { throw reader.invalid("loss") }
            return (loss, try HeapAmount(reading: &reader))
        }
        self.init(
            arenas: arenas, cached: cached, mapped: mapped,
            losses: HeapLosses(Dictionary(losses) { first, _ in first }))
    }
}

extension BlockGroupList {
    func write(to writer: inout MessageWriter) {
        writer.list(groups) { $1.write(to: &$0) }
        rest.write(to: &writer)
    }

    init(reading reader: inout MessageReader) throws(MessageError) {
        let groups = try reader.list("groups", limit: Self.limit, size: 2 + HeapAmount.size) {
            (reader) throws(MessageError) in try BlockGroup(reading: &reader)
        }
        self.init(groups, rest: try HeapAmount(reading: &reader))
    }
}

extension BlockGroup {
    fileprivate func write(to writer: inout MessageWriter) {
        switch content {
        case .cxx(let name):
            writer.put(UInt8(0))
            writer.put(name)
        case .swift(let name):
            writer.put(UInt8(1))
            writer.put(name)
        case .text: writer.put(UInt8(2))
        case .zeros: writer.put(UInt8(3))
        case .other: writer.put(UInt8(4))
        }
        writer.put(size != nil)
        writer.put(size ?? 0)
        amount.write(to: &writer)
        writer.put(sample)
    }

    fileprivate init(reading reader: inout MessageReader) throws(MessageError) {
        let content: BlockContent
        switch try reader.integer(UInt8.self) {
        case 0: content = .cxx(try reader.text("class", limit: MessageLimits.name))
        case 1: content = .swift(try reader.text("class", limit: MessageLimits.name))
        case 2: content = .text
        case 3: content = .zeros
        case 4: content = .other
        default: throw reader.invalid("content")
        }
        let (hasSize, size) = (try reader.flag("size"), try reader.integer(UInt64.self))
        self.init(
            content: content, size: hasSize ? size : nil, amount: try HeapAmount(reading: &reader),
            sample: try reader.optionalText("sample", limit: MessageLimits.name))
    }
}
