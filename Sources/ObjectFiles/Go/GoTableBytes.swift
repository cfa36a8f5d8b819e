internal import ProfileModel

/// The bytes of a Go program's function table, as the file stores them.
struct GoTableBytes: Sendable {
    let elf: ElfFile
    private let section: Section
    /// Where the table begins in its section.
    private let start: UInt64
    private let observer: (any ReadObserver)?

    init(_ elf: ElfFile, _ section: Section, start: UInt64, observer: (any ReadObserver)?) {
        self.elf = elf
        self.section = section
        self.start = start
        self.observer = observer
    }

    var name: String { section.name }
    var address: UInt64 { section.address.rawValue &+ start }
    /// How many bytes the section has from the table's start.
    var size: UInt64 { section.size - min(start, section.size) }

    /// Up to `count` bytes at an offset in the table; fewer at the section's end.
    func bytes(at offset: UInt64, count: Int) -> [UInt8] {
        let (place, isBeyond) = start.addingReportingOverflow(offset)
        guard !isBeyond else { return [] }
        observe(place, count)
        return elf.cachedBytes(of: section, at: place, count: count)
    }

    func word(at offset: UInt64) -> UInt64? { bytes(at: offset, count: 8).value(of: UInt64.self, at: 0) }

    func halfWord(at offset: UInt64) -> UInt32? { bytes(at: offset, count: 4).value(of: UInt32.self, at: 0) }

    /// A number of 4 or 8 bytes.
    func number(at offset: UInt64, size: UInt64) -> UInt64? {
        size == 8 ? word(at: offset) : halfWord(at: offset).map(UInt64.init)
    }

    /// The zero-terminated text at an offset, cut at `limit` bytes.
    func text(at offset: UInt64, limit: Int) -> [UInt8] {
        let (place, isBeyond) = start.addingReportingOverflow(offset)
        guard !isBeyond else { return [] }
        let text = elf.text(in: section, at: place, limit: limit)
        observe(place, text.count + 1)
        return text
    }

    private func observe(_ place: UInt64, _ count: Int) {
        guard let observer, place < section.size else { return }
        let first = section.fileOffset &+ place
        observer.willRead(first..<max(first, first &+ min(UInt64(count), section.size - place)))
    }
}
