package import ProfileModel

extension CPythonObjects {
    /// The most attributes of an object among which one is searched.
    private static let attributeLimit = 256

    /// The attributes of an object of its own (`__dict__`), at most `limit`; none if it can't have any.
    package func attributes(of object: Address, limit: Int) throws(RuntimeReadError) -> [CPythonEntry] {
        let type = try type(of: object)
        if type.flags.contains(.managedDictionary), let place = layout.managedDictionary {
            return try managedAttributes(of: object, type, place, limit)
        }
        guard let offset = try dictionaryOffset(of: object, type) else { return [] }
        return try entries(at: object, pointerAt: offset, limit: limit)
    }

    /// The value of the object's own attribute of this name.
    package func attribute(_ name: String, of object: Address) throws(RuntimeReadError) -> Address? {
        value(of: name, in: try attributes(of: object, limit: Self.attributeLimit))
    }

    private func managedAttributes(
        of object: Address, _ type: CPythonType, _ place: CPythonObjectLayout.ManagedDictionary, _ limit: Int
    ) throws(RuntimeReadError) -> [CPythonEntry] {
        switch place {
        case .separate(let values, let dictionary):
            guard let values = try memory.pointer(at: object, offset: values) else {
                return try entries(at: object, pointerAt: dictionary, limit: limit)
            }
            return try entries(ofInstanceOf: type, values: values, limit)
        case .tagged(let offset):
            let word = try memory.word(at: object, offset: offset)
            guard word & 1 == 1 else { return try entries(at: object, pointerAt: offset, limit: limit) }
            return try entries(ofInstanceOf: type, values: Address(rawValue: word).advanced(by: 1), limit)
        case .inline(let dictionary, let valid):
            let values = object.offset(by: type.basicSize)
            guard type.flags.contains(.inlineValues), try memory.pointer(at: object, offset: dictionary) == nil,
                try memory.allBytes(at: values.offset(by: valid), count: 1) == [1]
            else { return try entries(at: object, pointerAt: dictionary, limit: limit) }
            return try entries(ofInstanceOf: type, values: values, limit)
        }
    }

    /// Of an instance that shares its keys with others of its type.
    private func entries(
        ofInstanceOf type: CPythonType, values: Address, _ limit: Int
    ) throws(RuntimeReadError) -> [CPythonEntry] {
        guard let keys = try memory.pointer(at: type.address, offset: layout.typeObject.cachedKeys) else { return [] }
        return try entries(ofKeys: keys, values: values.offset(by: layout.dictionary.firstValue), limit: limit)
    }

    private func entries(
        at object: Address, pointerAt offset: Int, limit: Int
    ) throws(RuntimeReadError) -> [CPythonEntry] {
        guard let dictionary = try memory.pointer(at: object, offset: offset) else { return [] }
        return try entries(ofDictionary: dictionary, limit: limit)
    }

    /// Where in an object the pointer to its dictionary is (`_PyObject_GetDictPtr`).
    ///
    /// A negative `tp_dictoffset` counts from the object's end.
    private func dictionaryOffset(of object: Address, _ type: CPythonType) throws(RuntimeReadError) -> Int? {
        guard type.dictionaryOffset != 0 else { return nil }
        guard type.dictionaryOffset < 0 else { return type.dictionaryOffset }
        let items = try itemCount(of: object, type)
        guard items <= 0xFFFF_FFFF, items * UInt64(type.itemSize) <= 1 << 40 else {
            throw .tooLarge(object, expected: "an object with attributes")
        }
        let end = type.basicSize + Int(items) * type.itemSize
        return (end + 7) / 8 * 8 + type.dictionaryOffset
    }

    /// The number of items of an object of variable size; of an int, that of its digits.
    private func itemCount(of object: Address, _ type: CPythonType) throws(RuntimeReadError) -> UInt64 {
        let word = try memory.word(at: object, offset: layout.size)
        if type.flags.contains(.integer), layout.integer.isTagged { return word >> 3 }
        return Int64(bitPattern: word).magnitude
    }
}
