internal import CLinux
internal import Glibc
package import ProfileModel

/// Memory that tracer and workers share: the bytes of snapshots on the one hand, what the worker is at on the other.
///
/// It is mapped before the first worker is forked, so that no descriptor leads to it. The worker may write anything to it at
/// any time: the tracer reads nothing but the activity, of which every value is harmless.
@safe package final class SharedArea: @unchecked Sendable {
    // Safe to share: the activity is read and written word by word atomically; the snapshots are written while the worker
    // waits for a request, and read while the tracer waits for its reply.
    private let memory: UnsafeMutableRawPointer
    /// How many bytes of snapshots there is room for.
    package let capacity: Int
    private static let headerSize = 4096

    /// `nil` when there is no memory.
    package init?(capacity: Int) {
        let size = Self.headerSize + capacity
        // Safe: a new mapping, which nothing else refers to.
        let result = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
        guard unsafe result != MAP_FAILED, let result = unsafe result else { return nil }
        unsafe memory = result
        self.capacity = capacity
    }

    deinit { unsafe munmap(memory, Self.headerSize + capacity) }

    // MARK: - Snapshots

    /// Copies bytes to an offset, where they must fit.
    package func write(_ bytes: [UInt8], at offset: Int) {
        precondition(offset >= 0 && bytes.count <= capacity - offset)
        unsafe bytes.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            // Safe: the precondition leaves room for them.
            unsafe (memory + Self.headerSize + offset).copyMemory(from: start, byteCount: source.count)
        }
    }

    /// A copy of bytes; `nil` where they don't all lie in the area.
    package func bytes(at offset: UInt32, count: UInt32) -> [UInt8]? {
        guard UInt64(offset) + UInt64(count) <= UInt64(capacity) else { return nil }
        // Safe: the guard keeps the range within the mapping.
        return unsafe Array(
            UnsafeRawBufferPointer(start: memory + Self.headerSize + Int(offset), count: Int(count)))
    }

    // MARK: - Activity

    /// What a worker is at, so that whatever ends it can be told from the rest.
    package struct Activity: Hashable, Sendable {
        package enum Phase: UInt64, Sendable {
            case idle
            /// Unwinds the snapshot of that index in the request.
            case stack
            /// Names the location of that index in the request.
            case name
        }

        package var phase: Phase
        package var index: Int
        /// The object file that is being read, if one is.
        package var object: ObjectID?
        /// The symbol whose name is being demangled, in that object file.
        package var symbol: FileAddress?

        package init(phase: Phase, index: Int, object: ObjectID? = nil, symbol: FileAddress? = nil) {
            self.phase = phase
            self.index = index
            self.object = object
            self.symbol = symbol
        }

        package static let idle = Activity(phase: .idle, index: 0)
    }

    package var activity: Activity {
        get {
            let (state, object, symbol) = (word(1), word(2), word(3))
            return Activity(
                phase: Activity.Phase(rawValue: state & 3) ?? .idle, index: Int(clamping: state >> 3),
                object: object == 0 ? nil : ObjectID(rawValue: UInt32(truncatingIfNeeded: object)),
                symbol: state & 4 == 0 ? nil : FileAddress(rawValue: symbol))
        }
        set {
            setWord(3, newValue.symbol?.rawValue ?? 0)
            setWord(2, UInt64(newValue.object?.rawValue ?? 0))
            setWord(1, newValue.phase.rawValue | (newValue.symbol == nil ? 0 : 4) | UInt64(newValue.index) << 3)
            setWord(0, word(0) &+ 1)
        }
    }

    /// Changes with each activity.
    package var activityCount: UInt64 { word(0) }

    private func word(_ index: Int) -> UInt64 {
        // Safe: the header holds 512 words.
        unsafe clinux_load_word((memory + index * 8).assumingMemoryBound(to: UInt64.self))
    }

    private func setWord(_ index: Int, _ value: UInt64) {
        // Safe: the header holds 512 words.
        unsafe clinux_store_word((memory + index * 8).assumingMemoryBound(to: UInt64.self), value)
    }
}
