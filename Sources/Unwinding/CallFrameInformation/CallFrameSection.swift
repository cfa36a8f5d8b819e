internal import ObjectFiles
internal import ProfileModel

/// The entries of one `.eh_frame` or `.debug_frame` section.
///
/// A position is a file address in `.eh_frame` and an offset in `.debug_frame`.
struct CallFrameSection {
    enum Form {
        /// Part of the loaded program, read on demand.
        case exceptionFrames(ObjectFile)
        /// Debugging information, never loaded.
        case debugFrames(DebugFrames)
    }

    enum DebugFrames {
        /// As the file stores them, read on demand.
        case stored(ObjectFile, Section)
        case decompressed([UInt8])
    }

    /// Longer entries occur in no real program; real ones have at most a few thousand bytes.
    static let entryLimit = 64 * 1024
    /// An identifier, a version, an augmentation of 16 letters, four numbers and as many values as letters.
    private static let fieldsLimit = 256

    let form: Form

    /// The description at `position`, joined with its common information.
    func description(at position: UInt64) throws(CallFrameError) -> FrameDescription {
        let record = try self.record(at: position)
        guard let commonPosition = record.commonPosition(in: form) else { throw .noCommonInformation(at: position) }
        let common = try commonInformation(at: commonPosition)
        return try describe(record, common: common)
    }

    /// How the descriptions write addresses that share the common information at `position`.
    ///
    /// Reads no more than the fields before the instructions can take.
    func pointerEncoding(ofCommonInformationAt position: UInt64) throws(CallFrameError) -> PointerEncoding {
        try commonInformation(at: position, limit: Self.fieldsLimit).pointerEncoding
    }

    // MARK: - Records

    /// One length-prefixed record.
    private struct Record {
        let bytes: [UInt8]
        /// The position of the identifier field, which is the first of `bytes`.
        let identifierPosition: UInt64
        let identifier: UInt64
        let identifierSize: Int
        let next: UInt64
        var isTerminator: Bool { bytes.isEmpty }

        /// Where the common information of a description stands; `nil` when this record is common information itself.
        func commonPosition(in form: Form) -> UInt64? {
            switch form {
            case .exceptionFrames: identifier == 0 ? nil : identifierPosition &- identifier
            case .debugFrames: identifier == (identifierSize == 4 ? 0xffff_ffff : UInt64.max) ? nil : identifier
            }
        }

        var body: ByteReader { ByteReader(bytes, from: identifierSize) }
    }

    /// - Parameter limit: cuts the bytes that are read.
    private func record(at position: UInt64, limit: Int = entryLimit) throws(CallFrameError) -> Record {
        var header = ByteReader(try read(at: position, count: 12, mayBeShort: true))
        var length = try header.readUnsigned(size: 4)
        let isWide = length == 0xffff_ffff
        if isWide { length = try header.readUnsigned(size: 8) }
        let start = position &+ UInt64(header.offset)
        guard length <= UInt64(Self.entryLimit) else { throw .entryTooLong(at: position) }
        let bytes = try read(at: start, count: min(Int(length), limit), mayBeShort: false)
        var reader = ByteReader(bytes)
        // .eh_frame has a four-byte identifier even behind an eight-byte length.
        let identifierSize: Int = if case .debugFrames = form, isWide { 8 } else { 4 }
        let identifier = length == 0 ? 0 : try reader.readUnsigned(size: identifierSize)
        return Record(
            bytes: bytes, identifierPosition: start, identifier: identifier, identifierSize: identifierSize,
            next: start &+ length)
    }

    /// Up to `count` bytes at a position, fewer at the end.
    func bytes(at position: UInt64, count: Int) -> [UInt8] {
        switch form {
        case .exceptionFrames(let object):
            return object.bytes(at: FileAddress(rawValue: position), count: count)
        case .debugFrames(.stored(let object, let section)):
            return object.storedBytes(of: section, at: position, count: count)
        case .debugFrames(.decompressed(let section)):
            let start = Int(clamping: position)
            return start >= section.count ? [] : Array(section[start..<min(section.count, start + count)])
        }
    }

    private func read(at position: UInt64, count: Int, mayBeShort: Bool) throws(CallFrameError) -> [UInt8] {
        let bytes = bytes(at: position, count: count)
        guard bytes.count == count || mayBeShort else { throw .unreadable(at: position) }
        return bytes
    }

    // MARK: - Entries

    private func commonInformation(
        at position: UInt64, limit: Int = entryLimit
    ) throws(CallFrameError) -> CommonInformation {
        let record = try self.record(at: position, limit: limit)
        guard !record.isTerminator, record.commonPosition(in: form) == nil else {
            throw .noCommonInformation(at: position)
        }
        var reader = record.body
        let version = try reader.readUInt8()
        guard version == 1 || version == 3 || version == 4 else { throw .unsupportedVersion(version) }
        let augmentation = try reader.readCString(limit: 16)
        if version == 4 { try Self.checkAddressSize(&reader) }
        let codeAlignment = try reader.readUnsignedLEB128()
        let dataAlignment = try reader.readSignedLEB128()
        let column = version == 1 ? UInt64(try reader.readUInt8()) : try reader.readUnsignedLEB128()
        let augmented = try Self.augmentation(augmentation, &reader)
        return CommonInformation(
            codeAlignment: codeAlignment, dataAlignment: dataAlignment, returnAddressColumn: column,
            isSignalFrame: augmented.isSignalFrame, pointerEncoding: augmented.encoding,
            hasAugmentationData: augmentation.first == UInt8(ascii: "z"), instructions: reader.remainder)
    }

    private static func checkAddressSize(_ reader: inout ByteReader) throws(CallFrameError) {
        let addressSize = try reader.readUInt8()
        let segmentSelectorSize = try reader.readUInt8()
        guard addressSize == 8, segmentSelectorSize == 0 else { throw .unsupportedVersion(4) }
    }

    private static func augmentation(
        _ text: [UInt8], _ reader: inout ByteReader
    ) throws(CallFrameError) -> (encoding: PointerEncoding, isSignalFrame: Bool) {
        guard !text.isEmpty else { return (.absolute, false) }
        guard text.first == UInt8(ascii: "z") else { throw .unsupportedAugmentation(text) }
        let length = try reader.readUnsignedLEB128()
        var data = reader
        try reader.skip(length)
        var encoding = PointerEncoding.absolute
        var isSignalFrame = false
        for letter in text.dropFirst() {
            switch letter {
            case UInt8(ascii: "R"): encoding = PointerEncoding(rawValue: try data.readUInt8())
            case UInt8(ascii: "L"): _ = try data.readUInt8()
            case UInt8(ascii: "P"):
                let personality = PointerEncoding(rawValue: try data.readUInt8())
                if personality.rawValue != 0xff { _ = try personality.readValue(&data) }
            case UInt8(ascii: "S"): isSignalFrame = true
            default: throw .unsupportedAugmentation(text)
            }
        }
        return (encoding, isSignalFrame)
    }

    private func describe(_ record: Record, common: CommonInformation) throws(CallFrameError) -> FrameDescription {
        var reader = record.body
        let position = record.identifierPosition &+ UInt64(reader.offset)
        let start = try common.pointerEncoding.readAddress(&reader, position: position)
        let length = try common.pointerEncoding.readValue(&reader)
        if common.hasAugmentationData {
            let size = try reader.readUnsignedLEB128()
            try reader.skip(size)
        }
        let end = FileAddress(rawValue: start.rawValue &+ length)
        return FrameDescription(start: start, end: end, common: common, instructions: reader.remainder)
    }
}

/// Why call frame information could not be used.
enum CallFrameError: Error, Equatable {
    case endOfData
    case numberTooLarge
    case unsupportedVersion(UInt8)
    case unsupportedAugmentation([UInt8])
    case unsupportedPointerEncoding(UInt8)
    /// A frame description entry points to something that is not a common information entry.
    case noCommonInformation(at: UInt64)
    case unreadable(at: UInt64)
    case entryTooLong(at: UInt64)
    case unsupportedInstruction(UInt8)
    case unsupportedOperation(UInt8)
    case unsupportedReturnAddressColumn(UInt64)
    /// The common information says nothing of the frame's address, or not in the plain way.
    case noFrameAddress
    /// The recording may not spend more on the tables of its targets' object files.
    case budgetExhausted(BudgetExhausted)
    /// So much was read for one stack that the rest is left.
    case workLimit
}
