package import ProfileModel

extension CPythonObjects {
    /// The number of elements of a list or a tuple, and where the first `limit` of them are.
    package func elements(
        ofSequence address: Address, limit: Int
    ) throws(RuntimeReadError) -> (count: Int, elements: [Address]) {
        let flags = try type(of: address).flags
        let start: Address?
        if flags.contains(.list) {
            start = try memory.pointer(at: address, offset: layout.list)
        } else if flags.contains(.tuple) {
            start = address.offset(by: layout.tuple)
        } else {
            throw .implausible(address, expected: "a list or tuple")
        }
        let count = try size(of: address, limit: 1 << 48, expected: "a list or tuple")
        guard count > 0, let start else { return (0, []) }
        let bytes = try memory.allBytes(at: start, count: 8 * min(count, limit))
        let elements = stride(from: 0, to: bytes.count, by: 8).map { bytes.littleEndianWord(at: $0) }
        return (count, elements.filter { $0 != 0 }.map(Address.init(rawValue:)))
    }

    /// The elements of a set, at most `limit`; of one that had many more before, those that are found soon.
    ///
    /// - Parameter address: a set, or an object of a class that is derived from it.
    package func elements(ofSet address: Address, limit: Int) throws(RuntimeReadError) -> [Address] {
        let mask = try memory.word(at: address, offset: layout.set.mask)
        guard let table = try memory.pointer(at: address, offset: layout.set.table), mask < 1 << 40,
            mask & (mask + 1) == 0
        else { throw .implausible(address, expected: "a set") }
        var elements: [Address] = []
        // A set has room for less than 16 times its elements, until many are removed.
        let places = min(Int(mask) + 1, 16 * limit + 1024)
        let placesOfRead = 4096
        for place in stride(from: 0, to: places, by: placesOfRead) where elements.count < limit {
            let count = min(placesOfRead, places - place)
            let bytes = try memory.allBytes(at: table.offset(by: 16 * place), count: 16 * count)
            for offset in stride(from: 0, to: bytes.count, by: 16) {
                let (key, hash) = (bytes.littleEndianWord(at: offset), bytes.littleEndianWord(at: offset + 8))
                // No object has the hash -1: it marks what was removed.
                if key != 0, hash != .max { elements.append(Address(rawValue: key)) }
            }
        }
        return Array(elements.prefix(limit))
    }

    /// The elements of a set that has not been given another table while they were read.
    func stableElements(ofSet set: Address, limit: Int) throws(RuntimeReadError) -> [Address] {
        for _ in 0..<Self.attempts {
            let table = try table(of: set)
            let elements = try elements(ofSet: set, limit: limit)
            if try self.table(of: set) == table { return elements }
        }
        throw .implausible(set, expected: "a set that doesn't change all the time")
    }

    private static let attempts = 4

    private func table(of set: Address) throws(RuntimeReadError) -> [UInt64] {
        [try memory.word(at: set, offset: layout.set.mask), try memory.word(at: set, offset: layout.set.table)]
    }

    /// What the elements of a `weakref.WeakSet` refer to, at most `limit`.
    package func elements(ofWeakSet address: Address, limit: Int) throws(RuntimeReadError) -> [Address] {
        guard let set = try attribute("data", of: address) else {
            throw .implausible(address, expected: "a WeakSet")
        }
        return try elements(ofSet: set, limit: limit).compactMap { try? referent(ofWeakReference: $0) }
    }

    /// What a weak reference refers to: `None` once that is gone.
    package func referent(ofWeakReference address: Address) throws(RuntimeReadError) -> Address {
        guard let referent = try memory.pointer(at: address, offset: layout.weakReference) else {
            throw .implausible(address, expected: "a weak reference")
        }
        return referent
    }

    /// The dictionary of a module that an interpreter has imported; `nil` if it hasn't.
    func globals(
        ofModule name: String, in interpreter: Address, _ whole: CPythonLayout
    ) throws(RuntimeReadError) -> Address? {
        guard let modules = try memory.pointer(at: interpreter.offset(by: whole.interpreter.modules)),
            let module = try value(of: name, inDictionary: modules)
        else { return nil }
        return try memory.pointer(at: module, offset: layout.module)
    }

    /// The value of an int; `nil` if it has more than 60 bits.
    package func integer(at address: Address) throws(RuntimeReadError) -> Int64? {
        guard try type(of: address).flags.contains(.integer) else { throw .implausible(address, expected: "an int") }
        let size = try memory.word(at: address, offset: layout.size)
        let isTagged = layout.integer.isTagged
        let isNegative = isTagged ? size & 3 == 2 : Int64(bitPattern: size) < 0
        let digitCount = isTagged ? size >> 3 : Int64(bitPattern: size).magnitude
        guard digitCount <= 2 else { return nil }
        let digits = try memory.allBytes(at: address.offset(by: layout.integer.digits), count: 4 * Int(digitCount))
        let magnitude = (0..<Int(digitCount)).reduce(Int64(0)) { sum, index in
            sum | Int64(digits.littleEndianWord(at: 4 * index, count: 4) & 0x3FFF_FFFF) << (30 * Int64(index))
        }
        return isNegative ? -magnitude : magnitude
    }

    package func float(at address: Address) throws(RuntimeReadError) -> Double {
        Double(bitPattern: try memory.word(at: address, offset: layout.float))
    }
}
