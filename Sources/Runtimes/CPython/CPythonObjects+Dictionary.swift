package import ProfileModel

/// A key of a dictionary and its value: where these objects are.
package struct CPythonEntry: Hashable, Sendable {
    package let key: Address
    package let value: Address
}

extension CPythonObjects {
    /// The most places of a dictionary that a name is searched in.
    package static let searchLimit = 1 << 16

    /// The entries of a dictionary in their order; of one with more than `limit` places the first.
    package func entries(ofDictionary address: Address, limit: Int) throws(RuntimeReadError) -> [CPythonEntry] {
        guard try type(of: address).flags.contains(.dictionary),
            let keys = try memory.pointer(at: address, offset: layout.dictionary.keys)
        else { throw .implausible(address, expected: "a dict") }
        guard let values = try memory.pointer(at: address, offset: layout.dictionary.values) else {
            return try entries(ofKeys: keys, limit: limit)
        }
        return try entries(
            ofKeys: keys, values: values.offset(by: layout.dictionary.firstValue), limit: limit)
    }

    /// The value that a dictionary has for a str of ASCII characters.
    package func value(
        of name: String, inDictionary address: Address, limit: Int = Self.searchLimit
    ) throws(RuntimeReadError) -> Address? {
        value(of: name, in: try entries(ofDictionary: address, limit: limit))
    }

    func value(of name: String, in entries: [CPythonEntry]) -> Address? {
        // What is no str is another key.
        entries.first { (try? isText(name, at: $0.key)) == true }?.value
    }

    /// The entries of a table of keys that has the values, too.
    private func entries(ofKeys address: Address, limit: Int) throws(RuntimeReadError) -> [CPythonEntry] {
        let keys = try keyTable(at: address)
        let count = min(keys.count, limit)
        let bytes = try memory.allBytes(at: keys.start, count: count * keys.entryByteCount)
        return (0..<count).compactMap { index in
            let key = index * keys.entryByteCount + keys.keyOffset
            return Self.entry(bytes.littleEndianWord(at: key), bytes.littleEndianWord(at: key + 8))
        }
    }

    /// The entries of a table of keys that several dictionaries share, with the values of one of them.
    func entries(
        ofKeys address: Address, values: Address, limit: Int
    ) throws(RuntimeReadError) -> [CPythonEntry] {
        let keys = try keyTable(at: address)
        let count = min(keys.count, limit)
        let bytes = try memory.allBytes(at: keys.start, count: count * keys.entryByteCount)
        let values = try memory.allBytes(at: values, count: count * 8)
        return (0..<count).compactMap { index in
            let key = index * keys.entryByteCount + keys.keyOffset
            return Self.entry(bytes.littleEndianWord(at: key), values.littleEndianWord(at: index * 8))
        }
    }

    /// `nil` for a place that is free.
    private static func entry(_ key: UInt64, _ value: UInt64) -> CPythonEntry? {
        guard key != 0, value != 0 else { return nil }
        return CPythonEntry(key: Address(rawValue: key), value: Address(rawValue: value))
    }

    /// Where the entries of PyDictKeysObject are.
    private struct KeyTable {
        let start: Address
        let count: Int
        /// Entries begin with the key's hash, unless all keys are str.
        let hasHashes: Bool

        var keyOffset: Int { hasHashes ? 8 : 0 }
        var entryByteCount: Int { keyOffset + 16 }
    }

    private func keyTable(at address: Address) throws(RuntimeReadError) -> KeyTable {
        let fields = layout.keys
        let bytes = try memory.allBytes(at: address, count: fields.indices)
        let count = bytes.littleEndianWord(at: fields.entryCount)
        let places: UInt64
        let tableByteCount: UInt64
        let hasHashes: Bool
        switch fields.tableSize {
        case .count(let offset):
            places = bytes.littleEndianWord(at: offset)
            tableByteCount = places &* (places <= 0xFF ? 1 : places <= 0xFFFF ? 2 : places <= 0xFFFF_FFFF ? 4 : 8)
            hasHashes = true
        case .logarithms(let placeBits, let byteBits, let kind):
            places = 1 << UInt64(bytes[placeBits])
            tableByteCount = 1 << UInt64(bytes[byteBits])
            hasHashes = bytes[kind] == 0
        }
        guard 1...1 << 40 ~= places, 1...1 << 43 ~= tableByteCount, count <= places else {
            throw .implausible(address, expected: "the keys of a dict")
        }
        return KeyTable(
            start: address.offset(by: fields.indices).advanced(by: tableByteCount), count: Int(count),
            hasHashes: hasHashes)
    }
}
