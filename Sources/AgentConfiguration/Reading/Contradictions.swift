internal import Alerting
internal import HostWatch
internal import SeriesStore

/// Settings that don't go together.
struct Contradiction {
    let key: String
    let text: String
}

extension AgentConfiguration {
    func contradictions() -> [Contradiction] { thresholds() + windows() + retentions() + pools() + addresses() }

    private func thresholds() -> [Contradiction] {
        AlertType.allCases.compactMap { type in
            guard let warning = alerts.thresholds[type]?.warning, let critical = alerts.thresholds[type]?.critical,
                critical.above < warning.above
            else { return nil }
            return Contradiction(
                key: "alerts.\(type.rawValue).critical.above",
                text: "\(ShareText.text(critical.above)) is below the warning's \(ShareText.text(warning.above))")
        }
    }

    private func windows() -> [Contradiction] {
        let isAscending = zip(leaks.windows, leaks.windows.dropFirst()).allSatisfy { $0 < $1 }
        return isAscending ? [] : [Contradiction(key: "leaks.windows", text: "the windows have to ascend")]
    }

    private func retentions() -> [Contradiction] {
        var found: [Contradiction] = []
        if retention.fiveMinutes < retention.raw {
            found.append(Contradiction(key: "store.five_minutes", text: "shorter than `store.raw`"))
        }
        if retention.hour < retention.fiveMinutes {
            found.append(Contradiction(key: "store.hour", text: "shorter than `store.five_minutes`"))
        }
        return found
    }

    private func pools() -> [Contradiction] {
        var names: Set<String> = []
        return watch.pools.enumerated().compactMap { index, pool in
            guard !pool.name.isEmpty, !names.insert(pool.name).inserted else { return nil }
            return Contradiction(key: "pools[\(index)]", text: "another pool is named \(pool.name), too")
        }
    }

    private func addresses() -> [Contradiction] {
        Set(web.listenAddresses).count == web.listenAddresses.count
            ? [] : [Contradiction(key: "web.listen_addresses", text: "the same address comes twice")]
    }
}
