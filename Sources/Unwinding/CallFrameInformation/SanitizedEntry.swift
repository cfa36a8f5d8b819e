internal import ProfileModel
internal import SystemSupport

/// A frame description written anew in the one plain form that libunwind is given.
///
/// An object's own entries hold pointers of many encodings, some of which point into memory that is not copied
/// (C++ personality routines), and version numbers and encodings on which libunwind calls `abort()`. Here the
/// common information has absolute addresses and no personality; only the unwind instructions are the object's, and
/// those are checked.
struct SanitizedEntry {
    /// The common information, the description, and eight bytes of zero: libunwind reads four bytes of an ABI marker
    /// behind the entry of a signal frame.
    private(set) var bytes: [UInt8] = []
    /// Where the description begins in `bytes`.
    private(set) var descriptionOffset = 0
    /// Whether libunwind reads in the entry again when its rules are known already.
    private(set) var hasExpressions = false

    private init() {}

    /// - Parameter bias: what the loader added to the object's addresses.
    init(_ description: FrameDescription, bias: UInt64) throws(CallFrameError) {
        let common = description.common
        guard common.returnAddressColumn == NativeRegisters.returnAddressColumn else {
            throw .unsupportedReturnAddressColumn(common.returnAddressColumn)
        }
        let commonInstructions = try CallFrameInstructions(common.instructions)
        let instructions = try CallFrameInstructions(description.instructions)
        guard commonInstructions.definesFrameAddress || instructions.definesFrameAddress,
            !commonInstructions.remembersState
        else { throw .noFrameAddress }
        hasExpressions = commonInstructions.hasExpressions || instructions.hasExpressions
        appendCommonInformation(common, commonInstructions.bytes)
        descriptionOffset = bytes.count
        appendRecord(identifier: UInt32(descriptionOffset + 4)) { body in
            body.append(description.start.rawValue &+ bias)
            body.append(description.end.rawValue &- description.start.rawValue)
            body.bytes.append(0)
            body.bytes += instructions.bytes
        }
        append(0)
    }

    private mutating func append(_ word: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }

    private mutating func appendCommonInformation(_ common: CommonInformation, _ instructions: [UInt8]) {
        appendRecord(identifier: 0) { body in
            body.bytes.append(3)
            body.bytes += Array((common.isSignalFrame ? "zRS" : "zR").utf8) + [0]
            body.bytes.appendUnsignedLEB128(common.codeAlignment)
            body.appendSignedLEB128(common.dataAlignment)
            body.bytes.appendUnsignedLEB128(common.returnAddressColumn)
            body.bytes += [1, PointerEncoding.absolute.rawValue]
            body.bytes += instructions
        }
    }

    private mutating func appendRecord(identifier: UInt32, _ fill: (inout SanitizedEntry) -> Void) {
        var body = SanitizedEntry()
        fill(&body)
        let length = UInt32(body.bytes.count + 4)
        append(UInt64(identifier) << 32 | UInt64(length))
        bytes += body.bytes
    }

    private mutating func appendSignedLEB128(_ value: Int64) {
        var rest = value
        while rest > 0x3f || rest < -0x40 {
            bytes.append(UInt8(truncatingIfNeeded: rest & 0x7f) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest & 0x7f))
    }
}

/// The memory in which libunwind finds frame descriptions.
///
/// libunwind caches the rules of an instruction, but of a rule that is an expression only its address. Entries
/// with expressions therefore stay where they are until the cache is flushed; others make room for the next.
struct EntryMemory {
    /// Where it pretends to be: not canonical addresses, so no real memory can be there.
    static let base: UInt64 = 0xffe0_0000_0000_0000
    /// Eight bytes for `clibunwind_use_entry`: a search table that sends every address to the entry itself.
    static let tableAddress = base
    private static let table: [UInt8] = [0, 0, 0, 0x80, 0, 0, 0, 0]
    private static let keptLimit = 4 * 1024 * 1024

    private var bytes = table
    private var keptCount = table.count

    /// Whether so much is kept that the cache should be flushed.
    var isFull: Bool { keptCount > Self.keptLimit }

    /// Discards all entries; to be called when the cache is flushed.
    mutating func removeAll() {
        bytes = Self.table
        keptCount = bytes.count
    }

    /// Makes an entry readable; returns where its description is.
    mutating func add(_ entry: SanitizedEntry) -> UInt64 {
        bytes.removeLast(bytes.count - keptCount)
        let address = Self.base + UInt64(keptCount + entry.descriptionOffset)
        bytes += entry.bytes
        if entry.hasExpressions { keptCount = bytes.count }
        return address
    }

    /// The word at `address`, its bytes behind the end taken as zero; `nil` outside.
    func word(at address: UInt64) -> UInt64? {
        guard address >= Self.base else { return nil }
        let offset = address - Self.base
        guard offset < UInt64(bytes.count) else { return nil }
        var word: UInt64 = 0
        for index in Int(offset)..<min(Int(offset) + 8, bytes.count) {
            word |= UInt64(bytes[index]) << UInt64(8 * (index - Int(offset)))
        }
        return word
    }
}
