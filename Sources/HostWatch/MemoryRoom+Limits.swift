import MemoryTrends

extension MemoryRoom {
    /// The least of what the host and a process's cgroups leave; `cgroups` is `nil` where none of them has a limit.
    init(host: UInt64, cgroups: Known<UInt64>?) {
        switch cgroups {
        case nil: self = .shared(host)
        case .value(let room): self = .shared(min(room, host))
        case .notPermitted, .notOffered, .notRead: self = .unknown
        }
    }
}
