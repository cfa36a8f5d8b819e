internal import Glibc
internal import ObjectFiles
internal import PerfMaps
internal import ProcFS
internal import ProfileModel
internal import Runtimes
internal import SystemSupport
internal import Unwinding
internal import WorkerProtocol

/// A process whose stacks are unwound: what it had mapped at which time, and how to read its generated code.
///
/// Belongs to the worker's one thread.
final class MappedProcess {
    private let memory: ProcessMemory?
    private let unwinder: Unwinder
    private var maps: [MemoryMap.Version: AddressSpaceMap] = [:]
    /// Files in memory that aren't object files: a runtime maps its code in one twice, to write and to execute it.
    private var memoryFiles: Set<ObjectID> = []
    private var perfMap: UsedPerfMap?
    /// `nil` where interpreters aren't to be read, or the process's memory can't be.
    private let runtimes: ProcessRuntimes?

    private var heap: ProcessHeap?

    private struct UsedPerfMap {
        let id: ObjectID
        let map: PerfMap
        let since: UInt64
    }

    init(
        memory: ProcessMemory?, tables: UnwindTableCache, frameLimit: Int, readsRuntimes: Bool
    ) throws(UnwinderError) {
        self.memory = memory
        heap = memory.map { ProcessHeap($0) }
        runtimes = readsRuntimes ? memory.map { ProcessRuntimes(memory: $0) } : nil
        unwinder = try Unwinder(addressSpace: AddressSpaceMap([]), tables: tables, frameLimit: frameLimit)
    }

    func add(
        _ ranges: [MappedRange], _ version: MemoryMap.Version, noting area: SharedArea,
        object: (ObjectID) -> ObjectFile?
    ) {
        let read: CopiedCode.ProcessCode?
        if let memory { read = { memory.bytes(at: $0, count: $1) } } else { read = nil }
        let map = AddressSpaceMap(ranges, object: object, read: read)
        maps[version] = map
        runtimes?.examine(map, noting: area)
        for case .file(let path, let file?) in ranges.lazy.map(\.content)
        where path.hasPrefix(MappedRange.memoryFilePrefix) && object(file) == nil {
            memoryFiles.insert(file)
        }
    }

    func discardMap(_ version: MemoryMap.Version) { maps[version] = nil }

    /// Names generated code by a perf map, in stacks taken since a time, in nanoseconds of `CLOCK_MONOTONIC`.
    func use(_ map: PerfMap, _ id: ObjectID, since time: UInt64) {
        perfMap = UsedPerfMap(id: id, map: map, since: time)
    }

    /// The runtimes that were found in it.
    var runtimeSummaries: [RuntimeSummary] { runtimes?.summaries ?? [] }

    /// What to copy of the interpreter of threads that have no plan yet; `nil` where there is none.
    var sharedInterpreterPlan: InterpreterPlan? { runtimes?.sharedPlan }

    /// The tasks of its event loops; none where interpreters aren't read.
    func tasks(
        in version: MemoryMap.Version, naming functions: InterpretedFunctionSink, noting area: SharedArea
    ) -> RuntimeTasks {
        guard let runtimes, let map = maps[version] else { return .none }
        runtimes.beginBatch()
        return runtimes.tasks(in: map, naming: functions, noting: area)
    }

    /// The number of its perf map.
    var perfMapID: ObjectID? { perfMap?.id }

    /// Reads what the process has added to its perf map since the last batch of stacks.
    func beginBatch() {
        perfMap?.map.readOn()
        runtimes?.beginBatch()
    }

    /// A stack, and where a runtime's own structures of its interpreted frames are, by their positions.
    struct Unwound {
        let stack: UnwoundStack
        var records: [Int: Address] = [:]

        static func truncated(_ reason: TruncationReason) -> Unwound {
            Unwound(stack: UnwoundStack(RawStack(frames: [], ending: .truncated(reason))))
        }
    }

    /// The variables of interpreted functions in a snapshot, as they are now, by the runtime's own structures of their frames.
    func variables(
        in reference: SnapshotReference, in area: SharedArea, _ reading: VariableReading
    ) -> [Address: FrameVariables] {
        guard let runtimes else { return [:] }
        let interpreter = reference.interpreter.compactMap(area.window)
        // Parts of an interpreter's list of frames are variables of its loops, on the stack.
        let stack = ([reference.stack] + reference.windows).compactMap(area.window)
        return runtimes.variables(
            in: CopiedMemory(stack + interpreter), startingAt: Set(interpreter.map(\.base)), reading)
    }

    // MARK: - Heap

    /// Scans its heap; `nil` where its memory can't be read.
    func scanHeap(
        _ ranges: [MappedRange], _ input: HeapScanInput, _ pages: consuming OwnedDescriptor?, noting area: SharedArea
    ) -> HeapScanReply? {
        heap?.scan(ranges, input, pages: pages, noting: area)
    }

    func unreachedBlocks(noting area: SharedArea) -> BlockGroupList? { heap?.unreachedBlocks(noting: area) }

    func readHeap(
        _ ranges: [MappedRange], _ pages: consuming OwnedDescriptor?, noting area: SharedArea
    ) -> HeapContentsReply? {
        heap?.read(ranges, pages: pages, noting: area)
    }

    // MARK: - Stacks

    /// The stack of a snapshot; what the kernel was doing for the thread isn't part of it.
    func unwind(
        _ reference: SnapshotReference, in area: SharedArea, naming functions: InterpretedFunctionSink
    ) -> Unwound {
        guard let map = maps[reference.map] else {
            return .truncated(.codeChanged(Address(rawValue: 0)))
        }
        guard let stack = area.window(reference.stack) else {
            return .truncated(.unreadableMemory(reference.stack.base))
        }
        unwinder.addressSpace = map
        let snapshot = StackSnapshot(
            process: ProcessID(rawValue: 0), thread: ThreadID(rawValue: 0), registers: reference.nativeRegisters,
            stack: stack, windows: reference.windows.compactMap(area.window))
        let walked = unwinder.walk(snapshot, generatedCode: memory)
        let agreed = walked.stack.stack.agreeing(with: reference.others.compactMap { maps[$0] })
        let named = walked.stack.replacing(naming(agreed, takenAt: reference.time))
        guard let runtimes, let stackPointer = snapshot.registers.stackPointer,
            let extent = map.mapping(containing: stackPointer)
        else { return Unwound(stack: named) }
        return runtimes.merge(
            named,
            NativeStack(
                named.stack, stackPointers: walked.stackPointers, extent: extent.start..<extent.end,
                registers: snapshot.registers, windows: [stack] + snapshot.windows,
                interpreter: reference.interpreter.compactMap(area.window), time: reference.time),
            naming: functions)
    }

    private func naming(_ stack: RawStack, takenAt time: UInt64) -> RawStack {
        guard let perfMap, time >= perfMap.since else { return stack }
        let frames = stack.frames.map { frame in
            let address = frame.address.instruction
            guard mayBeGenerated(frame.location), let code = perfMap.map.code(at: address, when: time) else {
                return frame
            }
            return RawFrame(address: frame.address, location: .generated(perfMap.id, code, address))
        }
        return RawStack(frames: frames, ending: stack.ending)
    }

    private func mayBeGenerated(_ location: CodeLocation) -> Bool {
        switch location {
        case .anonymous: true
        case .object(let file, _): memoryFiles.contains(file)
        case .generated, .interpreted, .unmapped, .kernel, .kernelWorker, .signalReturn: false
        }
    }
}

extension SharedArea {
    fileprivate func window(_ reference: SnapshotReference.Window) -> StackWindow? {
        bytes(at: reference.offset, count: reference.count).map { StackWindow(base: reference.base, bytes: $0) }
    }
}

extension RawStack {
    /// The part of the stack that lies in the same code by all of the maps.
    fileprivate func agreeing(with maps: [AddressSpaceMap]) -> RawStack {
        let dispute = frames.firstIndex { frame in
            if case .signalReturn = frame.location { return false }
            return maps.contains { $0.location(of: frame.address.instruction) != frame.location }
        }
        guard let dispute else { return self }
        return RawStack(
            frames: Array(frames[..<dispute]), ending: .truncated(.codeChanged(frames[dispute].address.value)))
    }
}

/// A process's memory by its `/proc/PID/mem`, whose permission was checked when the tracer opened it.
///
/// Unlike process_vm_readv(2), reading it doesn't wait for a page that userfaultfd(2) withholds.
final class ProcessMemory: CodeReader, Sendable {
    private let file: OwnedDescriptor

    init(_ file: consuming OwnedDescriptor) { self.file = file }

    func bytes(at address: Address, count: Int) -> [UInt8] {
        guard let offset = off_t(exactly: address.rawValue) else { return [] }
        // Safe: the kernel writes at most `count` bytes, and says how many.
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = max(0, unsafe pread(file.rawValue, buffer.baseAddress, count, offset))
        }
    }

    /// Reads up to the buffer's size; returns how many bytes there were before the first that can't be read.
    func read(at address: Address, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let offset = off_t(exactly: address.rawValue) else { return 0 }
        // Safe: the kernel writes at most as many bytes as the buffer has.
        return max(0, unsafe pread(file.rawValue, buffer.baseAddress, buffer.count, offset))
    }
}
