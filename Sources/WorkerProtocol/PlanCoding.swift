internal import ProfileModel

extension UnwoundStack {
    func write(to writer: inout MessageWriter) {
        stack.write(to: &writer)
        writer.put(plan != nil)
        plan?.write(to: &writer)
        interpreted.write(to: &writer)
        for plan in [interpreterPlan, sharedInterpreterPlan] {
            writer.put(plan != nil)
            plan?.write(to: &writer)
        }
        writer.put(interpreterThread != nil)
        interpreterThread?.write(to: &writer)
    }

    init(reading reader: inout MessageReader) throws(MessageError) {
        let stack = try RawStack(reading: &reader)
        let plan = try reader.flag("plan") ? try CopyPlan(reading: &reader) : nil
        let interpreted = try InterpretedFrames?(reading: &reader)
        let interpreterPlan = try reader.flag("plan") ? try InterpreterPlan(reading: &reader) : nil
        let sharedPlan = try reader.flag("plan") ? try InterpreterPlan(reading: &reader) : nil
        self.init(
            stack, plan: plan, interpreted: interpreted, interpreterPlan: interpreterPlan,
            sharedInterpreterPlan: sharedPlan,
            interpreterThread: try reader.flag("thread") ? try InterpreterThread(reading: &reader) : nil)
    }
}

extension CopyPlan {
    fileprivate func write(to writer: inout MessageWriter) {
        writer.put(stack.lowerBound.rawValue)
        writer.put(stack.upperBound.rawValue)
        writer.list(steps) { $1.write(to: &$0) }
    }

    fileprivate init(reading reader: inout MessageReader) throws(MessageError) {
        let start = Address(rawValue: try reader.integer())
        let end = Address(rawValue: try reader.integer())
        guard start <= end else { throw reader.invalid("range") }
        let steps = try reader.list("steps", limit: Self.stepLimit, size: 25) { (reader) throws(MessageError) in
            try Step(reading: &reader)
        }
        guard let plan = CopyPlan(stack: start..<end, steps: steps) else { throw reader.invalid("plan") }
        self = plan
    }
}

extension CopyPlan.Step {
    fileprivate func write(to writer: inout MessageWriter) {
        switch origin {
        case .memory(let address):
            writer.put(UInt8(0))
            writer.put(address.rawValue)
        case .register(let number):
            writer.put(UInt8(1))
            writer.put(UInt64(number))
        case .address(let address):
            writer.put(UInt8(2))
            writer.put(address.rawValue)
        }
        writer.list(offsets) { $0.put($1) }
        writer.put(start)
        writer.put(UInt32(clamping: byteCount))
    }

    fileprivate init(reading reader: inout MessageReader) throws(MessageError) {
        let kind: UInt8 = try reader.integer()
        let value: UInt64 = try reader.integer()
        let origin: Origin
        switch kind {
        case 0: origin = .memory(Address(rawValue: value))
        case 1:
            guard let number = UInt8(exactly: value) else { throw reader.invalid("origin") }
            origin = .register(number)
        case 2: origin = .address(Address(rawValue: value))
        default: throw reader.invalid("origin")
        }
        let offsets = try reader.list("offsets", limit: CopyPlan.offsetLimit, size: 8) {
            (reader) throws(MessageError) in try reader.integer(Int64.self)
        }
        self.init(
            origin: origin, offsets: offsets, start: try reader.integer(),
            byteCount: Int(try reader.integer(UInt32.self)))
    }
}
