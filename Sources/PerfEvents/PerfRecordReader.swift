internal import ProcFS
internal import ProfileModel

/// Reads the records that the events of `PerfEvent` write (perf_event_open(2), "MMAP layout").
///
/// Total: bytes that are no such record are skipped, and counted where records are cut short.
package struct PerfRecordReader {
    private var input: LittleEndianInput
    /// Records whose fields don't fit into their size.
    package private(set) var malformed = 0

    /// - Parameter count: how many of the bytes are records, from the first one on.
    package init(_ bytes: [UInt8], count: Int) { input = LittleEndianInput(bytes, count: count) }

    /// `perf_event_header.type`.
    private enum Kind: UInt32 {
        case lost = 2
        case named = 3
        case ended = 4
        case throttled = 5
        case started = 7
        case sample = 9
        case mapped = 10
        case lostSamples = 13
        case switched = 14
    }

    private struct Flags {
        let rawValue: UInt16
        var isExecution: Bool { rawValue & 1 << 13 != 0 }
        var isSwitchOut: Bool { rawValue & 1 << 13 != 0 }
        var isPreemption: Bool { rawValue & 1 << 14 != 0 }
    }

    /// The next record of a kind that is of use; `nil` at the end.
    package mutating func next() -> PerfRecord? {
        while let kind = input.uint32(), let flags = input.uint16(), let size = input.uint16() {
            // A size that doesn't hold its own header would be read for ever.
            guard size >= 8, var body = input.take(Int(size) - 8) else {
                malformed += 1
                return nil
            }
            guard let kind = Kind(rawValue: kind) else { continue }
            if let record = Self.record(kind, Flags(rawValue: flags), &body) { return record }
            malformed += 1
        }
        return nil
    }

    private static func record(_ kind: Kind, _ flags: Flags, _ body: inout LittleEndianInput) -> PerfRecord? {
        if kind == .sample { return sample(&body) }
        // All other records end with what `sample_id_all` adds: the thread and the time.
        guard var trailer = body.takeLast(16), let identity = identity(&trailer) else { return nil }
        if kind == .started || kind == .ended { return lifetime(kind, &body) }
        guard let content = content(kind, flags, &body) else { return nil }
        return PerfRecord(time: identity.time, process: identity.process, thread: identity.thread, content: content)
    }

    private static func content(
        _ kind: Kind, _ flags: Flags, _ body: inout LittleEndianInput
    ) -> PerfRecord.Content? {
        switch kind {
        case .lost:
            guard body.uint64() != nil, let count = body.uint64() else { return nil }
            return .lost(count)
        case .lostSamples: return body.uint64().map(PerfRecord.Content.lost)
        case .switched: return flags.isSwitchOut ? .switchedOut(wasPreempted: flags.isPreemption) : .switchedIn
        case .named:
            guard body.uint64() != nil else { return nil }
            let name = body.remaining.prefix { $0 != 0 }
            return .named(String(decoding: name, as: UTF8.self), isExecution: flags.isExecution)
        case .throttled: return .throttled
        case .mapped:
            guard body.uint64() != nil else { return nil }
            return mapping(&body).map(PerfRecord.Content.mapped)
        case .sample, .started, .ended: return nil
        }
    }

    /// `addr, len, pgoff, maj, min, ino, ino_generation, prot, flags, filename`.
    private static func mapping(_ body: inout LittleEndianInput) -> MemoryMapping? {
        guard let start = body.uint64(), let count = body.uint64(), let offset = body.uint64(),
            let major = body.uint32(), let minor = body.uint32(), let inode = body.uint64(), body.uint64() != nil,
            let protection = body.uint32(), body.uint32() != nil
        else { return nil }
        let (end, overflow) = start.addingReportingOverflow(count)
        guard count > 0, !overflow else { return nil }
        return MemoryMapping(
            start: Address(rawValue: start), end: Address(rawValue: end),
            // PROT_READ, PROT_WRITE and PROT_EXEC have the values of `MappingPermissions`.
            permissions: MappingPermissions(rawValue: UInt8(truncatingIfNeeded: protection & 7)), offset: offset,
            device: DeviceNumber(major: major, minor: minor), inode: inode,
            reportedName: String(decoding: body.remaining.prefix { $0 != 0 }, as: UTF8.self))
    }

    /// `pid, ppid, tid, ptid, time`: the identity behind it is that of the thread that starts another.
    private static func lifetime(_ kind: Kind, _ body: inout LittleEndianInput) -> PerfRecord? {
        guard let process = body.int32(), let parentProcess = body.int32(), let thread = body.int32(),
            let parent = body.int32(), let time = body.uint64()
        else { return nil }
        let content: PerfRecord.Content =
            kind == .ended
            ? .ended
            : .started(parent: ThreadID(rawValue: parent), of: ProcessID(rawValue: parentProcess))
        return PerfRecord(
            time: time, process: ProcessID(rawValue: process), thread: ThreadID(rawValue: thread), content: content)
    }

    private static func identity(
        _ body: inout LittleEndianInput
    ) -> (process: ProcessID, thread: ThreadID, time: UInt64)? {
        guard let process = body.int32(), let thread = body.int32(), let time = body.uint64() else { return nil }
        return (ProcessID(rawValue: process), ThreadID(rawValue: thread), time)
    }

    // MARK: - Samples

    private static func sample(_ body: inout LittleEndianInput) -> PerfRecord? {
        guard let identity = identity(&body), let kernelStack = kernelStack(&body),
            let (registers, isThirtyTwoBit) = registers(&body), let stack = stack(at: registers.stackPointer, &body)
        else { return nil }
        let sample = PerfSample(
            kernelStack: kernelStack, registers: registers, isThirtyTwoBit: isThirtyTwoBit, stack: stack)
        return PerfRecord(
            time: identity.time, process: identity.process, thread: identity.thread, content: .sample(sample))
    }

    /// Markers between the addresses say whose those behind are (`PERF_CONTEXT_…`, the last 4095 numbers).
    private static let markers = UInt64(bitPattern: -4095)...

    private static func kernelStack(_ body: inout LittleEndianInput) -> [Address]? {
        // No more than a record has room for.
        guard let count = body.uint64(), count <= 8192 else { return nil }
        var addresses: [Address] = []
        for _ in 0..<count {
            guard let address = body.uint64() else { return nil }
            if !markers.contains(address) { addresses.append(Address(rawValue: address)) }
        }
        return addresses
    }

    /// `PERF_SAMPLE_REGS_ABI_32`.
    private static let thirtyTwoBit: UInt64 = 1

    private static func registers(_ body: inout LittleEndianInput) -> (NativeRegisters, isThirtyTwoBit: Bool)? {
        var registers = NativeRegisters()
        guard let abi = body.uint64() else { return nil }
        guard abi != 0 else { return (registers, false) }
        for name in NativeRegisters.Name.sampled {
            guard let value = body.uint64() else { return nil }
            if abi != thirtyTwoBit { registers[name] = value }
        }
        return (registers, abi == thirtyTwoBit)
    }

    private static func stack(at stackPointer: Address?, _ body: inout LittleEndianInput) -> StackWindow? {
        let base = stackPointer ?? Address(rawValue: 0)
        guard let reserved = body.uint64() else { return nil }
        guard reserved > 0, stackPointer != nil else { return StackWindow(base: base, bytes: []) }
        guard reserved <= 1 << 16, let bytes = body.take(Int(reserved)), let copied = body.uint64(),
            copied <= reserved
        else { return nil }
        return StackWindow(base: base, bytes: Array(bytes.remaining.prefix(Int(copied))))
    }
}
