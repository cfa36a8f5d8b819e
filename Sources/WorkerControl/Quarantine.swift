internal import ProfileModel
internal import WorkerProtocol

/// What ended workers.
struct Quarantine {
    var objects: Set<ObjectID> = []
    var symbols: Set<SymbolPlace> = []
    /// How many of its stacks a process has lost.
    var stacks: [ProcessKey: (count: Int, failure: WorkerFailure)] = [:]
    private static let stackLimit = 16

    /// So many stacks of a process end workers; after them, none is tried.
    mutating func noteStack(of process: ProcessKey, _ failure: WorkerFailure) {
        stacks[process] = ((stacks[process]?.count ?? 0) + 1, failure)
    }

    mutating func evict(_ evicted: Set<ObjectID>) {
        objects.subtract(evicted)
        symbols = symbols.filter { !evicted.contains($0.object) }
    }

    func refusal(of process: ProcessKey) -> UnwindOutcome? {
        guard let lost = stacks[process], lost.count >= Self.stackLimit else { return nil }
        return .lost(lost.failure)
    }
}
