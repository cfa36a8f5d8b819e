package import Alerting
package import HostWatch
package import SeriesStore

/// All that can be set: by flags over `SONDE_*` environment over file over these defaults.
package struct AgentConfiguration: Equatable, Sendable {
    package var watch = HostWatchSettings()
    package var leaks = LeakWatchSettings()
    package var alerts = AlertSettings()
    package var delivery = DeliverySettings()
    package var retention = RetentionSettings()
    /// `nil`: the systemd state directory, else `/var/lib/sonde` for root and the XDG state directory for others.
    package var stateDirectory: String?
    /// Whom the agent changes to when it is started as root, by name or number; `nil`: `sonde` where it exists, else a number
    /// of its own.
    package var user: String?
    package var web = WebSettings()
    package var log = LogSettings()
    package var budget = BudgetSettings()

    package init() {}
}

/// What the agent may use: it degrades its work before it exceeds this.
package struct BudgetSettings: Equatable, Sendable {
    /// A share of one CPU, averaged over a minute.
    package var cpuShare = 0.05
    /// Resident memory in bytes.
    package var residentBytes: UInt64 = 256 << 20

    package init() {}
}

package struct LogSettings: Equatable, Sendable {
    package enum Format: String, CaseIterable, Sendable {
        case logfmt
        case json
    }

    package enum Level: String, CaseIterable, Sendable {
        case debug
        case info
        case warning
        case error
    }

    package var level = Level.info
    package var format = Format.logfmt

    package init() {}
}

/// How the agent is reached.
package struct WebSettings: Equatable, Sendable {
    /// `HOST:PORT`, `:PORT` (all addresses), `[IPv6]:PORT` or `unix:PATH`.
    package var listenAddresses = ["127.0.0.1:9797"]
    /// The exporter-toolkit's web configuration file: TLS and basic authentication.
    package var configurationFile: String?
    /// Names beside the host's own under which clients reach the agent; a request for another name is refused.
    package var hostNames: [String] = []
    /// Open connections from one address, of at most 256 of a listener.
    package var maximumConnectionsPerAddress = 64
    /// Bytes of a request's body.
    package var maximumBody = 64 * 1024
    /// Requests that are answered at a time; more get 503.
    package var maximumRequests = 64
    /// Requests a second from one address, 0 for no limit; more get 429.
    package var requestRate: Double = 100
    /// Seconds that a client has for its request.
    package var requestTimeout: Double = 10

    package init() {}
}
