package import ProfileModel
internal import SystemSupport

/// Reads the variables of functions from their frames, as they are now.
///
/// Module and class bodies have none: their names are in a dictionary.
package struct CPythonVariables {
    private let layout: CPythonLayout
    private let objects: CPythonObjects
    private let redaction: NamePatterns
    private let deadline: UInt64
    /// How many more objects, and bytes of text, are read.
    private var objectsLeft: Int
    private var bytesLeft = 2 << 20
    private var known: [Address: [NamedPlace]] = [:]

    package init(layout: CPythonLayout, objects: CPythonObjects, _ reading: VariableReading) {
        self.layout = layout
        self.objects = CPythonObjects(layout: objects.layout, memory: PagedMemory(objects.memory))
        redaction = NamePatterns(reading.redactedNames)
        deadline = reading.deadline
        objectsLeft = Int(reading.objectLimit)
    }

    /// Where a frame has a variable.
    private struct NamedPlace {
        let name: String
        let kind: InterpretedVariable.Kind
        let index: Int
        /// Whether a cell is there, or will be once the function has begun.
        let mayBeCell: Bool
    }

    private static let nameLimit = 200
    private static let valueLimit = 2_000
    /// What a variable takes in a message beside its texts, at most.
    private static let variableSize = 32

    package mutating func variables(ofFrameAt record: Address, code: Address) -> FrameVariables {
        var variables: [InterpretedVariable] = []
        var loss: FrameVariables.Loss?
        do throws(RuntimeReadError) {
            let places = try places(of: code)
            let count = (places.map(\.index).max() ?? -1) + 1
            let start = record.offset(by: layout.frame.variables)
            let words = try objects.memory.allBytes(at: start, count: 8 * count)
            if places.count == FrameVariables.variableLimit { loss = .limit }
            for place in places {
                loss = exhausted ?? loss
                if exhausted != nil { break }
                guard let variable = variable(place, words.littleEndianWord(at: 8 * place.index)) else { continue }
                variables.append(variable)
                let texts = variable.name.utf8.count + variable.value.utf8.count + (variable.type?.utf8.count ?? 0)
                bytesLeft -= texts + Self.variableSize
            }
        } catch {
            loss = .unreadable
        }
        return FrameVariables(variables: variables, loss: loss)
    }

    private var exhausted: FrameVariables.Loss? {
        if objectsLeft <= 0 || bytesLeft <= 0 { return .limit }
        return MonotonicTime.now.nanoseconds < deadline ? nil : .timeout
    }

    // MARK: - Values

    /// `nil` for one that has no value.
    private mutating func variable(_ place: NamedPlace, _ word: UInt64) -> InterpretedVariable? {
        guard let reference = Self.object(word) else { return nil }
        if redaction.match(place.name) { return variable(place, .redacted, hasMutableParts: false) }
        var reader = CPythonValueReader(objects: objects, redaction: redaction, limit: objectsLeft)
        defer { objectsLeft -= max(1, reader.objectCount) }
        do throws(RuntimeReadError) {
            guard place.mayBeCell, try isCell(reference) else {
                let value = reader.value(at: reference, depth: 0)
                return variable(place, value, hasMutableParts: reader.hasMutableParts)
            }
            // `ob_ref`.
            guard let content = try objects.field(0, of: reference) else { return nil }
            return variable(place, reader.value(at: content, depth: 0), hasMutableParts: true)
        } catch {
            return variable(place, .unreadable, hasMutableParts: false)
        }
    }

    private func variable(_ place: NamedPlace, _ value: CPythonValue, hasMutableParts: Bool) -> InterpretedVariable {
        InterpretedVariable(
            name: place.name, kind: place.kind, type: value.typeName,
            value: PrintableText.escaped(value.description, limit: Self.valueLimit), hasMutableParts: hasMutableParts)
    }

    /// The object of a reference, whose two lowest bits are tags from 3.13 on; `nil` for none, and for an int that isn't
    /// an object.
    private static func object(_ word: UInt64) -> Address? {
        guard word & tags != tags, word & ~tags != 0 else { return nil }
        return Address(rawValue: word & ~tags)
    }

    private static let tags: UInt64 = 3

    private func isCell(_ object: Address) throws(RuntimeReadError) -> Bool {
        let type = try objects.type(of: object)
        return !type.flags.contains(.heap)
            && objects.memory.terminatedBytes(at: type.name, limit: 5).elementsEqual("cell".utf8)
    }

    // MARK: - Names

    private mutating func places(of code: Address) throws(RuntimeReadError) -> [NamedPlace] {
        if let places = known[code] { return places }
        let fields = try objects.memory.allBytes(at: code, count: layout.code.byteCount)
        let arguments = try argumentCount(code, fields)
        let places =
            switch layout.code.variables.names {
            case .apart(let locals, let cells, let free):
                try places(
                    locals: names(fields, locals), cells: names(fields, cells), free: names(fields, free), arguments)
            case .together(let names, let kinds):
                try places(
                    self.names(fields, names), kinds: Address(rawValue: fields.littleEndianWord(at: kinds)), arguments)
            }
        known[code] = places
        return places
    }

    /// With `*arguments` and `**keywords`.
    private func argumentCount(_ code: Address, _ fields: [UInt8]) throws(RuntimeReadError) -> Int {
        let place = layout.code.variables
        let flags = fields.littleEndianWord(at: place.flags, count: 4)
        let count = fields.littleEndianWord(at: place.arguments, count: 4)
        let keywordOnly = fields.littleEndianWord(at: place.keywordOnly, count: 4)
        guard count <= Self.argumentLimit, keywordOnly <= Self.argumentLimit else {
            throw .implausible(code, expected: "a code object")
        }
        return Int(count + keywordOnly) + (flags & 4 != 0 ? 1 : 0) + (flags & 8 != 0 ? 1 : 0)
    }

    private static let argumentLimit: UInt64 = 1 << 16

    private func names(_ fields: [UInt8], _ offset: Int) throws(RuntimeReadError) -> [String] {
        let tuple = Address(rawValue: fields.littleEndianWord(at: offset))
        let elements = try objects.elements(ofSequence: tuple, limit: FrameVariables.variableLimit).elements
        return try elements.map { (name) throws(RuntimeReadError) in try objects.text(at: name, limit: Self.nameLimit) }
    }

    /// Up to 3.10; an argument that functions inside use is in a cell alone.
    private func places(locals: [String], cells: [String], free: [String], _ arguments: Int) -> [NamedPlace] {
        var places = locals.enumerated().map { place, name in
            NamedPlace(name: name, kind: place < arguments ? .argument : .local, index: place, mayBeCell: false)
        }
        for (index, name) in cells.enumerated() {
            let position = locals.prefix(arguments).firstIndex(of: name)
            let place = NamedPlace(
                name: name, kind: position == nil ? .cell : .argument, index: locals.count + index, mayBeCell: true)
            if let position { places[position] = place } else { places.append(place) }
        }
        places += free.enumerated().map { index, name in
            NamedPlace(name: name, kind: .free, index: locals.count + cells.count + index, mayBeCell: true)
        }
        return Array(places.prefix(FrameVariables.variableLimit))
    }

    /// 3.11 and later.
    private func places(_ names: [String], kinds: Address, _ arguments: Int) throws(RuntimeReadError) -> [NamedPlace] {
        let bytes = try objects.firstBytes(of: kinds, limit: FrameVariables.variableLimit).bytes
        guard bytes.count == names.count else { throw .implausible(kinds, expected: "kinds of variables") }
        return zip(names, bytes).enumerated().map { place, variable in
            let (name, bits) = variable
            let kind: InterpretedVariable.Kind =
                if place < arguments { .argument } else if bits & Self.free != 0 { .free } else {
                    bits & Self.cell != 0 ? .cell : .local
                }
            return NamedPlace(name: name, kind: kind, index: place, mayBeCell: bits & (Self.cell | Self.free) != 0)
        }
    }

    /// `CO_FAST_CELL` and `CO_FAST_FREE`.
    private static let cell: UInt8 = 0x40
    private static let free: UInt8 = 0x80
}
