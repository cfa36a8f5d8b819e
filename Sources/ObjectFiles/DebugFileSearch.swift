package import ProfileModel
package import SystemSupport

/// Opens the files in which the debug information of a stripped object file may be, wherever those are looked for.
package protocol DebugFileSource: Sendable {
    /// The first file that can be opened in the places of an index from 0 on; `nil` where there is none.
    func candidate(from index: Int, for query: DebugFileQuery, of object: ObjectID) -> DebugFileCandidate?

    /// Whether servers are asked where no directory has a file.
    var hasServers: Bool { get }
}

extension DebugFileSource {
    package var hasServers: Bool { false }
}

/// A file that may be a debug file.
package struct DebugFileCandidate: ~Copyable {
    package let index: Int
    fileprivate let file: OwnedDescriptor

    package init(index: Int, file: consuming OwnedDescriptor) {
        self.index = index
        self.file = file
    }
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

    var hasServers: Bool { source.hasServers }

    /// What servers have under a build-id: whatever they send, it is a file of that build-id.
    func downloaded(_ id: BuildID, _ budget: ParsingBudget) -> ElfFile? {
        hasServers ? first(.server(id), budget) { $0.buildID == id } : nil
    }

    /// The first file among those where a query leads that is the right one.
    func first(
        _ query: DebugFileQuery, _ budget: ParsingBudget, _ accepts: (ElfFile) -> Bool
    ) -> ElfFile? {
        var next = 0
        while next < Self.limit, let candidate = source.candidate(from: next, for: query, of: object) {
            next = max(next, candidate.index) + 1
            do throws(ObjectFileError) {
                let elf = try ElfFile(path: "debug file", descriptor: candidate.file, budget: budget)
                if accepts(elf) { return elf }
            } catch .budgetExhausted {
                // Nothing is wrong with the file.
                return nil
            } catch {
                continue
            }
        }
        return nil
    }
}
