package import ProfileModel
internal import SystemSupport

extension CPythonObjects {
    /// What an object is: with its contents, if it is of a simple type.
    package func value(at address: Address) -> CPythonValue {
        var reader = CPythonValueReader(objects: self)
        return reader.value(at: address, depth: 0)
    }

    /// The name of a type with that of its module, unless it is the interpreter's own.
    package func name(of type: CPythonType) -> String {
        let limit = CPythonValueReader.textLimit
        let name = PrintableText.escaped(bytes: memory.terminatedBytes(at: type.name, limit: limit), limit: limit)
        // Types that are made in C have their module in the name.
        guard type.flags.contains(.heap), !name.contains("."), let module = module(of: type) else { return name }
        return "\(module).\(name)"
    }

    /// `__module__`, which is among the first that a class gets.
    private func module(of type: CPythonType) -> String? {
        guard let dictionary = try? memory.pointer(at: type.address, offset: layout.typeObject.dictionary),
            let module = try? value(of: "__module__", inDictionary: dictionary, limit: 64)
        else { return nil }
        return try? text(at: module, limit: CPythonValueReader.textLimit)
    }
}

/// Reads one value, and no more of it than its limits.
struct CPythonValueReader {
    /// The most characters that are read of a text, elements of a container, and containers inside each other.
    fileprivate static let textLimit = 200
    private static let elementLimit = 20
    private static let depthLimit = 3
    /// The most objects.
    private static let objectLimit = 200

    private let objects: CPythonObjects
    /// The names whose values are not read.
    private let redaction: NamePatterns
    private let limit: Int
    private(set) var objectCount = 0
    /// Whether something of it can change while nothing refers to another object than before.
    private(set) var hasMutableParts = false

    init(objects: CPythonObjects, redaction: NamePatterns = NamePatterns([]), limit: Int = Self.objectLimit) {
        self.objects = objects
        self.redaction = redaction
        self.limit = min(limit, Self.objectLimit)
    }

    mutating func value(at address: Address, depth: Int) -> CPythonValue {
        objectCount += 1
        do throws(RuntimeReadError) {
            let type = try objects.type(of: address)
            switch simpleType(type) {
            case .scalar(let scalar): return try value(at: address, scalar)
            case .container(let container):
                return depth < Self.depthLimit ? try contents(of: address, container, depth: depth + 1) : .omitted
            case nil: return .object(type: objects.name(of: type))
            }
        } catch {
            return .unreadable
        }
    }

    // MARK: - Types

    private enum Scalar: String {
        case none = "NoneType"
        case bool
        case int
        case float
        case str
        case bytes
    }

    private enum Container: String {
        case list
        case tuple
        case dict
        case set
    }

    private enum SimpleType {
        case scalar(Scalar)
        case container(Container)
    }

    /// The type, if it is one of the interpreter's own whose contents are read.
    private func simpleType(_ type: CPythonType) -> SimpleType? {
        guard !type.flags.contains(.heap) else { return nil }
        let name = String(decoding: objects.memory.terminatedBytes(at: type.name, limit: 9), as: UTF8.self)
        return Scalar(rawValue: name).map(SimpleType.scalar) ?? Container(rawValue: name).map(SimpleType.container)
    }

    // MARK: - Contents

    private func value(at address: Address, _ type: Scalar) throws(RuntimeReadError) -> CPythonValue {
        switch type {
        case .none: return .none
        case .bool: return .boolean(try objects.integer(at: address) == 1)
        case .int: return try objects.integer(at: address).map(CPythonValue.integer) ?? .largeInteger
        case .float: return .float(try objects.float(at: address))
        case .str:
            let (text, count) = try objects.firstCharacters(of: address, limit: Self.textLimit)
            return .text(text, count: count)
        case .bytes:
            let (bytes, count) = try objects.firstBytes(of: address, limit: Self.textLimit)
            return .bytes(bytes, count: count)
        }
    }

    private mutating func contents(
        of address: Address, _ type: Container, depth: Int
    ) throws(RuntimeReadError) -> CPythonValue {
        if type != .tuple { hasMutableParts = true }
        switch type {
        case .list, .tuple:
            let (count, elements) = try objects.elements(ofSequence: address, limit: Self.elementLimit)
            let values = count == 2 ? pair(at: elements, depth: depth) : values(at: elements, depth: depth)
            return type == .list ? .list(values, count: count) : .tuple(values, count: count)
        case .set:
            let elements = try objects.elements(ofSet: address, limit: Self.elementLimit + 1)
            let values = values(at: elements.prefix(Self.elementLimit), depth: depth)
            return .set(values, hasMore: values.count < elements.count)
        case .dict:
            // Places of removed entries are among them.
            let entries = try objects.entries(ofDictionary: address, limit: 2 * Self.elementLimit)
            let keys = values(at: entries.prefix(Self.elementLimit).map(\.key), depth: depth)
            var shown: [CPythonValue.Entry] = []
            for (key, entry) in zip(keys, entries) where objectCount < limit {
                let value = value(at: entry.value, namedBy: entry.key, key, depth: depth)
                shown.append(CPythonValue.Entry(key: key, value: value))
            }
            return .dictionary(shown, hasMore: shown.count < entries.count)
        }
    }

    /// Two values, of which the first may be the name of the second, as in the headers of a request.
    private mutating func pair(at addresses: [Address], depth: Int) -> [CPythonValue] {
        guard let first = values(at: addresses.prefix(1), depth: depth).first else { return [] }
        guard addresses.count == 2, objectCount < limit else { return [first] }
        return [first, value(at: addresses[1], namedBy: addresses[0], first, depth: depth)]
    }

    private mutating func value(
        at address: Address, namedBy key: Address, _ shown: CPythonValue, depth: Int
    ) -> CPythonValue {
        if let name = name(at: key, shown), redaction.match(name) { return .redacted }
        return value(at: address, depth: depth)
    }

    /// What a value is named by: a str, or bytes as in headers, or an object of a class that is derived from one of them.
    private func name(at address: Address, _ value: CPythonValue) -> String? {
        switch value {
        case .text(let text, _): return text
        case .bytes(let bytes, _): return String(decoding: bytes, as: UTF8.self)
        case .object:
            if let text = try? objects.firstCharacters(of: address, limit: Self.textLimit).text { return text }
            let bytes = try? objects.firstBytes(of: address, limit: Self.textLimit).bytes
            return bytes.map { String(decoding: $0, as: UTF8.self) }
        default: return nil
        }
    }

    /// The values of as many objects as are still to be read.
    private mutating func values(at addresses: some Sequence<Address>, depth: Int) -> [CPythonValue] {
        var values: [CPythonValue] = []
        for address in addresses {
            guard objectCount < limit else { break }
            values.append(value(at: address, depth: depth))
        }
        return values
    }
}
