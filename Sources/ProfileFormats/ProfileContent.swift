import ProfileModel
import Profiles

/// What several formats need of a profile.
extension Profile {
    /// The mapping that is probably of the program itself: the one that processes are called after, else the first that
    /// is no library; `nil` where no file is mapped.
    var mainMapping: MappingIndex? {
        let names = Set(threads.rows.map { self[text: $0.processName] })
        let files = mappings.indices.filter { !self[text: mappings[$0].path].hasPrefix("[") }
        return files.first { file in names.contains { baseName(of: file).hasPrefix($0) && !$0.isEmpty } }
            ?? files.first { !baseName(of: $0).contains(".so") } ?? files.first
    }

    /// The type that formats with one value per stack write: time where there is any, else what is shown.
    var writtenType: Int { sampleTypes.firstIndex { $0.unit == .nanoseconds } ?? shownType }

    private func baseName(of mapping: MappingIndex) -> String { ObjectName.base(self[text: mappings[mapping].path]) }
}

/// What object files are called.
enum ObjectName {
    /// The last part of a path.
    static func base(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The base names of the first three of some paths.
    static func list(_ paths: [Spelling]) -> String {
        paths.prefix(3).map { base($0.text) }.joined(separator: ", ") + (paths.count > 3 ? ", …" : "")
    }
}

extension Profile.Position {
    /// The address, in the object file or in the process; `nil` where none is known.
    var number: UInt64? {
        switch self {
        case .object(_, let address): address.rawValue
        case .kernel(_, let address), .process(let address): address.rawValue
        case .unknown: nil
        }
    }
}
