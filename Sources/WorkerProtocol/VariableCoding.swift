internal import ProfileModel

extension VariableReading {
    func write(to writer: inout MessageWriter) {
        writer.list(redactedNames) { $0.put($1) }
        writer.put(objectLimit)
        writer.put(deadline)
    }

    init(reading reader: inout MessageReader) throws(MessageError) {
        let names = try reader.list("patterns", limit: Self.patternLimit, size: 4) { (reader) throws(MessageError) in
            try reader.text("pattern", limit: MessageLimits.name)
        }
        self.init(redactedNames: names, objectLimit: try reader.integer(), deadline: try reader.integer())
    }
}

extension FrameVariables {
    func write(to writer: inout MessageWriter) {
        writer.list(variables) { $1.write(to: &$0) }
        writer.put(loss.map { $0.rawValue + 1 } ?? 0)
    }

    init(reading reader: inout MessageReader) throws(MessageError) {
        let variables = try reader.list("variables", limit: Self.variableLimit, size: 11) {
            (reader) throws(MessageError) in try InterpretedVariable(reading: &reader)
        }
        let number: UInt8 = try reader.integer()
        let loss = number == 0 ? nil : Loss(rawValue: number - 1)
        guard number == 0 || loss != nil else { throw reader.invalid("loss") }
        self.init(variables: variables, loss: loss)
    }
}

extension InterpretedVariable {
    fileprivate func write(to writer: inout MessageWriter) {
        writer.put(name)
        writer.put(kind.rawValue)
        writer.put(type)
        writer.put(value)
        writer.put(hasMutableParts)
    }

    fileprivate init(reading reader: inout MessageReader) throws(MessageError) {
        let name = try reader.text("name", limit: MessageLimits.name)
        guard let kind = Kind(rawValue: try reader.integer()) else { throw reader.invalid("kind") }
        self.init(
            name: name, kind: kind, type: try reader.optionalText("type", limit: MessageLimits.name),
            value: try reader.text("value", limit: MessageLimits.name), hasMutableParts: try reader.flag("parts"))
    }
}
