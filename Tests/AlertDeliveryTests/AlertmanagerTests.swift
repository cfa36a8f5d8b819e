import AlertDelivery
import Alerting
import Foundation
import TestSupport
import Testing

/// Against Debian's Alertmanager.
@Suite struct AlertmanagerTests {
    @Test func showsAnAlertWithLabelsAndAnnotationsUntilItIsResolved() async throws {
        let server = try AlertmanagerServer()
        var settings = DeliverySettings.to(server)
        settings.labels = ["cluster": "north", "severity": "none", "not a name": "x"]
        try await DeliveryScene.run(settings) { scene in
            let alert = Alert.leak(since: Self.now - 600)
            await scene.deliverer.report([AlertEvent(.fired, alert, at: Self.now)], active: [alert])
            let shown = try #require(try server.alerts { $0.count == 1 }.first)
            #expect(
                shown.labels == [
                    "alertname": "SondeLeak", "severity": "warning", "instance": "db1", "groupname": "redis",
                    "pid": "4711", "command": "redis-server", "cluster": "north",
                ])
            #expect(shown.annotations["summary"] == "Memory leak: redis-server (PID 4711) on db1")
            #expect(shown.annotations["description"] == "grew 312 MiB in 6 h, full in 14 h")
            #expect(shown.annotations["recommendation"] == "See what grows: sonde memory -p 4711.")
            #expect(shown.status.state == "active")
            #expect(abs(try Self.seconds(shown.startsAt) - alert.since) <= 0.001, "it is told in milliseconds")
            await scene.deliverer.report([Self.resolved(alert)], active: [])
            #expect(try server.alerts { $0.isEmpty }.isEmpty)
            #expect(try await scene.report { $0.delivered == 2 }?.counters.delivered == 2)
            #expect(try server.metric(#"alertmanager_alerts_invalid_total{version="v2"}"#) == 0)
            #expect(scene.log.lines.map { $0.prefix(28) } == ["a label for Alertmanager is "])
        }
    }

    @Test func anEscalatedAlertIsShownOnceAndAsCritical() async throws {
        let server = try AlertmanagerServer()
        try await DeliveryScene.run(.to(server)) { scene in
            let (warning, critical) = (
                Alert.leak(since: Self.now - 60), Alert.leak(4711, .critical, since: Self.now - 60)
            )
            await scene.deliverer.report([AlertEvent(.fired, warning, at: Self.now)], active: [warning])
            #expect(try server.alerts { $0.count == 1 }.map { $0.labels["severity"] } == ["warning"])
            await scene.deliverer.report([AlertEvent(.escalated, critical, at: Self.now)], active: [critical])
            let shown = try server.alerts { $0.map { $0.labels["severity"] } == ["critical"] }
            #expect(shown.map { $0.labels["severity"] } == ["critical"])
            await scene.deliverer.report([Self.resolved(critical)], active: [])
            #expect(try server.alerts { $0.isEmpty }.isEmpty)
        }
    }

    @Test func activeAlertsAreRepeatedSoThatTheyDoNotEnd() async throws {
        let server = try AlertmanagerServer()
        var settings = DeliverySettings.to(server)
        settings.resendInterval = 0.5
        try await DeliveryScene.run(settings) { scene in
            let alert = Alert.leak(since: Self.now)
            await scene.deliverer.report([AlertEvent(.fired, alert, at: Self.now)], active: [alert])
            let first = try #require(try server.alerts { $0.count == 1 }.first)
            // Unless it were repeated, it would be over by the end that was announced first.
            let later = try #require(try Self.extended(first, on: server))
            #expect(later.startsAt == first.startsAt)
            #expect(try await scene.report { $0.resent >= 3 }?.counters.delivered == 1)
        }
        // Who is gone doesn't leave its alerts behind.
        #expect(try server.alerts { $0.isEmpty }.isEmpty)
    }

    @Test func alertsOfBeforeARestartAreSentAtOnce() async throws {
        let server = try AlertmanagerServer()
        try await DeliveryScene.run(.to(server)) { scene async throws in
            await scene.deliverer.report([], active: [.leak(since: Self.now - 3600)])
            #expect(try server.alerts { $0.count == 1 }.count == 1)
            #expect(try await scene.report { $0.resent == 1 }?.counters.delivered == 0)
        }
    }

    @Test func whatEndedWhileAlertmanagerWasAwayCallsNobodyAndTheRestArrives() async throws {
        let port = try LoopbackPort.free()
        var settings = DeliverySettings()
        settings.alertmanagers = ["http://127.0.0.1:\(port)/"]
        try await DeliveryScene.run(settings) { scene in
            let (over, lasting) = (Alert.leak(1, since: Self.now), Alert.leak(2, since: Self.now))
            await scene.deliverer.report(
                [AlertEvent(.fired, over, at: Self.now), AlertEvent(.fired, lasting, at: Self.now)],
                active: [over, lasting])
            _ = try await scene.report { $0.retried >= 2 }
            await scene.deliverer.report([Self.resolved(over)], active: [lasting])
            let server = try AlertmanagerServer(port: port)
            #expect(try server.alerts { !$0.isEmpty }.map { $0.labels["pid"] } == ["2"])
            let counters = try await scene.report { $0.pending == 0 }?.counters
            #expect(counters?.delivered == 2)
            #expect(counters?.superseded == 1)
        }
    }

    @Test func aThousandAlertsWithHostileNamesArriveInBatches() async throws {
        let server = try AlertmanagerServer()
        let names = [
            "\u{1B}[2J\n\r\t", "\u{202E}gnp.exe", "\"}],{", String(repeating: "ж", count: 5000), "", "\u{FFFD}\u{0}",
        ]
        try await DeliveryScene.run(.to(server)) { scene in
            let alerts = (1...1000 as ClosedRange<Int32>).map { number in
                Alert.leak(number, command: names[Int(number) % names.count], since: Self.now)
            }
            let events = alerts.map { AlertEvent(.fired, $0, at: Self.now) }
            await scene.deliverer.report(events, active: alerts)
            #expect(try await scene.report { $0.delivered == 1000 }?.counters.failed == 0)
            let shown = try server.alerts { $0.count == 1000 }
            #expect(Set(shown.compactMap { $0.labels["pid"] }).count == 1000)
            #expect(
                shown.allSatisfy { alert in
                    (alert.labels["command"] ?? "").unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202E }
                })
        }
    }

    /// Alertmanager takes alerts with the same labels for one.
    @Test func alertsOnCgroupsAreToldApartByTheirPaths() async throws {
        let server = try AlertmanagerServer()
        let paths = [
            "/kubepods.slice/pod1/app", "/a\u{1B}[31m", "/a\u{1B}[32m", "/a\\u{1B}[31m",
            "/" + String(repeating: "ж", count: 300), "/" + String(repeating: "ж", count: 301), "/a\u{0}", "/a",
        ]
        try await DeliveryScene.run(.to(server)) { scene in
            let alerts = paths.map { path in
                Alert(
                    id: path, type: .cgroupMemory,
                    subject: AlertSubject(group: "app", process: nil, command: nil, startTicks: nil, cgroup: path),
                    state: .active, severity: .warning, value: 0.9, threshold: 0.85, since: Self.now, resolvedAt: nil,
                    evidence: "", recommendation: "")
            }
            let events = alerts.map { AlertEvent(.fired, $0, at: Self.now) }
            await scene.deliverer.report(events, active: alerts)
            let shown = try server.alerts { $0.count == paths.count }
            let labels = shown.compactMap { $0.labels["cgroup"] }
            #expect(Set(labels).count == paths.count && labels.contains(paths[0]))
            #expect(labels.allSatisfy { $0.count <= 250 && !$0.unicodeScalars.contains { $0.value < 0x20 } })
            let first = try #require(shown.first { $0.labels["cgroup"] == paths[0] })
            #expect(first.labels["alertname"] == "SondeCgroupMemory" && first.labels["groupname"] == "app")
            #expect(
                first.annotations["summary"]
                    == "Cgroup's memory near its limit: cgroup /kubepods.slice/pod1/app on db1")
        }
    }

    @Test func aClockThatWasSetBackMakesNoInvalidAlert() async throws {
        let server = try AlertmanagerServer()
        try await DeliveryScene.run(.to(server)) { scene async throws in
            let alert = Alert.leak(since: Self.now + 7200)
            await scene.deliverer.report([AlertEvent(.fired, alert, at: Self.now)], active: [alert])
            #expect(try await scene.report { $0.delivered == 1 }?.counters.failed == 0)
            await scene.deliverer.report([Self.resolved(alert)], active: [])
            #expect(try await scene.report { $0.delivered == 2 }?.counters.failed == 0)
        }
    }

    private static var now: Double { Date().timeIntervalSince1970 }

    private static func resolved(_ alert: Alert) -> AlertEvent {
        var alert = alert
        alert.state = .resolved
        alert.resolvedAt = now
        return AlertEvent(.resolved, alert, at: now, resolution: .cleared)
    }

    /// The alert, once its announced end is more than a second later than it was.
    private static func extended(
        _ alert: AlertmanagerServer.Alert, on server: AlertmanagerServer
    ) throws -> AlertmanagerServer.Alert? {
        let end = try seconds(alert.endsAt)
        let shown = try server.alerts { ($0.first.flatMap { try? seconds($0.endsAt) } ?? 0) > end + 1 }
        return try shown.first { try seconds($0.endsAt) > end + 1 }
    }

    private static func seconds(_ timestamp: String) throws -> Double {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        return try Date(timestamp, strategy: style).timeIntervalSince1970
    }
}

extension DeliverySettings {
    fileprivate static func to(_ server: AlertmanagerServer) -> DeliverySettings {
        var settings = DeliverySettings()
        settings.alertmanagers = [server.url]
        return settings
    }
}
