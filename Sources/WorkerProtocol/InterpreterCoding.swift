internal import ProfileModel

extension InterpretedFunction {
    func write(to writer: inout MessageWriter) {
        writer.put(name)
        writer.put(file)
        writer.put(firstLine)
    }

    init(reading reader: inout MessageReader) throws(MessageError) {
        self.init(
            name: try reader.text("name", limit: MessageLimits.name),
            file: try reader.text("file", limit: MessageLimits.path),
            firstLine: try reader.optionalInteger("first line"))
    }
}

extension InterpretedFrames? {
    /// 0 for none, 1 for all, and the losses from 2 on.
    func write(to writer: inout MessageWriter) {
        switch self {
        case nil: writer.put(UInt8(0))
        case .complete: writer.put(UInt8(1))
        case .unknown(let loss):
            let number = InterpreterLoss.allCases.firstIndex(of: loss) ?? 0
            writer.put(UInt8(clamping: 2 + number))
        }
    }

    init(reading reader: inout MessageReader) throws(MessageError) {
        let number: UInt8 = try reader.integer()
        switch number {
        case 0: self = nil
        case 1: self = .complete
        default:
            let index = Int(number) - 2
            guard InterpreterLoss.allCases.indices.contains(index) else { throw reader.invalid("frames") }
            self = .unknown(InterpreterLoss.allCases[index])
        }
    }
}

extension InterpreterThread {
    func write(to writer: inout MessageWriter) {
        writer.put(name)
        writer.put(lock.map { $0.rawValue + 1 } ?? 0)
    }

    init(reading reader: inout MessageReader) throws(MessageError) {
        let name = try reader.optionalText("name", limit: MessageLimits.name)
        let number: UInt8 = try reader.integer()
        let lock = number == 0 ? nil : InterpreterLock(rawValue: number - 1)
        guard number == 0 || lock != nil else { throw reader.invalid("lock") }
        self.init(name: name, lock: lock)
    }
}

extension InterpreterPlan {
    func write(to writer: inout MessageWriter) { writer.list(steps) { $1.write(to: &$0) } }

    init(reading reader: inout MessageReader) throws(MessageError) {
        let steps = try reader.list("steps", limit: Self.stepLimit, size: 13) { (reader) throws(MessageError) in
            try Step(reading: &reader)
        }
        guard let plan = InterpreterPlan(steps: steps) else { throw reader.invalid("plan") }
        self = plan
    }
}

extension InterpreterPlan.Step {
    fileprivate func write(to writer: inout MessageWriter) {
        switch self {
        case .bytes(let place, let count):
            writer.put(UInt8(0))
            place.write(to: &writer)
            writer.put(count)
        case .range(let start, let end, let limit):
            writer.put(UInt8(1))
            start.write(to: &writer)
            end.write(to: &writer)
            writer.put(limit)
        case .list(let first, let next, let count, let limit):
            writer.put(UInt8(2))
            first.write(to: &writer)
            for number in [next, count, limit] { writer.put(number) }
        }
    }

    fileprivate init(reading reader: inout MessageReader) throws(MessageError) {
        switch try reader.integer(UInt8.self) {
        case 0: self = .bytes(at: try InterpreterPlan.Place(reading: &reader), count: try reader.integer())
        case 1:
            self = .range(
                from: try InterpreterPlan.Place(reading: &reader), to: try InterpreterPlan.Place(reading: &reader),
                limit: try reader.integer())
        case 2:
            self = .list(
                first: try InterpreterPlan.Place(reading: &reader), next: try reader.integer(),
                count: try reader.integer(), limit: try reader.integer())
        default: throw reader.invalid("step")
        }
    }
}

extension InterpreterPlan.Place {
    fileprivate func write(to writer: inout MessageWriter) {
        writer.put(address.rawValue)
        writer.list(offsets) { $0.put($1) }
    }

    fileprivate init(reading reader: inout MessageReader) throws(MessageError) {
        let address = Address(rawValue: try reader.integer())
        self.init(
            address,
            following: try reader.list("offsets", limit: InterpreterPlan.offsetLimit, size: 4) {
                (reader) throws(MessageError) in try reader.integer(UInt32.self)
            })
    }
}

extension RuntimeSummary {
    func write(to writer: inout MessageWriter) {
        writer.put(name)
        writer.put(version)
        writer.list(build) { $0.put($1) }
        switch reading {
        case .frames(let missing):
            writer.put(UInt8(0))
            writer.list(missing) { $0.put($1) }
        case .nativeAlone(let reason):
            writer.put(UInt8(1))
            writer.put(reason)
        }
    }

    init(reading reader: inout MessageReader) throws(MessageError) {
        let name = try reader.text("name", limit: MessageLimits.name)
        let version = try reader.text("version", limit: MessageLimits.name)
        let build = try Self.texts(&reader)
        let reading: Reading
        switch try reader.integer(UInt8.self) {
        case 0: reading = .frames(without: try Self.texts(&reader))
        case 1: reading = .nativeAlone(reason: try reader.text("reason", limit: MessageLimits.name))
        default: throw reader.invalid("reading")
        }
        self.init(name: name, version: version, build: build, reading: reading)
    }

    private static func texts(_ reader: inout MessageReader) throws(MessageError) -> [String] {
        try reader.list("texts", limit: 64, size: 4) { (reader) throws(MessageError) in
            try reader.text("text", limit: MessageLimits.path)
        }
    }
}
