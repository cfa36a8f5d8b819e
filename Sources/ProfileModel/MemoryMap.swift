internal import Synchronization
internal import SystemSupport

/// A range of a process's memory, as a line of `/proc/PID/maps` describes it, with the number of the object file behind
/// its code.
package struct MappedRange: Sendable, Hashable {
    package let start: Address
    /// The first address after it.
    package let end: Address
    package let isReadable: Bool
    package let isWritable: Bool
    package let isExecutable: Bool
    /// Whether writes reach the file, or other processes that map it.
    package let isShared: Bool
    package let fileOffset: UInt64
    package let content: Content

    /// What a range of memory holds.
    package enum Content: Sendable, Hashable {
        /// No object file where the range isn't executable, or the file couldn't be opened.
        case file(path: String, ObjectID?)
        case vdso(ObjectID?)
        /// The main thread's stack; other stacks are anonymous.
        case stack
        case heap
        case anonymous
        /// Another bracketed name of the kernel's, such as `[vsyscall]` or `[anon:…]`.
        case named(String)
    }

    package init(
        start: Address, end: Address, isReadable: Bool, isWritable: Bool, isExecutable: Bool,
        isShared: Bool = false, fileOffset: UInt64, content: Content
    ) {
        self.start = start
        self.end = end
        self.isReadable = isReadable
        self.isWritable = isWritable
        self.isExecutable = isExecutable
        self.isShared = isShared
        self.fileOffset = fileOffset
        self.content = content
    }

    package func contains(_ address: Address) -> Bool { start <= address && address < end }

    /// What begins the path of a file that memfd_create(2) made, as the kernel shows it.
    package static let memoryFilePrefix = "/memfd:"

    /// The object file whose code is mapped here.
    package var object: ObjectID? {
        switch content {
        case .file(_, let object), .vdso(let object): object
        case .stack, .heap, .anonymous, .named: nil
        }
    }

    /// What is left of it when another one takes its place.
    fileprivate func parts(outside other: MappedRange) -> [MappedRange] {
        guard other.start < end, start < other.end else { return [self] }
        return [part(from: start, to: other.start), part(from: other.end, to: end)].compactMap { $0 }
    }

    private func part(from low: Address, to high: Address) -> MappedRange? {
        guard low < high else { return nil }
        return MappedRange(
            start: low, end: high, isReadable: isReadable, isWritable: isWritable, isExecutable: isExecutable,
            isShared: isShared, fileOffset: fileOffset &+ (low.rawValue &- start.rawValue), content: content)
    }
}

/// What a process has mapped at one time, in the order of addresses: plain values, for which no file was read.
package struct MemoryMap: Sendable {
    /// Tells versions apart: no two maps that were made have the same.
    package struct Version: RawRepresentable, Hashable, Sendable {
        package let rawValue: UInt64

        package init(rawValue: UInt64) { self.rawValue = rawValue }

        private static let last = Atomic<UInt64>(0)

        fileprivate static func next() -> Version {
            Version(rawValue: last.wrappingAdd(1, ordering: .relaxed).newValue)
        }
    }

    package let version = Version.next()
    package let ranges: [MappedRange]

    /// Takes ranges in any order; the kernel's don't overlap.
    package init(_ ranges: [MappedRange]) { self.ranges = ranges.sorted { $0.start < $1.start } }

    /// The map after another range came into being, in place of whatever was there.
    package func replacing(with range: MappedRange) -> MemoryMap { MemoryMap(parts(outside: range) + [range]) }

    /// The map with nothing where that range is.
    package func without(_ range: MappedRange) -> MemoryMap { MemoryMap(parts(outside: range)) }

    private func parts(outside range: MappedRange) -> [MappedRange] { ranges.flatMap { $0.parts(outside: range) } }

    package func range(containing address: Address) -> MappedRange? {
        let next = ranges.partitionPoint { $0.start <= address }
        guard next > 0, ranges[next - 1].contains(address) else { return nil }
        return ranges[next - 1]
    }

    /// Whether the same code is at the same addresses.
    package func hasSameCode(as other: MemoryMap) -> Bool {
        ranges.lazy.filter(\.isExecutable).elementsEqual(other.ranges.lazy.filter(\.isExecutable))
    }

    /// The object files whose code is mapped.
    package var objects: Set<ObjectID> { Set(ranges.compactMap(\.object)) }
}
