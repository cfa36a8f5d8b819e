import HostWatch
import TestSupport
import Testing

/// Which groups are the same, on a fake `/proc`: a name that a process gives itself takes it into no other's group.
@Suite struct GroupIdentityTests {
    private let host: FakeHost

    init() throws { host = try FakeHost() }

    private func groups(_ rules: [GroupRule] = []) throws -> [Int32: String] {
        var settings = HostWatchSettings()
        settings.rules = rules
        var collector = try host.collector(settings)
        return host.groups(try collector.collect(at: host.time(0)))
    }

    private static func rule(_ name: String, _ commands: String...) -> GroupRule {
        var rule = GroupRule(name: name)
        rule.commands = commands
        return rule
    }

    @Test func `A process named as a unit is not in the unit's group, whichever comes first`() throws {
        try host.add(10, "sshd.service", start: 4000)
        try host.add(11, "sshd", cgroup: "0::/system.slice/sshd.service\n")
        try host.add(12, "sshd.service", start: 6000)
        #expect(try groups() == [10: "command:sshd.service", 11: "sshd.service", 12: "command:sshd.service"])
    }

    @Test func `A process named as a container is not in the container's group`() throws {
        let identifier = String(repeating: "0123456789abcdef", count: 4)
        try host.add(10, "0123456789ab")
        try host.add(11, "redis", cgroup: "0::/system.slice/docker-\(identifier).scope\n")
        #expect(try groups() == [10: "command:0123456789ab", 11: "0123456789ab"])
    }

    @Test func `A process named as a rule's group is not in it unless the rule takes it`() throws {
        try host.add(10, "database", start: 4000)
        try host.add(11, "postgres")
        #expect(try groups([Self.rule("database", "postgres")]) == [10: "command:database", 11: "database"])
    }

    @Test func `A template doesn't lead into another rule's group`() throws {
        try host.add(10, "postgres")
        try host.add(11, "database")
        let rules = [Self.rule("database", "postgres"), Self.rule("{{.Comm}}", "database", "other")]
        #expect(try groups(rules) == [10: "database", 11: "template:database"])
    }

    @Test func `Rules of one name share a group`() throws {
        try host.add(10, "nginx")
        try host.add(11, "php")
        #expect(try groups([Self.rule("web", "nginx"), Self.rule("web", "php")]) == [10: "web", 11: "web"])
    }

    @Test func `A label with a kind in it can't be imitated`() throws {
        try host.add(10, "command:a.scope")
        try host.add(11, "a.scope")
        try host.add(12, "other")
        #expect(
            try groups() == [10: "command:command:a.scope", 11: "command:a.scope", 12: "command:other"])
    }

    @Test func `Labels are unique, and say the kind of the second of equals`() throws {
        try host.add(10, "worker")
        try host.add(11, "job", start: 6000)
        var rule = GroupRule(name: "{{.Matches.name}}")
        rule.commandLine = ["--name=(?P<name>.*)"]
        try host.add(11, "job", start: 6000, commandLine: "job\0--name=worker\0")
        var settings = HostWatchSettings()
        settings.rules = [rule]
        var collector = try host.collector(settings)
        let snapshot = try collector.collect(at: host.time(0))
        #expect(host.groups(snapshot) == [10: "worker", 11: "template:worker"])
        #expect(snapshot.groups.map(\.kind) == [.template, .command])
    }

    @Test func `A rule that comes with a reload takes its name from a command`() throws {
        try host.add(10, "web")
        try host.add(11, "nginx")
        var settings = HostWatchSettings()
        var collector = try host.collector(settings)
        #expect(host.groups(try collector.collect(at: host.time(0))) == [10: "web", 11: "nginx"])
        settings.rules = [Self.rule("web", "nginx")]
        try collector.apply(settings)
        #expect(host.groups(try collector.collect(at: host.time(5))) == [10: "command:web", 11: "web"])
    }
}
