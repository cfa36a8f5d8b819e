/// The numbers of the DWARF 5 standard, chapter 7, and of GNU's extensions, as far as they are used.
enum Tag {
    static let classType: UInt64 = 0x02
    static let structureType: UInt64 = 0x13
    static let unionType: UInt64 = 0x17
    static let inlinedSubroutine: UInt64 = 0x1d
    static let subprogram: UInt64 = 0x2e
    static let namespace: UInt64 = 0x39
}

enum AttributeName {
    static let name: UInt16 = 0x03
    static let lineProgram: UInt16 = 0x10
    static let lowAddress: UInt16 = 0x11
    static let highAddress: UInt16 = 0x12
    static let compilationDirectory: UInt16 = 0x1b
    static let abstractOrigin: UInt16 = 0x31
    static let declarationColumn: UInt16 = 0x39
    static let declarationLine: UInt16 = 0x3b
    static let specification: UInt16 = 0x47
    static let ranges: UInt16 = 0x55
    static let callColumn: UInt16 = 0x57
    static let callFile: UInt16 = 0x58
    static let callLine: UInt16 = 0x59
    static let linkageName: UInt16 = 0x6e
    static let textOffsetsBase: UInt16 = 0x72
    static let addressBase: UInt16 = 0x73
    static let rangeListsBase: UInt16 = 0x74
    static let splitName: UInt16 = 0x76
    static let mipsLinkageName: UInt16 = 0x2007
    static let gnuSplitName: UInt16 = 0x2130
    static let gnuSplitID: UInt16 = 0x2131
    static let gnuRangesBase: UInt16 = 0x2132
    static let gnuAddressBase: UInt16 = 0x2133
}

/// How an attribute's value is stored: `DW_FORM_…`.
enum Form: UInt16 {
    case address = 0x01
    case block2 = 0x03
    case block4 = 0x04
    case data2 = 0x05
    case data4 = 0x06
    case data8 = 0x07
    case string = 0x08
    case block = 0x09
    case block1 = 0x0a
    case data1 = 0x0b
    case flag = 0x0c
    case signedData = 0x0d
    case textOffset = 0x0e
    case unsignedData = 0x0f
    case referenceAddress = 0x10
    case reference1 = 0x11
    case reference2 = 0x12
    case reference4 = 0x13
    case reference8 = 0x14
    case referenceNumber = 0x15
    case indirect = 0x16
    case sectionOffset = 0x17
    case expression = 0x18
    case flagPresent = 0x19
    case textIndex = 0x1a
    case addressIndex = 0x1b
    case supplementaryReference4 = 0x1c
    case supplementaryText = 0x1d
    case data16 = 0x1e
    case lineTextOffset = 0x1f
    case typeSignature = 0x20
    case implicitConstant = 0x21
    case locationListIndex = 0x22
    case rangeListIndex = 0x23
    case supplementaryReference8 = 0x24
    case textIndex1 = 0x25
    case textIndex2 = 0x26
    case textIndex3 = 0x27
    case textIndex4 = 0x28
    case addressIndex1 = 0x29
    case addressIndex2 = 0x2a
    case addressIndex3 = 0x2b
    case addressIndex4 = 0x2c
    case gnuAddressIndex = 0x1f01
    case gnuTextIndex = 0x1f02
    case gnuAlternateReference = 0x1f20
    case gnuAlternateText = 0x1f21
}

/// How wide numbers are in a unit.
struct UnitEncoding: Hashable {
    let version: UInt16
    /// 8 in 64-bit DWARF, else 4.
    let offsetSize: Int
    /// Of the x86-64 and its 32-bit programs: 8 or 4.
    let addressSize: Int

    /// The width of a reference to any entry of the section.
    var referenceSize: Int { version < 3 ? addressSize : offsetSize }
}

extension Form {
    /// How many bytes a value takes; `nil` where its size is in the value.
    func size(_ encoding: UnitEncoding) -> Int? {
        switch self {
        case .flagPresent, .implicitConstant: 0
        case .data1, .flag, .reference1, .textIndex1, .addressIndex1: 1
        case .data2, .reference2, .textIndex2, .addressIndex2: 2
        case .textIndex3, .addressIndex3: 3
        case .data4, .reference4, .textIndex4, .addressIndex4, .supplementaryReference4: 4
        case .data8, .reference8, .typeSignature, .supplementaryReference8: 8
        case .data16: 16
        case .address: encoding.addressSize
        case .referenceAddress: encoding.referenceSize
        case .textOffset, .lineTextOffset, .sectionOffset, .supplementaryText, .gnuAlternateReference,
            .gnuAlternateText:
            encoding.offsetSize
        case .block1, .block2, .block4, .block, .expression, .string, .signedData, .unsignedData, .referenceNumber,
            .indirect, .textIndex, .addressIndex, .locationListIndex, .rangeListIndex, .gnuAddressIndex,
            .gnuTextIndex:
            nil
        }
    }
}
