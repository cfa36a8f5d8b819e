import ArgumentParser
import ProfileFormats
import SystemSupport

/// How an output's name ends, by which its format is chosen.
enum OutputEnding {
    /// Refuses a name whose ending stands for none of the formats; one without an ending is fine.
    ///
    /// - Parameter known: the endings of the formats.
    static func check(_ path: String?, known: [String] = ProfileFormat.allCases.map(\.fileEnding)) throws {
        guard let path, let name = path.split(separator: "/").last,
            let dot = name.dropFirst().lastIndex(of: "."), name.index(after: dot) < name.endIndex
        else { return }
        let last = String(name[name.index(after: dot)...])
        let ending = ProfileFormat(fileName: path)?.fileEnding ?? last
        guard !known.contains(ending) else { return }
        let shown = name.hasSuffix(ending) ? ending : last
        let list = known.map { ".\($0)" }.joined(separator: ", ")
        throw ValidationError(
            "The ending .\(printable(shown)) stands for no format; known are \(list). Use one of them, or -f.")
    }
}
