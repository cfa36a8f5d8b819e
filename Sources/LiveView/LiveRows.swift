internal import ProfileModel
internal import Profiles

/// A row of the table of functions.
struct FunctionRow: Sendable {
    let label: CallTree.Label
    let weights: LiveHistory.Weights
}

/// A row of the table of threads.
struct ThreadRow: Sendable {
    let thread: ProfiledThread
    let activity: LiveHistory.ThreadActivity
}

extension LiveModel {
    /// Those whose names match the filter, sorted.
    var functionRows: [FunctionRow] {
        history.functions.lazy.filter { filter.matches($0.key) }
            .map { FunctionRow(label: $0.key, weights: $0.value) }
            .sorted { isBefore(($0.weights, $0.label), ($1.weights, $1.label)) }
    }

    /// Those whose names, numbers or hottest function match the filter, sorted.
    var threadRows: [ThreadRow] {
        history.threads.lazy.filter { matches($0.key, $0.value) }
            .map { ThreadRow(thread: $0.key, activity: $0.value) }
            .sorted { isBefore(($0.activity.weights, Self.key(of: $0)), ($1.activity.weights, Self.key(of: $1))) }
    }

    private func matches(_ thread: ProfiledThread, _ activity: LiveHistory.ThreadActivity) -> Bool {
        filter.matches(thread.name) || filter.matches(thread.numbers) || activity.hottest.map(filter.matches) == true
    }

    private static func key(of row: ThreadRow) -> ThreadKey {
        ThreadKey(
            name: Spelling(row.thread.name), process: row.thread.process?.rawValue ?? 0,
            thread: row.thread.thread?.rawValue ?? 0)
    }

    /// By the column, then by what was sampled most, then by name: equal rows keep their places.
    private func isBefore<Name: Comparable>(
        _ left: (weights: LiveHistory.Weights, name: Name), _ right: (weights: LiveHistory.Weights, name: Name)
    ) -> Bool {
        let (first, second) = (left.weights.sortKey(order), right.weights.sortKey(order))
        return first == second ? left.name < right.name : first > second
    }
}

extension ProfiledThread {
    /// `812/815`; the process alone where the thread isn't known.
    var numbers: String {
        [process?.description, thread?.description].compactMap { $0 }.joined(separator: "/")
    }
}

private struct ThreadKey: Comparable {
    let name: Spelling
    let process: Int32
    let thread: Int32

    static func < (left: Self, right: Self) -> Bool {
        if left.name != right.name { return left.name < right.name }
        return (left.process, left.thread) < (right.process, right.thread)
    }
}

extension LiveHistory.Weights {
    fileprivate func sortKey(_ order: LiveModel.SortOrder) -> (UInt64, UInt64, UInt64, UInt64) {
        switch order {
        case .recentSelf: (recentSelf, recentTotal, allSelf, allTotal)
        case .recentTotal: (recentTotal, recentSelf, allTotal, allSelf)
        case .allSelf: (allSelf, allTotal, 0, 0)
        case .allTotal: (allTotal, allSelf, 0, 0)
        case .name: (0, 0, 0, 0)
        }
    }
}
