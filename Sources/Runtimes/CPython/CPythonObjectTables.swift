// The entries are what tools/lib/cpython-layouts/objects.c prints with the headers of each version.
extension CPythonObjectLayout {
    /// How a version lays out its objects; `nil` for one that isn't known.
    package init?(_ version: CPythonVersion) {
        guard version.major == 3, let layout = Self.table[version.isFreeThreaded]?[version.minor] else { return nil }
        self = layout
    }

    private static let table: [Bool: [Int: CPythonObjectLayout]] = [
        false: [
            6: v3_6, 7: v3_7, 8: v3_8, 9: v3_9, 10: v3_10, 11: v3_11, 12: v3_12, 13: v3_13, 14: v3_14,
        ],
        true: [13: v3_13t, 14: v3_14t],
    ]

    private static let v3_6 = CPythonObjectLayout(
        type: 8, size: 16,
        text: .init(length: 16, state: 32, kindBit: 2, asciiCharacters: 48, characters: 72),
        bytes: 32, integer: .init(digits: 24, isTagged: false), float: 16, list: 24, tuple: 24,
        dictionary: .init(keys: 32, values: 40, firstValue: 0),
        keys: .init(tableSize: .count(8), entryCount: 32, indices: 40),
        set: .init(mask: 32, table: 40),
        typeObject: .init(
            name: 24, basicSize: 32, itemSize: 40, flags: 168, dictionary: 264, dictionaryOffset: 288, cachedKeys: 856),
        managedDictionary: nil,
        module: 16, weakReference: 16, lineTable: .deltas)

    private static let v3_7 = CPythonObjectLayout(
        type: 8, size: 16,
        text: .init(length: 16, state: 32, kindBit: 2, asciiCharacters: 48, characters: 72),
        bytes: 32, integer: .init(digits: 24, isTagged: false), float: 16, list: 24, tuple: 24,
        dictionary: .init(keys: 32, values: 40, firstValue: 0),
        keys: .init(tableSize: .count(8), entryCount: 32, indices: 40),
        set: .init(mask: 32, table: 40),
        typeObject: .init(
            name: 24, basicSize: 32, itemSize: 40, flags: 168, dictionary: 264, dictionaryOffset: 288, cachedKeys: 856),
        managedDictionary: nil,
        module: 16, weakReference: 16, lineTable: .deltas)

    private static let v3_8 = CPythonObjectLayout(
        type: 8, size: 16,
        text: .init(length: 16, state: 32, kindBit: 2, asciiCharacters: 48, characters: 72),
        bytes: 32, integer: .init(digits: 24, isTagged: false), float: 16, list: 24, tuple: 24,
        dictionary: .init(keys: 32, values: 40, firstValue: 0),
        keys: .init(tableSize: .count(8), entryCount: 32, indices: 40),
        set: .init(mask: 32, table: 40),
        typeObject: .init(
            name: 24, basicSize: 32, itemSize: 40, flags: 168, dictionary: 264, dictionaryOffset: 288, cachedKeys: 872),
        managedDictionary: nil,
        module: 16, weakReference: 16, lineTable: .deltas)

    private static let v3_9 = CPythonObjectLayout(
        type: 8, size: 16,
        text: .init(length: 16, state: 32, kindBit: 2, asciiCharacters: 48, characters: 72),
        bytes: 32, integer: .init(digits: 24, isTagged: false), float: 16, list: 24, tuple: 24,
        dictionary: .init(keys: 32, values: 40, firstValue: 0),
        keys: .init(tableSize: .count(8), entryCount: 32, indices: 40),
        set: .init(mask: 32, table: 40),
        typeObject: .init(
            name: 24, basicSize: 32, itemSize: 40, flags: 168, dictionary: 264, dictionaryOffset: 288, cachedKeys: 864),
        managedDictionary: nil,
        module: 16, weakReference: 16, lineTable: .deltas)

    private static let v3_10 = CPythonObjectLayout(
        type: 8, size: 16,
        text: .init(length: 16, state: 32, kindBit: 2, asciiCharacters: 48, characters: 72),
        bytes: 32, integer: .init(digits: 24, isTagged: false), float: 16, list: 24, tuple: 24,
        dictionary: .init(keys: 32, values: 40, firstValue: 0),
        keys: .init(tableSize: .count(8), entryCount: 32, indices: 40),
        set: .init(mask: 32, table: 40),
        typeObject: .init(
            name: 24, basicSize: 32, itemSize: 40, flags: 168, dictionary: 264, dictionaryOffset: 288, cachedKeys: 872),
        managedDictionary: nil,
        module: 16, weakReference: 16, lineTable: .ranges)

    private static let v3_11 = CPythonObjectLayout(
        type: 8, size: 16,
        text: .init(length: 16, state: 32, kindBit: 2, asciiCharacters: 48, characters: 72),
        bytes: 32, integer: .init(digits: 24, isTagged: false), float: 16, list: 24, tuple: 24,
        dictionary: .init(keys: 32, values: 40, firstValue: 0),
        keys: .init(tableSize: .logarithms(places: 8, bytes: 9, kind: 10), entryCount: 24, indices: 32),
        set: .init(mask: 32, table: 40),
        typeObject: .init(
            name: 24, basicSize: 32, itemSize: 40, flags: 168, dictionary: 264, dictionaryOffset: 288, cachedKeys: 872),
        managedDictionary: .separate(values: -32, dictionary: -24),
        module: 16, weakReference: 16, lineTable: .locations)

    private static let v3_12 = CPythonObjectLayout(
        type: 8, size: 16,
        text: .init(length: 16, state: 32, kindBit: 2, asciiCharacters: 40, characters: 56),
        bytes: 32, integer: .init(digits: 24, isTagged: true), float: 16, list: 24, tuple: 24,
        dictionary: .init(keys: 32, values: 40, firstValue: 0),
        keys: .init(tableSize: .logarithms(places: 8, bytes: 9, kind: 10), entryCount: 24, indices: 32),
        set: .init(mask: 32, table: 40),
        typeObject: .init(
            name: 24, basicSize: 32, itemSize: 40, flags: 168, dictionary: 264, dictionaryOffset: 288, cachedKeys: 880),
        managedDictionary: .tagged(-24),
        module: 16, weakReference: 16, lineTable: .locations)

    private static let v3_13 = CPythonObjectLayout(
        type: 8, size: 16,
        text: .init(length: 16, state: 32, kindBit: 2, asciiCharacters: 40, characters: 56),
        bytes: 32, integer: .init(digits: 24, isTagged: true), float: 16, list: 24, tuple: 24,
        dictionary: .init(keys: 32, values: 40, firstValue: 8),
        keys: .init(tableSize: .logarithms(places: 8, bytes: 9, kind: 10), entryCount: 24, indices: 32),
        set: .init(mask: 32, table: 40),
        typeObject: .init(
            name: 24, basicSize: 32, itemSize: 40, flags: 168, dictionary: 264, dictionaryOffset: 288, cachedKeys: 880),
        managedDictionary: .inline(dictionary: -24, valid: 3),
        module: 16, weakReference: 16, lineTable: .locations)

    private static let v3_13t = CPythonObjectLayout(
        type: 24, size: 32,
        text: .init(length: 32, state: 48, kindBit: 2, asciiCharacters: 56, characters: 72),
        bytes: 48, integer: .init(digits: 40, isTagged: true), float: 32, list: 40, tuple: 40,
        dictionary: .init(keys: 48, values: 56, firstValue: 8),
        keys: .init(tableSize: .logarithms(places: 8, bytes: 9, kind: 10), entryCount: 24, indices: 32),
        set: .init(mask: 48, table: 56),
        typeObject: .init(
            name: 40, basicSize: 48, itemSize: 56, flags: 184, dictionary: 280, dictionaryOffset: 304, cachedKeys: 896),
        managedDictionary: .inline(dictionary: -8, valid: 3),
        module: 32, weakReference: 32, lineTable: .locations)

    private static let v3_14 = CPythonObjectLayout(
        type: 8, size: 16,
        text: .init(length: 16, state: 32, kindBit: 2, asciiCharacters: 40, characters: 56),
        bytes: 32, integer: .init(digits: 24, isTagged: true), float: 16, list: 24, tuple: 32,
        dictionary: .init(keys: 32, values: 40, firstValue: 8),
        keys: .init(tableSize: .logarithms(places: 8, bytes: 9, kind: 10), entryCount: 24, indices: 32),
        set: .init(mask: 32, table: 40),
        typeObject: .init(
            name: 24, basicSize: 32, itemSize: 40, flags: 168, dictionary: 264, dictionaryOffset: 288, cachedKeys: 880),
        managedDictionary: .inline(dictionary: -24, valid: 3),
        module: 16, weakReference: 16, lineTable: .locations)

    private static let v3_14t = CPythonObjectLayout(
        type: 24, size: 32,
        text: .init(length: 32, state: 48, kindBit: 8, asciiCharacters: 56, characters: 72),
        bytes: 48, integer: .init(digits: 40, isTagged: true), float: 32, list: 40, tuple: 48,
        dictionary: .init(keys: 48, values: 56, firstValue: 8),
        keys: .init(tableSize: .logarithms(places: 8, bytes: 9, kind: 10), entryCount: 24, indices: 32),
        set: .init(mask: 48, table: 56),
        typeObject: .init(
            name: 40, basicSize: 48, itemSize: 56, flags: 184, dictionary: 280, dictionaryOffset: 304, cachedKeys: 896),
        managedDictionary: .inline(dictionary: -8, valid: 3),
        module: 32, weakReference: 32, lineTable: .locations)
}
