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
private struct CPythonValueReader {
    /// The most characters that are read of a text, elements of a container, and containers inside each other.
    static let textLimit = 200
    private static let elementLimit = 20
    private static let depthLimit = 3

    let objects: CPythonObjects
    /// How many more objects are read.
    private var remaining = 200

    init(objects: CPythonObjects) { self.objects = objects }

    mutating func value(at address: Address, depth: Int) -> CPythonValue {
        remaining -= 1
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
        case .str: return .text(try objects.text(at: address, limit: Self.textLimit))
        case .bytes:
            let (bytes, count) = try objects.firstBytes(of: address, limit: Self.textLimit)
            return .bytes(bytes, count: count)
        }
    }

    private mutating func contents(
        of address: Address, _ type: Container, depth: Int
    ) throws(RuntimeReadError) -> CPythonValue {
        switch type {
        case .list, .tuple:
            let (count, elements) = try objects.elements(ofSequence: address, limit: Self.elementLimit)
            let values = values(at: elements, depth: depth)
            return type == .list ? .list(values, count: count) : .tuple(values, count: count)
        case .set:
            let elements = try objects.elements(ofSet: address, limit: Self.elementLimit + 1)
            let values = values(at: elements.prefix(Self.elementLimit), depth: depth)
            return .set(values, hasMore: values.count < elements.count)
        case .dict:
            // Places of removed entries are among them.
            let entries = try objects.entries(ofDictionary: address, limit: 2 * Self.elementLimit)
            let keys = values(at: entries.prefix(Self.elementLimit).map(\.key), depth: depth)
            let values = values(at: entries.prefix(keys.count).map(\.value), depth: depth)
            let shown = zip(keys, values).map { CPythonValue.Entry(key: $0, value: $1) }
            return .dictionary(shown, hasMore: shown.count < entries.count)
        }
    }

    /// The values of as many objects as are still to be read.
    private mutating func values(at addresses: some Sequence<Address>, depth: Int) -> [CPythonValue] {
        var values: [CPythonValue] = []
        for address in addresses {
            guard remaining > 0 else { break }
            values.append(value(at: address, depth: depth))
        }
        return values
    }
}
