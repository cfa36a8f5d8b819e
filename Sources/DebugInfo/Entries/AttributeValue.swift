/// The value of an attribute, as far as names, addresses and lines need it.
enum AttributeValue {
    case address(UInt64)
    case addressIndex(UInt64)
    case number(UInt64)
    case sectionOffset(UInt64)
    case rangeListIndex(UInt64)
    case text(TextPlace)
    /// Of an entry, by its offset in `.debug_info` of the same file.
    case reference(UInt64)
    /// Of an entry in the file that dwz(1) moved what several files share to.
    case alternateReference(UInt64)
    case other
}

/// Where a text is.
enum TextPlace: Hashable {
    /// In the same section as its attribute.
    case inline(UInt64)
    case text(UInt64)
    case lineText(UInt64)
    case alternate(UInt64)
    /// The number of an offset into `.debug_str`.
    case index(UInt64)
}

extension AttributeValue {
    /// Reads a value.
    ///
    /// - Parameter unit: the offset of its unit in the section, which references count from.
    init(
        _ form: Form, constant: Int64 = 0, _ reader: inout DwarfReader, _ encoding: UnitEncoding, unit: UInt64
    ) throws(DebugInfoError) {
        switch form {
        case .address: self = .address(try reader.number(size: encoding.addressSize))
        case .data1, .flag: self = .number(try reader.number(size: 1))
        case .data2: self = .number(try reader.number(size: 2))
        // Before version 4, offsets of sections had no form of their own.
        case .data4: self = .number(try reader.number(size: 4))
        case .data8: self = .number(try reader.number(size: 8))
        case .unsignedData: self = .number(try reader.unsigned())
        case .signedData: self = .number(UInt64(bitPattern: try reader.signed()))
        case .implicitConstant: self = .number(UInt64(bitPattern: constant))
        case .flagPresent: self = .number(1)
        case .sectionOffset: self = .sectionOffset(try reader.number(size: encoding.offsetSize))
        case .rangeListIndex: self = .rangeListIndex(try reader.unsigned())
        case .addressIndex, .gnuAddressIndex: self = .addressIndex(try reader.unsigned())
        case .addressIndex1: self = .addressIndex(try reader.number(size: 1))
        case .addressIndex2: self = .addressIndex(try reader.number(size: 2))
        case .addressIndex3: self = .addressIndex(try reader.number(size: 3))
        case .addressIndex4: self = .addressIndex(try reader.number(size: 4))
        case .reference1: self = .reference(unit &+ (try reader.number(size: 1)))
        case .reference2: self = .reference(unit &+ (try reader.number(size: 2)))
        case .reference4: self = .reference(unit &+ (try reader.number(size: 4)))
        case .reference8: self = .reference(unit &+ (try reader.number(size: 8)))
        case .referenceNumber: self = .reference(unit &+ (try reader.unsigned()))
        case .referenceAddress: self = .reference(try reader.number(size: encoding.referenceSize))
        case .gnuAlternateReference: self = .alternateReference(try reader.number(size: encoding.offsetSize))
        case .supplementaryReference4: self = .alternateReference(try reader.number(size: 4))
        case .supplementaryReference8: self = .alternateReference(try reader.number(size: 8))
        case .string, .textOffset, .lineTextOffset, .supplementaryText, .gnuAlternateText, .textIndex, .gnuTextIndex,
            .textIndex1, .textIndex2, .textIndex3, .textIndex4:
            self = .text(try TextPlace(form, &reader, encoding))
        case .block1: self = try Self.skipped(Int(try reader.number(size: 1)), &reader)
        case .block2: self = try Self.skipped(Int(try reader.number(size: 2)), &reader)
        case .block4: self = try Self.skipped(Int(try reader.number(size: 4)), &reader)
        case .block, .expression: self = try Self.skipped(Int(clamping: try reader.unsigned()), &reader)
        case .data16: self = try Self.skipped(16, &reader)
        case .typeSignature: self = try Self.skipped(8, &reader)
        case .locationListIndex:
            _ = try reader.unsigned()
            self = .other
        case .indirect:
            let number = try reader.unsigned()
            // An indirect form that is indirect again has no end.
            guard let form = UInt16(exactly: number).flatMap(Form.init), form != .indirect, form != .implicitConstant
            else { throw reader.unsupported(number) }
            self = try AttributeValue(form, &reader, encoding, unit: unit)
        }
    }

    private static func skipped(_ count: Int, _ reader: inout DwarfReader) throws(DebugInfoError) -> AttributeValue {
        try reader.skip(count)
        return .other
    }

    /// A number or an offset of a section, which old versions don't distinguish.
    var offset: UInt64? {
        switch self {
        case .number(let value), .sectionOffset(let value): value
        default: nil
        }
    }

    var number: UInt64? { if case .number(let value) = self { value } else { nil } }

    var text: TextPlace? { if case .text(let place) = self { place } else { nil } }
}

extension TextPlace {
    /// Reads where a text is, and goes on behind it; throws for a form that isn't a text's.
    init(_ form: Form, _ reader: inout DwarfReader, _ encoding: UnitEncoding) throws(DebugInfoError) {
        switch form {
        case .string:
            self = .inline(reader.offset)
            try reader.skipText()
        case .textOffset: self = .text(try reader.number(size: encoding.offsetSize))
        case .lineTextOffset: self = .lineText(try reader.number(size: encoding.offsetSize))
        case .supplementaryText, .gnuAlternateText:
            self = .alternate(try reader.number(size: encoding.offsetSize))
        case .textIndex, .gnuTextIndex: self = .index(try reader.unsigned())
        case .textIndex1: self = .index(try reader.number(size: 1))
        case .textIndex2: self = .index(try reader.number(size: 2))
        case .textIndex3: self = .index(try reader.number(size: 3))
        case .textIndex4: self = .index(try reader.number(size: 4))
        default: throw reader.unsupported(UInt64(form.rawValue))
        }
    }
}
