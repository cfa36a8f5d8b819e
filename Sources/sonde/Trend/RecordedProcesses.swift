import ProfileModel
import SystemSupport

/// The processes of a recorded file, by its column `pid`.
struct RecordedProcesses {
    /// Of more the file is refused anyway.
    private static let limit = 1_000

    /// In the order of their first rows.
    private var names: [String] = []
    private var known: Set<String> = []

    /// Notes the process of a row; returns whether it is the chosen one, or there is no choice.
    mutating func isRead(_ field: String, _ chosen: ProcessID?) -> Bool {
        if names.count < Self.limit, known.insert(field).inserted { names.append(field) }
        return chosen.map { Int32(field) == $0.rawValue } ?? true
    }

    /// Refuses several processes without a choice, and a choice that is not there.
    func check(_ chosen: ProcessID?) throws(CommandFailure) {
        if let chosen, !names.contains(where: { Int32($0) == chosen.rawValue }) {
            throw CommandFailure("no row is of process \(chosen); there are rows of \(list)")
        }
        if chosen == nil, names.count > 1 {
            throw CommandFailure("it holds several processes; choose one of them with --pid: \(list)")
        }
    }

    private var list: String {
        guard !names.isEmpty else { return "none" }
        let shown = names.prefix(20).map { printable(String($0.prefix(20))) }.joined(separator: ", ")
        let most = names.count < Self.limit ? "" : "at least "
        return names.count > 20 ? "\(shown) and \(most)\(NumberText.grouped(names.count - 20)) more" : shown
    }
}
