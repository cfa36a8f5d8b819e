internal import Glibc

/// Which package of Debian, or of a distribution made from it, installed a file.
///
/// From `/var/lib/dpkg/info/PACKAGE.list`, one path a line: dpkg-query(1). Of a large host that is some 20 MB of text.
package struct DebianPackages {
    private let directory: String
    /// Bytes of one list, and of all together.
    private static let limits = (list: 32 << 20, all: 256 << 20)

    /// - Parameter root: what to take for the root directory; its packages are the administrator's.
    package init(root: String = "") { directory = "\(root)/var/lib/dpkg/info" }

    /// Whether packages are known here at all.
    package var exist: Bool { unsafe access(directory, R_OK) == 0 }

    /// The packages that installed the files, by the files' paths, without those that no package installed.
    package func owners(of paths: [String]) -> [String: String] {
        // Merged directories: `/usr/lib/x` may be listed as `/lib/x`, and the other way round.
        let lines = paths.filter { $0.hasPrefix("/") && !$0.utf8.contains(UInt8(ascii: "\n")) }
            .map { ($0, Self.spellings(of: $0)) }
        var owners: [String: String] = [:]
        var left = Self.limits.all
        for name in lists {
            guard owners.count < lines.count, left > 0, let text = content(of: name) else { continue }
            left -= text.count
            for (path, spellings) in lines where owners[path] == nil {
                if spellings.contains(where: { Self.contains(text, $0) }) { owners[path] = Self.package(ofList: name) }
            }
        }
        return owners
    }

    private static func spellings(of path: String) -> [String] {
        path.hasPrefix("/usr/") ? [path, String(path.dropFirst(4))] : [path, "/usr\(path)"]
    }

    /// `libc6` of `libc6:amd64.list`.
    private static func package(ofList name: String) -> String {
        String(name.dropLast(5).prefix { $0 != ":" })
    }

    private var lists: [String] {
        guard let stream = unsafe opendir(directory) else { return [] }
        // Safe: the stream is closed once; an entry is read before the next call.
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            // Safe: the name ends in a null inside of its 256 bytes.
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".list") { names.append(name) }
        }
        return names.sorted()
    }

    /// A line end, the list and a zero; `nil` where it can't be read, or is too long.
    private func content(of name: String) -> [UInt8]? {
        guard let file = try? OwnedDescriptor(opening: "\(directory)/\(name)", flags: O_RDONLY | O_NONBLOCK),
            let status = try? file.status(), status.kind == .regular, status.size < Self.limits.list
        else { return nil }
        var text = [UInt8(ascii: "\n")]
        while let count = try? file.append(upTo: 65_536, at: text.count - 1, to: &text), count > 0 {
            guard text.count < Self.limits.list else { return nil }
        }
        return text + [0]
    }

    /// Whether a line is in text that a zero ends.
    private static func contains(_ text: [UInt8], _ line: String) -> Bool {
        unsafe text.withUnsafeBufferPointer { text in
            unsafe text.withMemoryRebound(to: CChar.self) { text in
                // Safe: both end in a zero.
                unsafe text.baseAddress.map { unsafe strstr($0, "\n\(line)\n") != nil } ?? false
            }
        }
    }
}
