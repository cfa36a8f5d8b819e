internal import Glibc
internal import ObjectFiles
internal import ProcFS
internal import ProfileModel
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

    init(memory: ProcessMemory?, tables: UnwindTableCache, frameLimit: Int) throws(UnwinderError) {
        self.memory = memory
        unwinder = try Unwinder(addressSpace: AddressSpaceMap([]), tables: tables, frameLimit: frameLimit)
    }

    func add(_ ranges: [MappedRange], _ version: MemoryMap.Version, object: (ObjectID) -> ObjectFile?) {
        let read: CopiedCode.ProcessCode?
        if let memory { read = { memory.bytes(at: $0, count: $1) } } else { read = nil }
        maps[version] = AddressSpaceMap(ranges, object: object, read: read)
    }

    func discardMap(_ version: MemoryMap.Version) { maps[version] = nil }

    /// The stack of a snapshot; what the kernel was doing for the thread isn't part of it.
    func unwind(_ reference: SnapshotReference, in area: SharedArea) -> UnwoundStack {
        guard let map = maps[reference.map] else {
            return UnwoundStack(RawStack(frames: [], ending: .truncated(.codeChanged(Address(rawValue: 0)))))
        }
        guard let stack = area.window(reference.stack) else {
            return UnwoundStack(RawStack(frames: [], ending: .truncated(.unreadableMemory(reference.stack.base))))
        }
        unwinder.addressSpace = map
        let snapshot = StackSnapshot(
            process: ProcessID(rawValue: 0), thread: ThreadID(rawValue: 0), registers: reference.nativeRegisters,
            stack: stack, windows: reference.windows.compactMap(area.window))
        let unwound = unwinder.unwind(snapshot, generatedCode: memory)
        return UnwoundStack(
            unwound.stack.agreeing(with: reference.others.compactMap { maps[$0] }), plan: unwound.plan)
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
}
