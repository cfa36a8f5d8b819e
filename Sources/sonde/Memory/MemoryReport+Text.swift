import HostWatch
import ProcFS
import SystemSupport
import TargetProcess

extension MemoryReport {
    /// - Parameter limit: How many regions are shown; `nil` for all.
    func text(_ style: TextStyle, limit: Int?) -> String {
        let swapped = total.swap > 0 ? " and \(NumberText.bytes(total.swap)) swapped out" : ""
        let beyond = total.beyondResident > 0 ? " and \(NumberText.bytes(total.beyondResident)) beyond that" : ""
        let title = "\(process.name ?? "process") (PID \(process.pid ?? 0))"
        let head = "\(title): \(NumberText.bytes(total.resident)) resident\(beyond)\(swapped)\(limitText)\(freedText)"
        return style.applied(.bold, to: head) + "\n" + growthText(style, limit) + kindsText(style)
            + regionsText(style, limit)
    }

    private var freedText: String {
        guard total.lazilyFreed > 0 else { return "" }
        return
            "; \(NumberText.bytes(total.lazilyFreed)) of it was freed lazily (MADV_FREE): the kernel takes it when memory "
            + "is short"
    }

    private var limitText: String {
        guard let limit, limit.bytes > 0 else { return "" }
        let share = NumberText.percent(Double(total.resident) / Double(limit.bytes))
        let whose = limit.source == MemoryLimit.Source.cgroup.rawValue ? "its cgroup's limit" : "the host's memory"
        return ", \(share) of \(whose) of \(NumberText.bytes(limit.bytes))"
    }

    private func growthText(_ style: TextStyle, _ limit: Int?) -> String {
        guard let growth else { return "" }
        let time = "\(NumberText.decimal(growth.seconds, digits: 1)) s"
        guard !growth.regions.isEmpty else { return "\nNothing changed in \(time).\n\n" }
        let verb = growth.bytes < 0 ? "It shrank by" : "It grew by"
        let head = "\n\(verb) \(NumberText.bytes(growth.bytes.magnitude)) in \(time):\n"
        var table = TextTable(["GREW", "PER SECOND", "NOW", "KIND", "REGION"], words: 3..<5)
        for change in shown(growth.regions, limit) {
            table.add([
                Self.signed(change.growth), Self.signed(Self.rate(change.growth, growth.seconds)),
                NumberText.bytes(change.after.inMemory), Self.words(change.kind),
                Self.region(change.name, change.addresses),
            ])
        }
        return style.applied(.bold, to: head) + table.text(style) + Self.rest(growth.regions.count, limit) + "\n"
    }

    private func kindsText(_ style: TextStyle) -> String {
        var table = TextTable(Amount.columns + ["KIND"])
        for kind in MemoryKind.allCases {
            guard let amount = kinds[kind.rawValue], !amount.isNothing else { continue }
            table.add(amount.cells + [kind.words])
        }
        table.add(total.cells + ["total"])
        return table.text(style)
    }

    private func regionsText(_ style: TextStyle, _ limit: Int?) -> String {
        var table = TextTable(["IN MEMORY", "ANONYMOUS", "SWAP", "KIND", "REGION"], words: 3..<5)
        for region in shown(regions, limit) {
            table.add([
                NumberText.bytes(region.amount.resident &+ region.amount.beyondResident),
                NumberText.bytes(region.amount.anonymous), NumberText.bytes(region.amount.swap),
                Self.words(region.kind), Self.region(region.name, region.addresses),
            ])
        }
        return style.applied(.bold, to: "\nLargest regions:\n") + table.text(style) + Self.rest(regions.count, limit)
    }

    private func shown<Row>(_ rows: [Row], _ limit: Int?) -> ArraySlice<Row> {
        rows.prefix(limit ?? rows.count)
    }

    private static func rest(_ count: Int, _ limit: Int?) -> String {
        guard let limit, count > limit else { return "" }
        return "  and \(NumberText.grouped(count - limit)) more; --limit 0 shows all\n"
    }

    private static func words(_ kind: String) -> String { MemoryKind(rawValue: kind)?.words ?? kind }

    private static func region(_ name: String, _ addresses: String?) -> String {
        guard let addresses else { return printable(name) }
        return name.hasPrefix("/") ? printable(name) : "\(printable(name))  \(addresses)"
    }

    private static func signed(_ bytes: Int64) -> String { (bytes > 0 ? "+" : "") + NumberText.bytes(bytes) }

    private static func rate(_ bytes: Int64, _ seconds: Double) -> Int64 {
        seconds > 0 ? Int64(exactly: (Double(bytes) / seconds).rounded()) ?? 0 : 0
    }
}
