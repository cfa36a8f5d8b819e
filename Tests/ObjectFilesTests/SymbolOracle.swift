import ObjectFiles
import ProfileModel
import TestSupport

/// The function symbols that `eu-readelf` lists, searched one by one.
struct SymbolOracle {
    struct Entry {
        let start: UInt64
        let size: UInt64
        let name: String
    }

    let entries: [Entry]

    init(of paths: [String]) throws {
        let workshop = try Workshop()
        entries = try paths.flatMap { try workshop.run(["eu-readelf", "--symbols", $0]).split(separator: "\n") }
            .compactMap { Self.entry(String($0)) }
    }

    /// The names that `address` may have: of the sized functions around it, those that start last.
    func names(at address: UInt64) -> Set<String> {
        let around = entries.filter { $0.start <= address && address - $0.start < $0.size }
        let latest = around.map(\.start).max()
        return Set(around.filter { $0.start == latest }.map(\.name))
    }

    // 12: 0000000000001139     26 FUNC    GLOBAL DEFAULT       14 main@@VERSION (2)
    private static func entry(_ line: String) -> Entry? {
        let fields = line.split(separator: " ")
        guard fields.count >= 8, ["FUNC", "GNU_IFUNC", "NOTYPE"].contains(fields[3]), fields[6] != "UNDEF",
            let start = UInt64(fields[1], radix: 16), let size = UInt64(fields[2]), size > 0,
            let name = fields[7].split(separator: "@").first
        else { return nil }
        return Entry(start: start, size: size, name: String(name))
    }
}
