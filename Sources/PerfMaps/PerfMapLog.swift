package import ObjectFiles
package import ProfileModel
internal import SystemSupport

/// What a perf map has said so far of a process's generated code, as a log: a line takes the place of earlier ones that name
/// the same addresses, but only for stacks of a later time.
///
/// Lines have no times. When the file was read shows between which times each was written.
package struct PerfMapLog {
    private struct Entry {
        let start: UInt64
        let end: UInt64
        let nameStart: Int
        let nameEnd: Int

        func contains(_ address: UInt64) -> Bool { start <= address && address < end }
    }

    /// Entries that were read together.
    private struct Batch {
        let firstEntry: Int
        /// All were written between these times, in nanoseconds of `CLOCK_MONOTONIC`.
        var written: ClosedRange<UInt64>
    }

    private let memory: MemoryReservation
    private var entries: [Entry] = []
    private var names: [UInt8] = []
    /// By the number of a page: the entries that have code in it, in the order of the log.
    private var pages: [UInt64: [UInt32]] = [:]
    /// Those of which entries were discarded.
    private var cutPages: Set<UInt64> = []
    private var batches: [Batch] = []
    /// Of the first `identifiedCount` entries, the newest of each number.
    private var identified: [GeneratedCodeID: Int] = [:]
    private var identifiedCount = 0
    /// The beginning of a line that has no end yet.
    private var partialLine: [UInt8] = []
    /// Whether the rest of a line is skipped that is too long.
    private var isSkipping = false
    /// Bytes of the file that were read.
    package private(set) var position: UInt64 = 0
    package private(set) var damage: PerfMapDamage?

    /// Old ones are joined when there are more.
    private static let batchLimit = 64
    /// Of one page; the oldest half is discarded when there are more.
    private static let pageEntryLimit = 4096
    private static let pageShift: UInt64 = 12

    package init(_ budget: ParsingBudget) throws(BudgetExhausted) { memory = try budget.reserve(0) }

    /// How many lines name code.
    package var count: Int { entries.count }

    /// Adds what follows in the file.
    ///
    /// - Parameter written: between which times the bytes were written, in nanoseconds of `CLOCK_MONOTONIC`.
    /// - Throws: when there is no memory for more; what was added before stays.
    package mutating func append(_ bytes: [UInt8], written: ClosedRange<UInt64>) throws(BudgetExhausted) {
        begin(Batch(firstEntry: entries.count, written: written))
        var rest = bytes[...]
        while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
            try end(lineOf: rest[..<newline])
            position += UInt64(newline - rest.startIndex + 1)
            rest = rest[(newline + 1)...]
        }
        position += UInt64(rest.count)
        keep(rest)
    }

    private mutating func begin(_ batch: Batch) {
        if let last = batches.last, last.firstEntry == batch.firstEntry { batches.removeLast() }
        batches.append(batch)
        guard batches.count > Self.batchLimit else { return }
        let written = batches[0].written.lowerBound...batches[1].written.upperBound
        batches[0].written = written
        batches.remove(at: 1)
    }

    private mutating func keep(_ rest: ArraySlice<UInt8>) {
        guard !isSkipping, !rest.isEmpty else { return }
        partialLine += rest
        guard partialLine.count > PerfMapLine.longest else { return }
        note(.tooLong, at: position - UInt64(partialLine.count))
        (partialLine, isSkipping) = ([], true)
    }

    private mutating func end(lineOf bytes: ArraySlice<UInt8>) throws(BudgetExhausted) {
        defer { (partialLine, isSkipping) = ([], false) }
        if isSkipping { return }
        let offset = position - UInt64(partialLine.count)
        let line = partialLine.isEmpty ? bytes : (partialLine + bytes)[...]
        if line.isEmpty { return }
        guard line.count <= PerfMapLine.longest else { return note(.tooLong, at: offset) }
        let parsed: PerfMapLine
        do { parsed = try PerfMapLine(parsing: line) } catch { return note(error, at: offset) }
        try add(parsed)
    }

    private mutating func note(_ problem: PerfMapProblem, at offset: UInt64) {
        damage = damage ?? PerfMapDamage(lines: 0, firstOffset: offset, firstProblem: problem)
        damage?.lines += 1
    }

    private mutating func add(_ line: PerfMapLine) throws(BudgetExhausted) {
        let range = line.start >> Self.pageShift...(line.end - 1) >> Self.pageShift
        guard let index = UInt32(exactly: entries.count) else { return }
        let known = range.count { pages[$0] != nil }
        let pageBytes = range.count * MemoryLayout<UInt32>.stride + (range.count - known) * Self.pageCost
        try memory.grow(by: MemoryLayout<Entry>.stride + line.name.count + pageBytes)
        let nameStart = names.count
        names += line.name
        entries.append(Entry(start: line.start, end: line.end, nameStart: nameStart, nameEnd: names.count))
        for page in range { add(index, to: page) }
    }

    /// Bytes that a page takes beside its entries: in the dictionary, and of the array.
    private static let pageCost = 64

    private mutating func add(_ index: UInt32, to page: UInt64) {
        var indices = pages.removeValue(forKey: page) ?? []
        if indices.count >= Self.pageEntryLimit {
            indices.removeFirst(Self.pageEntryLimit / 2)
            cutPages.insert(page)
        }
        indices.append(index)
        pages[page] = indices
    }

    // MARK: - Names

    /// The code at an address, as a stack of a time, in nanoseconds of `CLOCK_MONOTONIC`, leads to it; `nil` where no line
    /// names it, or where it isn't known which of several was meant then.
    package func code(at address: Address, when time: UInt64) -> Code? {
        let page = address.rawValue >> Self.pageShift
        guard let indices = pages[page] else { return nil }
        var newest: Int?
        for index in indices.reversed().lazy.map(Int.init) where entries[index].contains(address.rawValue) {
            let written = written(index)
            if time < written.lowerBound { continue }
            if let newest, name(of: newest) != name(of: index) { return nil }
            newest = newest ?? index
            if written.upperBound <= time { return newest.map(code) }
        }
        // An entry that was discarded may have been meant.
        return cutPages.contains(page) ? nil : newest.map(code)
    }

    /// What a line names: the same in every reading of the same file.
    package struct Code: Hashable, Sendable {
        package let id: GeneratedCodeID
        fileprivate let bytes: ArraySlice<UInt8>

        package var name: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// The name of the code of a number, if the log has it.
    package mutating func name(of code: GeneratedCodeID) throws(BudgetExhausted) -> String? {
        if identified[code] == nil {
            try memory.grow(by: (entries.count - identifiedCount) * Self.identifierCost)
            for index in identifiedCount..<entries.count { identified[identifier(of: index)] = index }
            identifiedCount = entries.count
        }
        return identified[code].map { String(decoding: name(of: $0), as: UTF8.self) }
    }

    /// Bytes, with the room that a dictionary leaves.
    private static let identifierCost = 32

    private func code(_ index: Int) -> Code {
        Code(id: identifier(of: index), bytes: name(of: index))
    }

    private func identifier(of index: Int) -> GeneratedCodeID {
        var hash = FNV1a()
        hash.combine(entries[index].start)
        hash.combine(entries[index].end)
        hash.combine(name(of: index))
        return GeneratedCodeID(rawValue: hash.value)
    }

    private func name(of index: Int) -> ArraySlice<UInt8> {
        names[entries[index].nameStart..<entries[index].nameEnd]
    }

    private func written(_ index: Int) -> ClosedRange<UInt64> {
        let next = batches.partitionPoint { $0.firstEntry <= index }
        return next > 0 ? batches[next - 1].written : 0...UInt64.max
    }
}
