package import ProfileModel

/// A snapshot whose copied bytes lie in the shared area.
package struct SnapshotReference: Sendable, Equatable {
    /// A copy of memory, by where its bytes are in the shared area.
    package struct Window: Sendable, Equatable {
        /// Where the bytes are in the process.
        package let base: Address
        package let offset: UInt32
        package let count: UInt32

        package init(base: Address, offset: UInt32, count: UInt32) {
            self.base = base
            self.offset = offset
            self.count = count
        }
    }

    package let process: ProcessKey
    package let map: MemoryMap.Version
    /// Maps by which every frame must be in the same code as by `map`.
    package let others: [MemoryMap.Version]
    /// By DWARF number; `nil` where a register isn't known.
    package let registers: [UInt64?]
    package let stack: Window
    package let windows: [Window]
    /// What was copied of the thread's interpreter.
    package let interpreter: [Window]
    /// When the stack was copied, in nanoseconds of `CLOCK_MONOTONIC`.
    package let time: UInt64

    package init(
        process: ProcessKey, map: MemoryMap.Version, others: [MemoryMap.Version], registers: NativeRegisters,
        stack: Window, windows: [Window] = [], interpreter: [Window] = [], time: UInt64
    ) {
        self.process = process
        self.map = map
        self.others = others
        self.registers = NativeRegisters.Name.allCases.map { registers[$0] }
        self.stack = stack
        self.windows = windows
        self.interpreter = interpreter
        self.time = time
    }

    init(reading reader: inout MessageReader) throws(MessageError) {
        process = ProcessKey(rawValue: try reader.integer())
        map = MemoryMap.Version(rawValue: try reader.integer())
        others = try reader.list("others", limit: MessageLimits.list, size: 8) { (reader) throws(MessageError) in
            MemoryMap.Version(rawValue: try reader.integer())
        }
        registers = try reader.list("registers", limit: 64, size: 9) { (reader) throws(MessageError) in
            let isKnown = try reader.flag("register")
            let value: UInt64 = try reader.integer()
            return isKnown ? value : nil
        }
        stack = try Window(reading: &reader)
        windows = try Self.windows(&reader, limit: CopyPlan.stepLimit)
        interpreter = try Self.windows(&reader, limit: InterpreterPlan.copyLimit)
        time = try reader.integer()
    }

    private static func windows(
        _ reader: inout MessageReader, limit: Int
    ) throws(MessageError) -> [Window] {
        try reader.list("windows", limit: limit, size: 16) { (reader) throws(MessageError) in
            try Window(reading: &reader)
        }
    }

    func write(to writer: inout MessageWriter) {
        writer.put(process.rawValue)
        writer.put(map.rawValue)
        writer.list(others) { $0.put($1.rawValue) }
        writer.list(registers) { writer, value in
            writer.put(value != nil)
            writer.put(value ?? 0)
        }
        stack.write(to: &writer)
        writer.list(windows) { $1.write(to: &$0) }
        writer.list(interpreter) { $1.write(to: &$0) }
        writer.put(time)
    }

    package var nativeRegisters: NativeRegisters {
        var native = NativeRegisters()
        for (name, value) in zip(NativeRegisters.Name.allCases, registers) { native[name] = value }
        return native
    }
}

extension SnapshotReference.Window {
    fileprivate init(reading reader: inout MessageReader) throws(MessageError) {
        base = Address(rawValue: try reader.integer())
        offset = try reader.integer()
        count = try reader.integer()
    }

    fileprivate func write(to writer: inout MessageWriter) {
        writer.put(base.rawValue)
        writer.put(offset)
        writer.put(count)
    }
}
