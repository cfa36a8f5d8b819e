internal import Synchronization

/// What reading the object files of one recording may cost, over all of them.
///
/// A target chooses how many files it maps and what these claim; limits for a single file don't bound the whole. The
/// object files of a recording share one budget. What can't be afforded isn't read, which is an error of its own and
/// counted here.
package final class ParsingBudget: Sendable {
    package enum Resource: String, CaseIterable, Sendable {
        /// Bytes of headers, symbols and call frame indices that are kept; given back when these go.
        case memory
        /// Bytes that are read, decompressed or summed up; not those of single pages.
        case bytes
        /// Symbols and call frame entries that are examined.
        case entries
    }

    /// The most that there is of each resource.
    package struct Limits: Sendable, Hashable {
        package var memory: Int
        package var bytes: Int
        package var entries: Int

        /// By default enough for programs that are ten times as large as a browser, and some seconds of CPU time.
        package init(memory: Int = 96 << 20, bytes: Int = 4 << 30, entries: Int = 64 << 20) {
            self.memory = memory
            self.bytes = bytes
            self.entries = entries
        }

        fileprivate subscript(_ resource: Resource) -> Int {
            switch resource {
            case .memory: memory
            case .bytes: bytes
            case .entries: entries
            }
        }
    }

    private struct State {
        var used: [Resource: Int] = [:]
        var refusals: [Resource: Int] = [:]
    }

    package let limits: Limits
    /// The pages of all files that share the budget.
    let pages = PageCache()
    private let state = Mutex(State())

    package init(_ limits: Limits = Limits()) { self.limits = limits }

    /// How much is in use or was spent.
    package func used(_ resource: Resource) -> Int { state.withLock { $0.used[resource, default: 0] } }

    /// How often something was not read because this resource was exhausted.
    package var refusals: [Resource: Int] { state.withLock { $0.refusals } }

    /// Takes `amount` of a resource, or all of it fails and nothing is taken.
    package func spend(_ amount: Int, _ resource: Resource) throws(BudgetExhausted) {
        let limit = limits[resource]
        let isGranted = state.withLock { state in
            let used = state.used[resource, default: 0]
            guard amount >= 0, amount <= limit - used else {
                state.refusals[resource, default: 0] += 1
                return false
            }
            state.used[resource] = used + amount
            return true
        }
        guard isGranted else { throw BudgetExhausted(resource: resource, limit: limit) }
    }

    /// Takes memory until the reservation is released.
    package func reserve(_ bytes: Int) throws(BudgetExhausted) -> MemoryReservation {
        let reservation = MemoryReservation(self)
        try reservation.grow(by: bytes)
        return reservation
    }

    /// Makes `bytes` and `entries` available anew: once in each interval of a recording without an end.
    package func renew() {
        state.withLock { state in
            state.used[.bytes] = nil
            state.used[.entries] = nil
        }
    }

    fileprivate func release(_ bytes: Int) { state.withLock { $0.used[.memory, default: 0] -= bytes } }
}

/// A resource of a `ParsingBudget` that is used up.
package struct BudgetExhausted: Error, Sendable, Hashable {
    package let resource: ParsingBudget.Resource
    package let limit: Int

    package init(resource: ParsingBudget.Resource, limit: Int) {
        self.resource = resource
        self.limit = limit
    }
}

/// Memory taken from a budget, given back when the last owner goes.
package final class MemoryReservation: Sendable {
    private let budget: ParsingBudget
    private let bytes = Mutex(0)

    fileprivate init(_ budget: ParsingBudget) { self.budget = budget }

    deinit { budget.release(bytes.withLock { $0 }) }

    package func grow(by count: Int) throws(BudgetExhausted) {
        try budget.spend(count, .memory)
        bytes.withLock { $0 += count }
    }

    package func shrink(by count: Int) {
        let released = bytes.withLock { bytes in
            let released = min(count, bytes)
            bytes -= released
            return released
        }
        budget.release(released)
    }
}
