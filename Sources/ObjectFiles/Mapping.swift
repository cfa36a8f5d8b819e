package import ProfileModel

/// A range of a process's memory, as a line of `/proc/PID/maps` describes it.
package struct Mapping: Sendable, Hashable {
    package let start: Address
    /// The first address after it.
    package let end: Address
    package let isReadable: Bool
    package let isWritable: Bool
    package let isExecutable: Bool
    package let fileOffset: UInt64
    package let backing: MappingBacking
    /// What the loader added to the object file's addresses, wrapping; `nil` where no opened object file is mapped.
    package let bias: UInt64?

    package init(
        start: Address, end: Address, isReadable: Bool, isWritable: Bool, isExecutable: Bool, fileOffset: UInt64,
        backing: MappingBacking
    ) {
        self.start = start
        self.end = end
        self.isReadable = isReadable
        self.isWritable = isWritable
        self.isExecutable = isExecutable
        self.fileOffset = fileOffset
        self.backing = backing
        bias = backing.object?.fileAddress(ofFileOffset: fileOffset, isExecutable: isExecutable)
            .map { start.rawValue &- $0.rawValue }
    }

    /// - Parameter object: the file behind the range's code, where it can be read.
    init(_ range: MappedRange, _ object: ObjectFile?) {
        let backing: MappingBacking =
            switch range.content {
            case .file(let path, _): .file(path: path, object)
            case .vdso: .vdso(object)
            case .stack: .stack
            case .heap: .heap
            case .anonymous: .anonymous
            case .named(let name): .named(name)
            }
        self.init(
            start: range.start, end: range.end, isReadable: range.isReadable, isWritable: range.isWritable,
            isExecutable: range.isExecutable, fileOffset: range.fileOffset, backing: backing)
    }

    package func contains(_ address: Address) -> Bool { start <= address && address < end }

    /// The address that the object file's symbols use; `nil` where no opened object file is mapped.
    package func fileAddress(of address: Address) -> FileAddress? {
        bias.map { FileAddress(rawValue: address.rawValue &- $0) }
    }
}

/// What a range of memory holds.
package enum MappingBacking: Sendable, Hashable {
    /// No object file where the range isn't executable, or the file can't be read.
    case file(path: String, ObjectFile?)
    case vdso(ObjectFile?)
    /// The main thread's stack; other stacks are anonymous.
    case stack
    case heap
    case anonymous
    /// Another bracketed name of the kernel's, such as `[vsyscall]` or `[anon:…]`.
    case named(String)

    /// The object file, where it is open.
    package var object: ObjectFile? {
        switch self {
        case .file(_, let object), .vdso(let object): object
        case .stack, .heap, .anonymous, .named: nil
        }
    }
}
