/// The cgroups of a process: `cgroup`, cgroups(7), one line `NUMBER:CONTROLLERS:PATH` for each hierarchy.
package struct ProcCgroup: Hashable, Sendable {
    /// The path in cgroup v2, `nil` where there is none.
    package private(set) var unified: String?
    /// The path in the v1 hierarchy of the memory controller.
    package private(set) var memory: String?
    /// The path in systemd's own v1 hierarchy.
    package private(set) var systemd: String?

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        var scanner = ByteScanner()
        while !scanner.isAtEnd(of: bytes) { try readLine(bytes.extracting(scanner.line(bytes))) }
    }

    private mutating func readLine(_ line: Span<UInt8>) throws(ProcFSError) {
        var scanner = ByteScanner()
        guard let hierarchy = scanner.decimal(line), scanner.accept(UInt8(ascii: ":"), line),
            let colon = (scanner.offset..<line.count).first(where: { line[$0] == UInt8(ascii: ":") }),
            colon + 1 < line.count, line[colon + 1] == UInt8(ascii: "/")
        else { throw .malformed(file: "cgroup", field: "line") }
        let controllers = String(line, scanner.offset..<colon)
        let path = String(line, colon + 1..<line.count)
        if hierarchy == 0, controllers.isEmpty {
            unified = path
        } else if controllers == "name=systemd" {
            systemd = path
        } else if controllers.split(separator: ",").contains("memory") {
            memory = path
        }
    }

    /// The path that says who manages the process: the first that isn't the root.
    package var path: String {
        [unified, systemd, memory].lazy.compactMap { $0 }.first { $0 != "/" } ?? "/"
    }
}
