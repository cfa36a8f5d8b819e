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

    /// What is left of it when another one takes its place.
    func parts(outside other: Mapping) -> [Mapping] {
        guard other.start < end, start < other.end else { return [self] }
        return [part(from: start, to: other.start), part(from: other.end, to: end)].compactMap { $0 }
    }

    private func part(from low: Address, to high: Address) -> Mapping? {
        guard low < high else { return nil }
        return Mapping(
            start: low, end: high, isReadable: isReadable, isWritable: isWritable, isExecutable: isExecutable,
            fileOffset: fileOffset &+ (low.rawValue &- start.rawValue), backing: backing)
    }

    package func contains(_ address: Address) -> Bool { start <= address && address < end }

    /// The address that the object file's symbols use; `nil` where no opened object file is mapped.
    package func fileAddress(of address: Address) -> FileAddress? {
        bias.map { FileAddress(rawValue: address.rawValue &- $0) }
    }
}

/// What a range of memory holds.
package enum MappingBacking: Sendable, Hashable {
    case file(path: String, MappedObject)
    case vdso(MappedObject)
    /// The main thread's stack; other stacks are anonymous.
    case stack
    case heap
    case anonymous
    /// Another bracketed name of the kernel's, such as `vsyscall` or `anon:…`.
    case named(String)

    /// The object file, where it is open.
    package var object: ObjectFile? {
        switch self {
        case .file(_, .open(let object)), .vdso(.open(let object)): object
        default: nil
        }
    }
}

/// An object file behind a mapping.
package enum MappedObject: Sendable, Hashable {
    case open(ObjectFile)
    case failed(ObjectFileError)
    /// The mapping is not executable, so nobody asked.
    case notOpened

    package var isOpen: Bool { if case .open = self { true } else { false } }
}
