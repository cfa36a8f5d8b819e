package import ProfileModel
internal import SystemSupport

/// The functions of the running kernel and its modules: `/proc/kallsyms` (proc(5)).
package struct KernelSymbols: Sendable {
    package struct Function: Hashable, Sendable {
        package let name: String
        /// `nil` for the kernel itself.
        package let module: String?
    }

    /// A kernel with all its modules has some 10 MB of lines.
    private static let sizeLimit = 128 << 20
    /// No function is longer; what lies further behind a symbol belongs to none.
    private static let largestFunction: UInt64 = 1 << 20

    private struct Entry {
        let address: UInt64
        /// Of the name and, behind it, the module.
        let text: Range<UInt32>
    }

    private let bytes: [UInt8]
    private let entries: [Entry]

    /// - Parameter bytes: lines of `ADDRESS TYPE NAME`, and `[MODULE]` behind a tab; others are left out.
    package init(parsing bytes: [UInt8]) {
        var entries: [Entry] = []
        var scanner = ByteScanner()
        let span = bytes.span
        while !scanner.isAtEnd(of: span) {
            let line = scanner.line(span)
            if let entry = Self.entry(line, span) { entries.append(entry) }
        }
        entries.sort { $0.address < $1.address }
        self.bytes = bytes
        self.entries = entries
    }

    /// What the kernel shows to the calling process: nothing without the permission (`kernel.kptr_restrict`).
    package init(of procfs: ProcFS) throws(ProcFSError) {
        self.init(parsing: try procfs.bytes(of: "kallsyms", limit: Self.sizeLimit))
    }

    package var isEmpty: Bool { entries.isEmpty }

    /// The function that covers an address.
    package func function(at address: Address) -> Function? {
        let next = entries.partitionPoint { $0.address <= address.rawValue }
        guard next > 0, address.rawValue - entries[next - 1].address < Self.largestFunction else { return nil }
        // Of several names for an address the kernel takes the first (kallsyms_lookup()), and /proc/PID/stack with it.
        let index = entries[..<next].partitionPoint { $0.address < entries[next - 1].address }
        let text = entries[index].text
        let words = bytes[Int(text.lowerBound)..<Int(text.upperBound)].split(separator: .tab)
        guard let name = words.first else { return nil }
        let module = words.dropFirst().first.map { $0.filter { $0 != UInt8(ascii: "[") && $0 != UInt8(ascii: "]") } }
        return Function(
            name: String(decoding: name, as: UTF8.self), module: module.map { String(decoding: $0, as: UTF8.self) })
    }

    private static func entry(_ line: Range<Int>, _ bytes: Span<UInt8>) -> Entry? {
        var scanner = ByteScanner(at: line.lowerBound)
        // An address of zero is one that the reader may not see.
        guard let address = scanner.hexadecimal(bytes), address != 0, scanner.accept(.space, bytes) else { return nil }
        guard let type = scanner.peek(bytes), isText(type), scanner.offset + 2 < line.upperBound,
            bytes[scanner.offset + 1] == .space,
            let start = UInt32(exactly: scanner.offset + 2), let end = UInt32(exactly: line.upperBound)
        else { return nil }
        return Entry(address: address, text: start..<end)
    }

    /// Types as nm(1) has them: text, global or local, and weak.
    private static func isText(_ type: UInt8) -> Bool {
        switch type {
        case UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "w"), UInt8(ascii: "W"): true
        default: false
        }
    }
}
