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
    /// What the loader added to the file's addresses, wrapping; `nil` where no opened file is mapped, or where
    /// the loader put it is unknown.
    package let bias: UInt64?
    /// The code of another object file, in whose place the memory is, and which it may be a copy of.
    let copy: CopiedCode?

    private init(
        start: Address, end: Address, isReadable: Bool, isWritable: Bool, isExecutable: Bool, fileOffset: UInt64,
        backing: MappingBacking, bias: UInt64?, copy: CopiedCode? = nil
    ) {
        self.start = start
        self.end = end
        self.isReadable = isReadable
        self.isWritable = isWritable
        self.isExecutable = isExecutable
        self.fileOffset = fileOffset
        self.backing = backing
        self.bias = bias
        self.copy = copy
    }

    package init(
        start: Address, end: Address, isReadable: Bool, isWritable: Bool, isExecutable: Bool, fileOffset: UInt64,
        backing: MappingBacking
    ) {
        let bias = backing.object?.fileAddress(ofFileOffset: fileOffset, isExecutable: isExecutable)
            .map { start.rawValue &- $0.rawValue }
        self.init(
            start: start, end: end, isReadable: isReadable, isWritable: isWritable, isExecutable: isExecutable,
            fileOffset: fileOffset, backing: backing, bias: bias)
    }

    /// - Parameters:
    ///   - object: the object file behind the range's code, where there is one and it can be read.
    ///   - bias: what the loader added to its addresses, where that is known.
    init(_ range: MappedRange, _ object: ObjectFile?, bias: UInt64?) {
        let backing = MappingBacking(range, object)
        // A file that isn't an object file has no other addresses than its offsets.
        let plain = range.start.rawValue &- range.fileOffset
        self.init(
            start: range.start, end: range.end, isReadable: range.isReadable, isWritable: range.isWritable,
            isExecutable: range.isExecutable, fileOffset: range.fileOffset, backing: backing,
            bias: backing.isPlainFile ? plain : bias)
    }

    package func contains(_ address: Address) -> Bool { start <= address && address < end }

    /// The address that the file's symbols use, or the offset in a file without any; `nil` where no opened file is
    /// mapped.
    package func fileAddress(of address: Address) -> FileAddress? {
        bias.map { FileAddress(rawValue: address.rawValue &- $0) }
    }

    func holding(_ copy: CopiedCode) -> Mapping {
        Mapping(
            start: start, end: end, isReadable: isReadable, isWritable: isWritable, isExecutable: isExecutable,
            fileOffset: fileOffset, backing: backing, bias: bias, copy: copy)
    }
}

/// What a range of memory holds.
package enum MappingBacking: Sendable, Hashable {
    /// No object file where the range isn't executable.
    case file(path: String, ObjectFile?)
    /// Executable bytes of a file that isn't an object file, such as a library of another system, or can't be read.
    case plainFile(path: String, ObjectID)
    case vdso(ObjectFile?)
    /// The main thread's stack; other stacks are anonymous.
    case stack
    case heap
    case anonymous
    /// Another bracketed name of the kernel's, such as `[vsyscall]` or `[anon:…]`.
    case named(String)

    fileprivate init(_ range: MappedRange, _ object: ObjectFile?) {
        self =
            switch range.content {
            case .file(let path, let id?) where object == nil && range.isExecutable: .plainFile(path: path, id)
            case .file(let path, _): .file(path: path, object)
            case .vdso: .vdso(object)
            case .stack: .stack
            case .heap: .heap
            case .anonymous: .anonymous
            case .named(let name): .named(name)
            }
    }

    /// The object file, where it is open.
    package var object: ObjectFile? {
        switch self {
        case .file(_, let object), .vdso(let object): object
        case .plainFile, .stack, .heap, .anonymous, .named: nil
        }
    }

    fileprivate var isPlainFile: Bool { if case .plainFile = self { true } else { false } }
}
