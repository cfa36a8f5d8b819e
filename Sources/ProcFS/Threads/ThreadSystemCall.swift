package import ProfileModel

/// What a thread waits in: `syscall`, proc_pid_syscall(5).
package enum ThreadSystemCall: Hashable, Sendable {
    /// It runs, so that its registers can't be read without stopping it.
    case running
    /// It is asleep outside a system call, as in a page fault.
    case blocked(stackPointer: Address, programCounter: Address)
    case systemCall(SystemCall, stackPointer: Address, programCounter: Address)

    /// The two registers that a sleeping thread shows.
    package var pointers: (stackPointer: Address, programCounter: Address)? {
        switch self {
        case .running: nil
        case .blocked(let stackPointer, let programCounter), .systemCall(_, let stackPointer, let programCounter):
            (stackPointer, programCounter)
        }
    }

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        var scanner = ByteScanner()
        let firstLine = scanner.line(bytes)
        if String(bytes, firstLine) == "running" {
            self = .running
            return
        }
        scanner = ByteScanner(at: firstLine.lowerBound)
        if scanner.accept(.minus, bytes) {
            guard scanner.decimal(bytes) == 1 else { throw .malformed(file: "syscall", field: "number") }
            self = .blocked(
                stackPointer: try Self.word(&scanner, bytes, "sp"), programCounter: try Self.word(&scanner, bytes, "pc")
            )
            return
        }
        self = .systemCall(
            try Self.call(&scanner, bytes),
            stackPointer: try Self.word(&scanner, bytes, "sp"), programCounter: try Self.word(&scanner, bytes, "pc"))
    }

    private static func call(_ scanner: inout ByteScanner, _ bytes: Span<UInt8>) throws(ProcFSError) -> SystemCall {
        let number = try scanner.decimal(bytes, as: Int32.self).required("syscall", "number")
        var arguments = InlineArray<6, UInt64>(repeating: 0)
        for index in arguments.indices { arguments[index] = try word(&scanner, bytes, "argument").rawValue }
        return SystemCall(number: number, arguments: arguments)
    }

    private static func word(
        _ scanner: inout ByteScanner, _ bytes: Span<UInt8>, _ field: String
    ) throws(ProcFSError) -> Address {
        scanner.skipBlanks(bytes)
        guard scanner.accept(UInt8(ascii: "0"), bytes), scanner.accept(UInt8(ascii: "x"), bytes) else {
            throw .malformed(file: "syscall", field: field)
        }
        return Address(rawValue: try scanner.hexadecimal(bytes).required("syscall", field))
    }
}

/// A system call's number in the thread's own ABI, and its six argument registers.
package struct SystemCall: Hashable, Sendable {
    package let number: Int32
    package let arguments: InlineArray<6, UInt64>

    package static func == (left: Self, right: Self) -> Bool {
        left.number == right.number && left.arguments.indices.allSatisfy { left.arguments[$0] == right.arguments[$0] }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(number)
        for index in arguments.indices { hasher.combine(arguments[index]) }
    }
}
