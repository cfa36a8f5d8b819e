/// A process, as numbered in Sonde's own PID namespace.
package struct ProcessID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    package var description: String { String(rawValue) }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// A thread (a kernel task), as numbered in Sonde's own PID namespace.
package struct ThreadID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    package var description: String { String(rawValue) }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The number under which an object file was opened in this run of Sonde; the same file gets the same number in
/// every process that maps it.
package struct ObjectID: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// Generated code as a line of a perf map describes it: a hash of its addresses and its name.
package struct GeneratedCodeID: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// The thread that a sample was taken from, and the process that it belongs to.
package struct ThreadIdentity: Hashable, Sendable {
    package let process: ProcessID
    package let thread: ThreadID
    /// The thread's `comm`.
    package let name: String
    /// The `comm` of the process's main thread.
    package let processName: String

    package init(process: ProcessID, thread: ThreadID, name: String, processName: String) {
        self.process = process
        self.thread = thread
        self.name = name
        self.processName = processName
    }
}

/// The identity that the linker gave an object file: the descriptor of its `NT_GNU_BUILD_ID` note.
package struct BuildID: Hashable, Sendable, CustomStringConvertible {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }

    /// The bytes as lower-case hexadecimal digits, as `file` and `eu-readelf -n` print them.
    package var description: String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}

/// By what a separate debug file is known (GDB manual, "Separate Debug Files").
package enum DebugFileQuery: Hashable, Sendable {
    case buildID(BuildID)
    /// The name in `.gnu_debuglink`, without a directory.
    case link(name: String)
    /// A path that debug information gives, of a file with a name that debug files have: split units, and what dwz(1) moved.
    case path(String)
    /// The build-id by which debuginfod servers have it.
    case server(BuildID)
}
