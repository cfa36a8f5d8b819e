package import ProfileModel
internal import SystemSupport

/// The functions of a Go program as its own runtime knows them, also where symbols were removed: `.gopclntab`.
///
/// Nothing of it is kept: each search reads what it needs.
package struct GoFunctionTable: Sendable {
    private let bytes: GoTableBytes
    private let format: GoTableFormat
    private let module: GoModule
    private let count: UInt64

    /// `nil` when the file has no such table; throws when it is damaged, or of a format that isn't known.
    init?(of elf: ElfFile, observer: (any ReadObserver)?) throws(ObjectFileError) {
        guard let bytes = try GoTableSearch.table(of: elf, observer: observer) else { return nil }
        self.bytes = bytes
        let damaged = ObjectFileError.malformed(path: elf.path, part: "Go's function table in \(bytes.name)")
        guard let format = GoTableFormat(header: bytes.bytes(at: 0, count: GoTableFormat.headerSize)),
            let module = GoModule(of: bytes, format)
        else { throw damaged }
        self.format = format
        self.module = module
        count = format.count
        let entrySize = 2 * format.addressSize
        guard count > 0, format.index < bytes.size, count < (bytes.size - format.index) / entrySize,
            let first = start(ofFunction: 0), let end = start(ofFunction: count),
            elf.segments.contains(where: { $0.isExecutable && $0.holds(first, to: end) })
        else { throw damaged }
    }

    /// The function that `address` belongs to; what fills the gap to the next one belongs to it, too.
    package func function(covering address: FileAddress) -> GoFunction? {
        let value = address.rawValue
        let following = try? (0..<count).partitionPoint { index throws(Unreadable) in
            guard let start = self.start(ofFunction: index) else { throw Unreadable() }
            return start <= value
        }
        guard let following, following > 0 else { return nil }
        let entry = format.index + (following - 1) * 2 * format.addressSize
        guard let start = self.start(ofFunction: following - 1), let end = self.start(ofFunction: following),
            start <= value, value < end,
            let offset = bytes.number(at: entry + format.addressSize, size: format.addressSize), offset < 1 << 40
        else { return nil }
        return GoFunction(start..<end, recordAt: format.records + offset, in: module, bytes, format)
    }

    private struct Unreadable: Error {}

    /// Where a function begins; behind the last one, where all end.
    private func start(ofFunction index: UInt64) -> UInt64? {
        bytes.number(at: format.index + index * 2 * format.addressSize, size: format.addressSize)
            .map { $0 &+ module.textStart }
    }
}

extension LoadSegment {
    fileprivate func holds(_ start: UInt64, to end: UInt64) -> Bool {
        start >= address.rawValue && start < end && end - address.rawValue <= fileSize
    }
}
