internal import Alerting
internal import HostWatch
internal import SeriesStore

/// All keys of a configuration, in the order in which they are shown.
enum ConfigurationSchema {
    static let fields: [Field<AgentConfiguration>] =
        [
            Field("state_directory", \.stateDirectory, ValueFormat<String>.path.orUnset()).needingRestart()
        ] + watch + leaks + alerts + delivery + store + web + log + budget

    static let records = (groups: RecordList<GroupRule>.groups, pools: RecordList<PoolSettings>.pools)

    static let recordKeys = [records.groups.key, records.pools.key]

    private static let day = 86_400.0
    private static let interval = ValueFormat.duration(0.05...day)

    private static let watch: [Field<AgentConfiguration>] = [
        Field("watch.interval", \.watch.interval, .duration(0.05...3600)),
        Field("watch.status_interval", \.watch.statusInterval, interval),
        Field("watch.descriptor_interval", \.watch.descriptorInterval, interval),
        Field("watch.disk_interval", \.watch.diskInterval, interval),
        Field("watch.connection_interval", \.watch.connectionInterval, interval),
        Field("watch.proportional_interval", \.watch.proportionalInterval, interval.orOff()),
        Field("watch.proportional_limit", \.watch.proportionalLimit, .size(0...(1 << 50))),
        Field("watch.children_inherit", \.watch.childrenInherit, .flag),
        Field("watch.unmatched", \.watch.watchesUnmatched, .flag),
        Field("watch.group_grace", \.watch.groupGrace, .duration(0...(30 * day))),
        Field("watch.maximum_groups", \.watch.maximumGroups, .count(1...100_000)),
    ]

    private static let leaks: [Field<AgentConfiguration>] = [
        Field("leaks.enabled", \.leaks.isEnabled, .flag),
        Field("leaks.interval", \.leaks.interval, interval),
        Field("leaks.windows", list: \.leaks.windows, .duration(1...(366 * day)), 1...16),
        Field("leaks.minimum_memory", \.leaks.minimumBytes, .size(0...(1 << 50))),
    ]

    private static let delivery: [Field<AgentConfiguration>] = [
        Field("delivery.file", \.delivery.file, ValueFormat<String>.path.orUnset()),
        Field("delivery.webhooks", list: \.delivery.webhooks, .url, 0...32).masking(SecretAddress.withoutPath),
        Field("delivery.alertmanagers", list: \.delivery.alertmanagers, .url, 0...32)
            .masking(SecretAddress.withoutCredentials),
        Field("delivery.labels", table: \.delivery.labels, names: .labelName),
        Field("delivery.timeout", \.delivery.timeout, .duration(0.1...600)),
        Field("delivery.resend_interval", \.delivery.resendInterval, .duration(1...day)),
        Field("delivery.queue_limit", \.delivery.queueLimit, .count(1...1_000_000)),
    ]

    private static let store: [Field<AgentConfiguration>] = [
        Field("store.raw", \.retention.raw, .duration(1...(3660 * day))),
        Field("store.five_minutes", \.retention.fiveMinutes, .duration(1...(3660 * day))),
        Field("store.hour", \.retention.hour, .duration(1...(3660 * day))),
        Field("store.alerts", \.retention.alerts, .duration(1...(3660 * day))),
        Field("store.maximum_size", \.retention.maximumBytes, .size((1 << 20)...(1 << 50))),
    ]

    private static let web: [Field<AgentConfiguration>] = [
        Field("web.listen_addresses", list: \.web.listenAddresses, .listenAddress, 1...16).needingRestart(),
        Field("web.config_file", \.web.configurationFile, ValueFormat<String>.path.orUnset()).needingRestart(),
        Field("web.host_names", list: \.web.hostNames, .hostName, 0...100).needingRestart(),
        Field("web.maximum_connections_per_address", \.web.maximumConnectionsPerAddress, .count(1...256))
            .needingRestart(),
        Field("web.maximum_body", \.web.maximumBody, .size(0...(64 << 20))).needingRestart(),
        Field("web.maximum_requests", \.web.maximumRequests, .count(1...10_000)).needingRestart(),
        Field("web.request_rate", \.web.requestRate, .number(0...1_000_000)).needingRestart(),
        Field("web.request_timeout", \.web.requestTimeout, .duration(0.1...3600)).needingRestart(),
    ]

    private static let log: [Field<AgentConfiguration>] = [
        Field("log.level", \.log.level, .choice),
        Field("log.format", \.log.format, .choice),
    ]

    private static let budget: [Field<AgentConfiguration>] = [
        Field("budget.cpu", \.budget.cpuShare, .share(0.001...64)),
        Field("budget.memory", \.budget.residentBytes, .size((16 << 20)...(1 << 50))),
    ]
}
