internal import ProfileModel

/// Counts blocks by what is in them.
struct BlockGroups {
    private struct Key: Hashable {
        let content: BlockContent
        let size: UInt64?
    }

    private struct Entry {
        var amount = HeapAmount()
        var sample: String?

        /// Counts a block; returns whether there is no sample of these.
        mutating func add(bytes: UInt64) -> Bool {
            amount.add(bytes: bytes)
            return sample == nil
        }
    }

    private var entries: [Key: Entry] = [:]
    private var contents: BlockContents
    private let separatesSizes: Bool

    /// More are counted together, by their content alone.
    private static let limit = 1 << 14

    /// - Parameter separatesSizes: whether blocks of one class but of several sizes are in several groups.
    init(
        _ memory: any HeapMemory, _ mapped: MappedMemory, demangle: @escaping (String) -> String?, separatesSizes: Bool
    ) {
        contents = BlockContents(memory, mapped, demangle: demangle)
        self.separatesSizes = separatesSizes
    }

    /// Counts the block between two addresses of chunks.
    mutating func add(at start: UInt64, end: UInt64, isMapped: Bool) {
        let content = contents.content(of: start + Chunk.header, end: end)
        // The program may use the next block's first word, but where the block was mapped alone.
        let usable = end - start - (isMapped ? Chunk.header : 8)
        var key = Key(content: content, size: content.isClass && !separatesSizes ? nil : usable)
        if entries[key] == nil, entries.count >= Self.limit { key = Key(content: content.withoutName, size: nil) }
        let lacksSample = entries[key, default: Entry()].add(bytes: end - start)
        if lacksSample, content == .text { entries[key]?.sample = contents.text(at: start + Chunk.header, end: end) }
    }

    /// Those with the most bytes first.
    var sorted: [BlockGroup] {
        entries.map { BlockGroup(content: $0.content, size: $0.size, amount: $1.amount, sample: $1.sample) }
            .sorted { $0.order > $1.order }
    }
}

extension BlockGroup {
    fileprivate var order: (UInt64, UInt64, UInt64, String) { (amount.bytes, amount.blocks, size ?? 0, sample ?? "") }
}

extension BlockContent {
    package var isClass: Bool {
        switch self {
        case .cxx, .swift: true
        case .text, .zeros, .other: false
        }
    }

    fileprivate var withoutName: BlockContent { isClass ? .other : self }
}

/// What a block's first words show.
struct BlockContents {
    private var words: WordReader
    private let mapped: MappedMemory
    private let demangle: (String) -> String?
    /// By the block's first word.
    private var classes: [UInt64: BlockContent?] = [:]

    private static let classLimit = 1 << 16
    private static let sampleLength = 48
    private static let longestName = 1024

    init(_ memory: any HeapMemory, _ mapped: MappedMemory, demangle: @escaping (String) -> String?) {
        words = WordReader(memory)
        (self.mapped, self.demangle) = (mapped, demangle)
    }

    /// What is in a block's memory from `start` on.
    mutating func content(of start: UInt64, end: UInt64) -> BlockContent {
        guard let first = words.word(at: start) else { return .other }
        if let found = classContent(first) { return found }
        // A pointer's bytes may be printable.
        if mapped.range(containing: first) != nil { return .other }
        if Self.isText(first) { return .text }
        let sampled = stride(from: start, to: min(end, start + UInt64(Self.sampleLength)), by: 8)
        return sampled.allSatisfy { words.word(at: $0) == 0 } ? .zeros : .other
    }

    /// Whether the first four bytes of a word are printable.
    private static func isText(_ word: UInt64) -> Bool {
        (0..<4).allSatisfy { (0x20..<0x7f).contains(UInt8(truncatingIfNeeded: word >> ($0 * 8))) }
    }

    /// The printable characters with which a block begins.
    mutating func text(at start: UInt64, end: UInt64) -> String {
        let bytes = words.bytes(at: start, count: min(Self.sampleLength, Int(end - start)))
        return String(decoding: bytes.prefix { $0 >= 0x20 && $0 < 0x7f }, as: UTF8.self)
    }

    private mutating func classContent(_ first: UInt64) -> BlockContent? {
        guard first & 7 == 0, first > PageSize.bytes, mapped.range(containing: first) != nil else { return nil }
        if let known = classes[first] { return known }
        guard classes.count < Self.classLimit else { return nil }
        let content = cxxClass(first).map(BlockContent.cxx) ?? swiftClass(first).map(BlockContent.swift)
        classes[first] = .some(content)
        return content
    }

    private func isInFile(_ address: UInt64) -> Bool { mapped.range(containing: address)?.path != nil }

    /// The class whose virtual table an object's first word points into (Itanium C++ ABI, 2.5.2 and 2.9.4): the distance to
    /// the object's top, type information, and functions.
    private mutating func cxxClass(_ table: UInt64) -> String? {
        guard isInFile(table), words.word(at: table &- 16) == 0, let function = words.word(at: table),
            function == 0 || mapped.range(containing: function)?.isExecutable ?? false,
            let information = words.word(at: table &- 8), isInFile(information),
            let informationTable = words.word(at: information), isInFile(informationTable),
            let name = words.word(at: information &+ 8), isInFile(name)
        else { return nil }
        var bytes = words.bytes(at: name, count: Self.longestName).prefix { $0 != 0 }
        // The mark of a name that is compared by its address.
        if bytes.first == UInt8(ascii: "*") { bytes = bytes.dropFirst() }
        guard let first = bytes.first, first != UInt8(ascii: "_"), bytes.count < Self.longestName,
            bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { return nil }
        return demangle(String(decoding: bytes, as: UTF8.self))
    }

    /// The class whose metadata an object's first word points to (swift/ABI/Metadata.h, without Objective-C): the kind 0, and
    /// a descriptor with the name.
    private mutating func swiftClass(_ metadata: UInt64) -> String? {
        guard words.word(at: metadata) == 0, let descriptor = words.word(at: metadata &+ 0x28), isInFile(descriptor),
            let flags = integer(at: descriptor), flags & 0x1f == 16
        else { return nil }
        var names: [String] = []
        var context = descriptor
        for _ in 0..<8 {
            guard let flags = integer(at: context) else { return nil }
            let kind = flags & 0x1f
            if kind == 0 || kind >= 16 {
                guard let place = relative(context &+ 8), let text = className(at: place) else { return nil }
                names.append(text)
            }
            guard kind != 0, let parent = relativeIndirect(context &+ 4) else { break }
            context = parent
        }
        return names.reversed().joined(separator: ".")
    }

    private mutating func className(at address: UInt64) -> String? {
        let bytes = words.bytes(at: address, count: Self.longestName).prefix { $0 != 0 }
        guard !bytes.isEmpty, bytes.count < Self.longestName, bytes.allSatisfy({ $0 > 0x20 }) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func integer(at address: UInt64) -> UInt32? {
        words.word(at: address & ~7).map { UInt32(truncatingIfNeeded: $0 >> ((address & 4) * 8)) }
    }

    /// What a distance from its own place leads to; `nil` for none.
    private mutating func relative(_ place: UInt64) -> UInt64? {
        guard let distance = integer(at: place), distance != 0 else { return nil }
        return place &+ UInt64(bitPattern: Int64(Int32(bitPattern: distance)))
    }

    /// The same, where the lowest bit shows that it leads to a pointer.
    private mutating func relativeIndirect(_ place: UInt64) -> UInt64? {
        guard let target = relative(place) else { return nil }
        return target & 1 == 0 ? target : words.word(at: target & ~1)
    }
}
