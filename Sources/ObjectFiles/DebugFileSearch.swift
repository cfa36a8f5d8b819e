package import ProfileModel

/// Opens the files in which the debug information of a stripped object file may be, wherever those are looked for.
package protocol DebugFileSource: Sendable {
    /// - Parameter index: from 0 on, the most likely file first.
    func candidate(_ index: Int, for query: DebugFileQuery, of object: ObjectID) -> DebugFileCandidate
}

/// A place where a debug file may be.
package enum DebugFileCandidate: ~Copyable {
    case file(FileDescriptor)
    /// There is no such file, or it can't be opened; the next place may have one.
    case missing
    /// There is no further place.
    case exhausted
}

/// The search for the separate debug file of one object file.
struct DebugFileSearch: Sendable {
    private let source: any DebugFileSource
    private let object: ObjectID
    private static let limit = 16

    init(in source: any DebugFileSource, of object: ObjectID) {
        self.source = source
        self.object = object
    }

    /// The debug file of `elf`: by its build-id, or else by the name and checksum in its `.gnu_debuglink`.
    func debugFile(of elf: ElfFile) -> ElfFile? {
        if let id = elf.buildID, let found = first(.buildID(id), elf.budget, { $0.buildID == id }) { return found }
        guard let link = DebugLink(of: elf) else { return nil }
        return first(.link(name: link.name), elf.budget) { link.matches($0) }
    }

    private func first(
        _ query: DebugFileQuery, _ budget: ParsingBudget, _ accepts: (ElfFile) -> Bool
    ) -> ElfFile? {
        for index in 0..<Self.limit {
            switch source.candidate(index, for: query, of: object) {
            case .exhausted: return nil
            case .missing: continue
            case .file(let descriptor):
                let elf = try? ElfFile(path: "debug file", descriptor: descriptor, budget: budget)
                if let elf, accepts(elf) { return elf }
            }
        }
        return nil
    }
}
