import HostWatch
import ProcFS
import ProfileModel
import SystemSupport
import TargetProcess

/// Where the memory of one process is and what grew, as text or as JSON; amounts are in bytes.
struct MemoryReport: Encodable {
    let pid: Int32
    let name: String
    let total: Amount
    /// What the process may use before it is killed; `nil` where that is unknown.
    @Nullable var limit: Limit?
    let kinds: [String: Amount]
    /// The largest first.
    let regions: [Region]
    /// `nil` after one reading.
    let growth: Growth?

    struct Amount: Encodable {
        let resident: UInt64
        let proportional: UInt64
        let anonymous: UInt64
        let swap: UInt64
        let virtual: UInt64
    }

    struct Limit: Encodable {
        let bytes: UInt64
        /// `cgroup` or `host`.
        let source: String
    }

    struct Region: Encodable {
        let kind: String
        let name: String
        let addresses: String
        let mappings: Int
        let amount: Amount
    }

    struct Growth: Encodable {
        let seconds: Double
        /// Of memory in RAM and swap together.
        let bytes: Int64
        let kinds: [String: Int64]
        /// The greatest growth first; those that shrank last.
        let regions: [Change]
    }

    struct Change: Encodable {
        let kind: String
        let name: String
        let addresses: String
        let growth: Int64
        let before: Amount
        let after: Amount
    }

    init(
        process: ProcessID, name: String, now: MemoryBreakdown, growth: (MemoryGrowth, Double)?, limit: MemoryLimit?
    ) {
        pid = process.rawValue
        self.name = name
        total = Amount(now.total)
        self.limit = limit.map { Limit(bytes: $0.bytes, source: $0.source.rawValue) }
        kinds = [String: Amount](
            uniqueKeysWithValues: MemoryKind.allCases.map { ($0.rawValue, Amount(now.amount(of: $0))) })
        regions = now.regions.sorted { $0.amount.inMemory > $1.amount.inMemory }.map(Region.init)
        self.growth = growth.map { Growth($0.changes, seconds: $1) }
    }
}

extension MemoryReport.Amount {
    init(_ amount: MemoryAmount) {
        resident = amount.resident
        proportional = amount.proportional
        anonymous = amount.anonymous
        swap = amount.swap
        virtual = amount.virtual
    }

    static let columns = ["RESIDENT", "PROPORTIONAL", "ANONYMOUS", "SWAP", "VIRTUAL"]

    var cells: [String] { [resident, proportional, anonymous, swap, virtual].map(NumberText.bytes) }

    var isNothing: Bool { virtual == 0 }
}

extension MemoryAmount {
    /// In RAM and swap.
    fileprivate var inMemory: UInt64 { resident &+ swap }
}

extension MemoryReport.Region {
    init(_ region: MemoryRegion) {
        kind = region.kind.rawValue
        name = Self.name(region.name, region.kind, region.thread)
        addresses = Self.text(region.addresses)
        mappings = region.mappings
        amount = MemoryReport.Amount(region.amount)
    }

    static func name(_ name: String, _ kind: MemoryKind, _ thread: ThreadID?) -> String {
        if let thread { return "stack of thread \(thread)" }
        return name.isEmpty ? (kind == .shared ? "shared anonymous memory" : "anonymous memory") : name
    }

    static func text(_ range: Range<Address>) -> String {
        String(range.lowerBound.rawValue, radix: 16) + "-" + String(range.upperBound.rawValue, radix: 16)
    }
}

extension MemoryReport.Growth {
    init(_ changes: [MemoryChange], seconds: Double) {
        self.seconds = seconds
        bytes = changes.reduce(0) { $0 &+ $1.growth }
        kinds = changes.reduce(into: [:]) { $0[$1.kind.rawValue, default: 0] &+= $1.growth }
        regions = changes.map { change in
            MemoryReport.Change(
                kind: change.kind.rawValue,
                name: MemoryReport.Region.name(change.name, change.kind, change.thread),
                addresses: MemoryReport.Region.text(change.addresses), growth: change.growth,
                before: MemoryReport.Amount(change.before), after: MemoryReport.Amount(change.after))
        }
    }
}
