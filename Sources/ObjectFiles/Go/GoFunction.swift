package import ProfileModel

/// A function of a Go program's own table.
package struct GoFunction: Sendable {
    /// How far the stack pointer is below the return address, from an instruction on.
    package struct StackDepth: Equatable, Sendable {
        package let start: FileAddress
        package let depth: UInt32

        package init(start: FileAddress, depth: UInt32) {
            self.start = start
            self.depth = depth
        }
    }

    /// From its first instruction to the next function.
    package let range: Range<FileAddress>
    /// Whether its code, which is assembly, sets the stack pointer to what the depths of the stack don't show.
    package let setsStackPointer: Bool
    let bytes: GoTableBytes
    let format: GoTableFormat
    /// Where its record is in the table.
    let record: UInt64
    /// The address from which tables of inlined calls count; `nil` where the file doesn't say.
    let functionData: UInt64?
    private let nameOffset: UInt64
    /// `nil` for a function of which Go's linker knows no frame.
    private let depthsOffset: UInt64?

    /// `nil` when the record can't be read, or is another function's.
    init?(
        _ range: Range<UInt64>, recordAt place: UInt64, in module: GoModule, _ bytes: GoTableBytes,
        _ format: GoTableFormat
    ) {
        let rest = place + format.addressSize
        guard let start = bytes.number(at: place, size: format.addressSize),
            start &+ module.textStart == range.lowerBound,
            let name = bytes.halfWord(at: rest), let depths = bytes.halfWord(at: rest + 12)
        else { return nil }
        self.range = FileAddress(rawValue: range.lowerBound)..<FileAddress(rawValue: range.upperBound)
        self.bytes = bytes
        self.format = format
        record = place
        functionData = module.functionData
        let flags = format.flags.flatMap { bytes.bytes(at: place + $0, count: 1).first } ?? 0
        setsStackPointer = flags & Self.setsStackPointerFlag != 0
        nameOffset = format.names + UInt64(name)
        depthsOffset = depths == 0 ? nil : format.values + UInt64(depths)
    }

    /// As Go prints it; of a generic function `[...]` is in the place of the types.
    package var name: String? {
        let name = bytes.text(at: nameOffset, limit: Self.maximumNameLength)
        return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
    }

    /// The depths of the stack in ascending order of addresses, and where the last one ends; `nil` when they are not
    /// known, or can't be true.
    package var stackDepths: (depths: [StackDepth], end: FileAddress)? {
        guard let depthsOffset else { return nil }
        // Functions with many returns have a few thousand bytes.
        for limit in [256, Self.maximumDepthBytes] {
            let part = bytes.bytes(at: depthsOffset, count: limit)
            if let found = decode(part) { return found }
            guard part.count == limit else { return nil }
        }
        return nil
    }

    /// Pairs of a difference of values, and of how many bytes of code a value is for, up to a difference of 0.
    private func decode(_ bytes: [UInt8]) -> (depths: [StackDepth], end: FileAddress)? {
        var depths: [StackDepth] = []
        var numbers = GoNumbers(bytes)
        var depth: Int64 = -1
        var address = range.lowerBound.rawValue
        while let change = numbers.next() {
            if change == 0, !depths.isEmpty { return (depths, FileAddress(rawValue: address)) }
            depth += Int64(change >> 1) ^ -Int64(change & 1)
            guard let length = numbers.next(), length > 0, let known = UInt32(exactly: depth), known <= Int32.max,
                known % 8 == 0, UInt64(length) <= range.upperBound.rawValue - address
            else { return nil }
            depths.append(StackDepth(start: FileAddress(rawValue: address), depth: known))
            address += UInt64(length)
        }
        return nil
    }

    /// `funcFlag_SPWRITE` of Go's runtime/symtab.go.
    private static let setsStackPointerFlag: UInt8 = 4
    static let maximumNameLength = 1 << 16
    private static let maximumDepthBytes = 32 * 1024
}

/// Numbers of seven bits a byte, least significant first, of 32 bits at most (`readvarint` in Go's runtime/symtab.go).
struct GoNumbers {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> UInt32? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 35, by: 7) {
            guard offset < bytes.count else { return nil }
            let byte = bytes[offset]
            offset += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return UInt32(exactly: value) }
        }
        return nil
    }
}
