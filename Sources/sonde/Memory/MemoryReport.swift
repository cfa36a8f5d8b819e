import HostWatch
import ProcFS
import ProfileModel
import SystemSupport
import TargetProcess

/// Where the memory of one process is and what grew, as text or as JSON; amounts are in bytes.
struct MemoryReport: Encodable {
    let process: DescribedProcess
    /// When the first reading was made.
    let start: UTCTimestamp
    let total: Amount
    /// What the process may use before it is killed; `nil` where that is unknown.
    @Nullable var limit: Limit?
    let kinds: [String: Amount]
    /// The largest first.
    let regions: [Region]
    /// `nil` after one reading.
    @Nullable var growth: Growth?

    private enum CodingKeys: CodingKey { case total, limit, kinds, regions, growth }

    struct Amount: Encodable {
        let resident: UInt64
        let proportional: UInt64
        let anonymous: UInt64
        /// Of the anonymous memory, what the process has given back by MADV_FREE, and the kernel has not taken yet.
        let lazilyFreed: UInt64
        let swap: UInt64
        /// In RAM, and in no resident size: page tables, pages of hugetlbfs, files in memory that aren't mapped.
        let beyondResident: UInt64
        let virtual: UInt64

        private enum CodingKeys: String, CodingKey {
            case resident = "residentBytes"
            case proportional = "proportionalBytes"
            case anonymous = "anonymousBytes"
            case lazilyFreed = "lazilyFreedBytes"
            case swap = "swapBytes"
            case beyondResident = "beyondResidentBytes"
            case virtual = "virtualBytes"
        }
    }

    struct Limit: Encodable {
        let bytes: UInt64
        /// `cgroup` or `host`.
        let source: String
    }

    struct Region: Encodable {
        let kind: String
        let name: String
        /// `null` for what isn't mapped.
        @Nullable var addresses: String?
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

        private enum CodingKeys: String, CodingKey {
            case seconds = "durationSeconds"
            case bytes = "growthBytes"
            case kinds = "growthBytesByKind"
            case regions
        }
    }

    struct Change: Encodable {
        let kind: String
        let name: String
        @Nullable var addresses: String?
        let growth: Int64
        let before: Amount
        let after: Amount

        private enum CodingKeys: String, CodingKey {
            case kind, name, addresses, before, after
            case growth = "growthBytes"
        }
    }

    init(
        process: DescribedProcess, start: UTCTimestamp, now: MemoryBreakdown, growth: (MemoryGrowth, Double)?,
        limit: MemoryLimit?
    ) {
        self.process = process
        self.start = start
        total = Amount(now.total)
        self.limit = limit.map { Limit(bytes: $0.bytes, source: $0.source.rawValue) }
        kinds = [String: Amount](
            uniqueKeysWithValues: MemoryKind.allCases.map { ($0.rawValue, Amount(now.amount(of: $0))) })
        regions = now.regions.sorted { $0.amount.inMemory > $1.amount.inMemory }.map(Region.init)
        self.growth = growth.map { Growth($0.changes, seconds: $1) }
    }

    var document: JSONDocument<MemoryReport> { JSONDocument(.memory, about: process, start: start, self) }
}

extension MemoryReport.Amount {
    init(_ amount: MemoryAmount) {
        resident = amount.resident
        proportional = amount.proportional
        anonymous = amount.anonymous
        lazilyFreed = amount.lazilyFreed
        swap = amount.swap
        beyondResident = amount.beyondResident
        virtual = amount.virtual
    }

    static let columns = [
        "RESIDENT", "PROPORTIONAL", "ANONYMOUS", "FREED LAZILY", "SWAP", "BEYOND RSS", "VIRTUAL",
    ]

    var cells: [String] {
        [resident, proportional, anonymous, lazilyFreed, swap, beyondResident, virtual].map(NumberText.bytes)
    }

    var isNothing: Bool { virtual == 0 && beyondResident == 0 }

    /// In RAM and swap.
    var inMemory: UInt64 { resident &+ swap &+ beyondResident }
}

extension MemoryReport.Region {
    init(_ region: MemoryRegion) {
        kind = region.kind.rawValue
        name = Self.name(region.name, region.kind, region.thread)
        addresses = region.addresses.map(Self.text)
        mappings = region.mappings
        amount = MemoryReport.Amount(region.amount)
    }

    static func name(_ name: String, _ kind: MemoryKind, _ thread: ThreadID?) -> String {
        if let thread { return "stack of thread \(thread)" }
        if kind == .hugeTLB, name.isEmpty { return "huge pages" }
        return name.isEmpty
            ? ([.shared, .ownShared].contains(kind) ? "shared anonymous memory" : "anonymous memory") : name
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
                addresses: Nullable(wrappedValue: change.addresses.map(MemoryReport.Region.text)),
                growth: change.growth,
                before: MemoryReport.Amount(change.before), after: MemoryReport.Amount(change.after))
        }
    }
}
