internal import ProfileModel

extension CPythonObjects {
    /// The most classes that are derived from each other.
    static let baseLimit = 32

    /// What a type is derived from (`tp_base`, which precedes `tp_dict`).
    func base(of type: CPythonType) throws(RuntimeReadError) -> CPythonType? {
        guard let base = try memory.pointer(at: type.address, offset: layout.typeObject.dictionary - 8) else {
            return nil
        }
        return try self.type(at: base)
    }

    func isNone(_ object: Address) throws(RuntimeReadError) -> Bool {
        let type = try type(of: object)
        return memory.terminatedBytes(at: type.name, limit: 9).elementsEqual("NoneType".utf8)
    }
}

/// The attributes of objects, of those as well whose classes have `__slots__`.
///
/// A class is read once.
final class CPythonSlots {
    private let objects: CPythonObjects
    private var offsets: [Address: [String: Int]] = [:]

    /// The most attributes of a class, its methods among them.
    private static let attributeLimit = 1024
    /// How many more classes are read.
    private var remaining = 64
    private static let nameLimit = 100

    init(of objects: CPythonObjects) { self.objects = objects }

    /// `nil` where the object has no such attribute.
    func attribute(_ name: String, of object: Address) throws(RuntimeReadError) -> Address? {
        let type = try objects.type(of: object)
        guard let offset = try offsets(of: type)[name] else { return try objects.attribute(name, of: object) }
        return try objects.memory.pointer(at: object, offset: offset)
    }

    /// Where in an object of a class the pointers to its attributes are, by their names.
    func offsets(of type: CPythonType) throws(RuntimeReadError) -> [String: Int] {
        if let known = offsets[type.address] { return known }
        var offsets: [String: Int] = [:]
        var next: CPythonType? = type
        for _ in 0..<CPythonObjects.baseLimit {
            // Only classes of Python have slots, and those are derived from no others.
            guard let base = next, base.flags.contains(.heap) else { break }
            offsets.merge(try ownOffsets(of: base, in: type)) { derived, _ in derived }
            next = try objects.base(of: base)
        }
        self.offsets[type.address] = offsets
        return offsets
    }

    /// - Parameter whole: the class of the object, in which they have to lie.
    private func ownOffsets(of type: CPythonType, in whole: CPythonType) throws(RuntimeReadError) -> [String: Int] {
        guard remaining > 0 else { throw .tooLarge(type.address, expected: "one of few classes with tasks") }
        remaining -= 1
        let place = objects.layout.typeObject.dictionary
        guard let dictionary = try objects.memory.pointer(at: type.address, offset: place) else { return [:] }
        var offsets: [String: Int] = [:]
        for entry in try objects.entries(ofDictionary: dictionary, limit: Self.attributeLimit) {
            guard let offset = try? offset(inDescriptor: entry.value), offset > objects.layout.type,
                offset <= whole.basicSize - 8, let name = try? objects.text(at: entry.key, limit: Self.nameLimit)
            else { continue }
            offsets[name] = offset
        }
        return offsets
    }

    /// `nil` for an object that describes no slot.
    private func offset(inDescriptor object: Address) throws(RuntimeReadError) -> Int? {
        let type = try objects.type(of: object)
        guard objects.memory.terminatedBytes(at: type.name, limit: 18).elementsEqual("member_descriptor".utf8),
            // `d_type`, `d_name`, `d_qualname`, `d_member`.
            let member = try objects.field(3, of: object)
        else { return nil }
        // PyMemberDef: a name, a kind, and the offset.
        return Int(exactly: try objects.memory.word(at: member, offset: 16))
    }
}
