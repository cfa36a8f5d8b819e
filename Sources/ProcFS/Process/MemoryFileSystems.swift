/// The file systems that a process sees whose files are in memory: `mountinfo`, proc_pid_mountinfo(5).
struct MemoryFileSystems {
    private(set) var devices: Set<DeviceNumber> = []

    /// None where the list can't be read.
    init(of directory: borrowing ProcessDirectory) {
        var buffer: [UInt8] = []
        if (try? directory.read("mountinfo", into: &buffer, limit: 16 << 20)) == nil { buffer = [] }
        self.init(parsing: buffer.span)
    }

    /// Takes lines such as `35 28 0:29 / /dev/shm rw,nosuid shared:12 - tmpfs tmpfs rw`; leaves out others.
    init(parsing bytes: Span<UInt8>) {
        var scanner = ByteScanner()
        while !scanner.isAtEnd(of: bytes) {
            let line = bytes.extracting(scanner.line(bytes))
            if let device = Self.device(in: line) { devices.insert(device) }
        }
    }

    private static func device(in line: Span<UInt8>) -> DeviceNumber? {
        var scanner = ByteScanner()
        guard scanner.decimal(line) != nil, scanner.decimal(line) != nil,
            let major = scanner.decimal(line, as: UInt32.self), scanner.accept(UInt8(ascii: ":"), line),
            let minor = scanner.decimal(line, as: UInt32.self)
        else { return nil }
        // Spaces in paths are escaped, so that the first dash alone ends the optional fields.
        while !scanner.isAtEnd(of: line) {
            if scanner.accept(word: " - ", line) {
                let isInMemory = scanner.accept(word: "tmpfs ", line) || scanner.accept(word: "devtmpfs ", line)
                return isInMemory ? DeviceNumber(major: major, minor: minor) : nil
            }
            scanner = ByteScanner(at: scanner.offset + 1)
        }
        return nil
    }
}
