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
}
