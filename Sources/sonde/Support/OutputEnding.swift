import ArgumentParser
import ProfileFormats
import SystemSupport

/// How an output's name ends, by which its format is chosen.
enum OutputEnding {
    /// Refuses a name whose ending stands for none of the formats; one without an ending is fine.
    static func check(_ path: String?, known: [String] = ProfileFormat.allCases.map(\.fileEnding)) throws {
        guard let path, ProfileFormat(fileName: path) == nil,
            let name = path.split(separator: "/").last, let dot = name.dropFirst().lastIndex(of: ".")
        else { return }
        let ending = name[name.index(after: dot)...]
        guard !ending.isEmpty, !known.contains(String(ending)) else { return }
        let list = known.map { ".\($0)" }.joined(separator: ", ")
        throw ValidationError(
            "The ending .\(printable(ending)) stands for no format; known are \(list). Use one of them, or -f.")
    }
}
