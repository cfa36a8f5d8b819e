package import ProfileModel

/// Reads objects from the memory of a process with CPython.
///
/// The process can have anything there, and change it at any time: every read is bounded, and every loop ends.
package struct CPythonObjects {
    package let layout: CPythonObjectLayout
    package let memory: any RuntimeMemory

    package init(layout: CPythonObjectLayout, memory: any RuntimeMemory) {
        self.layout = layout
        self.memory = memory
    }

    /// The type of an object.
    package func type(of object: Address) throws(RuntimeReadError) -> CPythonType {
        guard let address = try memory.pointer(at: object, offset: layout.type) else {
            throw .implausible(object, expected: "an object of Python")
        }
        return try type(at: address)
    }

    func type(at address: Address) throws(RuntimeReadError) -> CPythonType {
        let fields = layout.typeObject
        let bytes = try memory.allBytes(at: address, count: fields.dictionaryOffset + 8)
        let type = CPythonType(
            address: address, name: Address(rawValue: bytes.littleEndianWord(at: fields.name)),
            basicSize: Int(truncatingIfNeeded: bytes.littleEndianWord(at: fields.basicSize)),
            itemSize: Int(truncatingIfNeeded: bytes.littleEndianWord(at: fields.itemSize)),
            dictionaryOffset: Int(truncatingIfNeeded: bytes.littleEndianWord(at: fields.dictionaryOffset)),
            flags: CPythonType.Flags(rawValue: bytes.littleEndianWord(at: fields.flags)))
        guard type.isPlausible else { throw .implausible(address, expected: "a type of Python") }
        return type
    }

    /// The pointer in a field of an object of the interpreter's own, behind the head that all objects have.
    func field(_ index: Int, of object: Address) throws(RuntimeReadError) -> Address? {
        try memory.pointer(at: object, offset: layout.type + 8 * (1 + index))
    }

    /// The number of items of an object of variable size, at most `limit`.
    func size(of object: Address, limit: Int, expected: String) throws(RuntimeReadError) -> Int {
        let size = Int64(bitPattern: try memory.word(at: object, offset: layout.size))
        guard size >= 0 else { throw .implausible(object, expected: expected) }
        guard size <= limit else { throw .tooLarge(object, expected: expected) }
        return Int(size)
    }

    /// The contents of a bytes object, of at most `limit` bytes.
    package func bytes(at address: Address, limit: Int) throws(RuntimeReadError) -> [UInt8] {
        let (bytes, count) = try firstBytes(of: address, limit: limit)
        guard count <= limit else { throw .tooLarge(address, expected: "a bytes object") }
        return bytes
    }

    /// The first bytes of a bytes object, at most `limit`, and how many it has.
    func firstBytes(of address: Address, limit: Int) throws(RuntimeReadError) -> (bytes: [UInt8], count: Int) {
        guard try type(of: address).flags.contains(.bytes) else {
            throw .implausible(address, expected: "a bytes object")
        }
        let count = try size(of: address, limit: 1 << 48, expected: "a bytes object")
        return (try memory.allBytes(at: address.offset(by: layout.bytes), count: min(count, limit)), count)
    }
}

/// What is needed of a type object.
package struct CPythonType: Hashable, Sendable {
    package struct Flags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt64
        package init(rawValue: UInt64) { self.rawValue = rawValue }

        /// `Py_TPFLAGS_INLINE_VALUES` (3.13 and later).
        static let inlineValues = Flags(rawValue: 1 << 2)
        /// `Py_TPFLAGS_MANAGED_DICT` (3.11 and later).
        static let managedDictionary = Flags(rawValue: 1 << 4)
        /// Made by a class statement, not in C.
        static let heap = Flags(rawValue: 1 << 9)
        static let ready = Flags(rawValue: 1 << 12)
        /// `Py_TPFLAGS_HAVE_VERSION_TAG`: a static type of the interpreter's own may have no other flag before one of its
        /// attributes is read (up to 3.9).
        static let versionTag = Flags(rawValue: 1 << 18)
        static let integer = Flags(rawValue: 1 << 24)
        static let list = Flags(rawValue: 1 << 25)
        static let tuple = Flags(rawValue: 1 << 26)
        static let bytes = Flags(rawValue: 1 << 27)
        static let text = Flags(rawValue: 1 << 28)
        static let dictionary = Flags(rawValue: 1 << 29)
    }

    package let address: Address
    /// `tp_name`: of bytes that end with a zero.
    let name: Address
    let basicSize: Int
    let itemSize: Int
    let dictionaryOffset: Int
    package let flags: Flags

    var isPlausible: Bool {
        let sizes = 0...0xFFFF_FFFF
        return !flags.isDisjoint(with: [.ready, .versionTag]) && sizes ~= basicSize && sizes ~= itemSize
            && -0xFFFF_FFFF...0xFFFF_FFFF ~= dictionaryOffset
    }
}

extension Address {
    /// The address of a field.
    func offset(by distance: Int) -> Address { advanced(by: UInt64(bitPattern: Int64(distance))) }
}

extension RuntimeMemory {
    /// The word of a field.
    func word(at address: Address, offset: Int) throws(RuntimeReadError) -> UInt64 {
        try word(at: address.offset(by: offset))
    }

    /// The pointer of a field; `nil` for a null pointer.
    func pointer(at address: Address, offset: Int) throws(RuntimeReadError) -> Address? {
        try pointer(at: address.offset(by: offset))
    }

    /// Bytes up to the first zero, at most `limit` of them.
    func terminatedBytes(at address: Address, limit: Int) -> ArraySlice<UInt8> {
        bytes(at: address, count: limit).prefix { $0 != 0 }
    }
}
