package import ObjectFiles

extension ParsingBudget.Limits {
    /// What reading the debug information of a recording's object files may cost, beside their symbols: the indices of
    /// some thousand compile units, a decompressed `.debug_info` of a hundred megabytes, and some seconds of CPU time.
    package static let debugInfo = ParsingBudget.Limits(memory: 192 << 20, bytes: 4 << 30, entries: 96 << 20)
}

/// What the debug information of one object file takes of the budget of all.
///
/// Belongs to one thread.
final class DebugInfoBudget {
    /// Gives back memory of what can be read again; called with 0, 1 and so on for ever more of it, until it returns
    /// `false`.
    typealias MakeRoom = (_ attempt: Int) -> Bool

    let shared: ParsingBudget
    private let makeRoom: MakeRoom
    /// How many parts were not read because the budget was exhausted.
    private(set) var refusals = 0
    /// Steps that are paid for.
    private var prepaid = 0

    init(_ shared: ParsingBudget, makeRoom: @escaping MakeRoom = { _ in false }) {
        self.shared = shared
        self.makeRoom = makeRoom
    }

    /// Pays for one of what there is any number of: an entry, an attribute, a range, a row.
    func step() throws(DebugInfoError) {
        if prepaid == 0 {
            try withinBudget { () throws(BudgetExhausted) in try shared.spend(Self.chunk, .entries) }
            prepaid = Self.chunk
        }
        prepaid -= 1
    }

    func read(_ bytes: Int) throws(DebugInfoError) {
        try withinBudget { () throws(BudgetExhausted) in try shared.spend(bytes, .bytes) }
    }

    func reserve(_ bytes: Int = 0) throws(DebugInfoError) -> MemoryReservation {
        try withinBudget { () throws(BudgetExhausted) in try shared.reserve(bytes) }
    }

    /// Reads a part, and again each time that memory was given back; a part that there is no budget for is counted.
    func reading<Value>(_ body: () throws(DebugInfoError) -> Value) -> Result<Value, DebugInfoError> {
        var attempts = 0
        while true {
            let result = Result(catching: body)
            guard case .failure(.budgetExhausted(let cause)) = result else { return result }
            if cause.resource != .memory || !makeRoom(attempts) {
                refusals += 1
                return result
            }
            attempts += 1
        }
    }

    private static let chunk = 64
}

/// Gives a budget's refusal the type of the other errors.
func withinBudget<Value>(_ body: () throws(BudgetExhausted) -> Value) throws(DebugInfoError) -> Value {
    do { return try body() } catch { throw .budgetExhausted(error) }
}

/// What `body` reads; `nil` where that is damaged.
///
/// Only what can't be afforded is an error.
func undamaged<Value>(_ body: () throws(DebugInfoError) -> Value?) throws(DebugInfoError) -> Value? {
    do throws(DebugInfoError) {
        return try body()
    } catch {
        if case .budgetExhausted = error { throw error }
        return nil
    }
}
