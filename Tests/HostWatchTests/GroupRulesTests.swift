import HostWatch
import TestSupport
import Testing

/// Rules, seen through the groups of processes of a fake `/proc`.
@Suite struct GroupRulesTests {
    private let host: FakeHost

    init() throws { host = try FakeHost() }

    private func groups(_ rules: [GroupRule], _ change: (inout HostWatchSettings) -> Void = { _ in }) throws
        -> [Int32: String]
    {
        var settings = HostWatchSettings()
        settings.rules = rules
        change(&settings)
        var collector = try host.collector(settings)
        return host.groups(try collector.collect(at: host.time(0)))
    }

    private func rule(_ name: String, _ change: (inout GroupRule) -> Void) -> GroupRule {
        var rule = GroupRule(name: name)
        change(&rule)
        return rule
    }

    @Test func namesGroupsByUnitContainerOrCommandWithoutRules() throws {
        let identifier = String(repeating: "0123456789abcdef", count: 4)
        let cgroups = [
            "/system.slice/nginx.service": "nginx.service", "/system.slice/pg.service/worker": "pg.service",
            "/user.slice/user-1000.slice/session-4.scope": "cmd",
            "/user.slice/user-1000.slice/user@1000.service/app.slice/x.service": "cmd",
            "/system.slice/docker-\(identifier).scope": "0123456789ab",
            "/kubepods/burstable/pod7/\(identifier)": "0123456789ab",
            "/machine.slice/libpod-\(identifier).scope/container": "0123456789ab",
            "/docker/\(identifier)/system.slice/x.service": "0123456789ab",
            "/machine.slice/libpod-conmon-\(identifier).scope": "cmd", "/init.scope": "init.scope", "/": "cmd",
            "/system.slice/run-u12.service": "cmd",
            "/system.slice/sshd@4-10.0.0.1:22-10.0.0.2:5104.service": "sshd@.service",
            "/system.slice/systemd-coredump@3-123-1000.service": "systemd-coredump@.service",
            "/system.slice/postgresql@15-main.service": "postgresql@15-main.service",
            "/system.slice/docker-\(identifier.dropLast()).scope":
                "docker-\(identifier.dropLast()).scope",
        ]
        for (number, path) in cgroups.keys.sorted().enumerated() {
            try host.add(100 + Int32(number), "cmd", cgroup: "0::\(path)\n")
        }
        let groups = try groups([])
        for (number, path) in cgroups.keys.sorted().enumerated() {
            #expect(groups[100 + Int32(number)] == cgroups[path], "\(path)")
        }
    }

    @Test func takesTheFirstRuleThatMatchesInAll() throws {
        try host.add(
            10, "redis-server", commandLine: "/usr/bin/redis-server\0*:6379\0", executable: "/usr/bin/redis-check")
        try host.add(11, "redis-server", commandLine: "/usr/bin/redis-server\0*:6380\0", executable: "/opt/redis")
        try host.add(12, "sh", commandLine: "sh\0")
        let groups = try groups([
            rule("no") {
                $0.commands = ["redis-server"]; $0.commandLine = ["6379", "6380"]
            },
            rule("{{.Comm}}-{{.Matches.port}}-{{.ExeBase}}") {
                $0.commandLine = ["redis", ":(?P<port>\\d+)$"]; $0.executables = ["redis-check"]
            },
            rule("{{ .ExeFull }}") { $0.executables = ["/opt/redis"] },
            rule("late") { $0.commands = ["redis-server"] },
        ])
        #expect(groups == [10: "redis-server-6379-redis-check", 11: "/opt/redis", 12: "sh"])
    }

    @Test func matchesCgroupsAndContainers() throws {
        let identifier = String(repeating: "ab", count: 32)
        try host.add(10, "a", cgroup: "0::/system.slice/docker-\(identifier).scope\n")
        try host.add(11, "b", cgroup: "5:memory:/batch/x\n1:name=systemd:/\n0::/\n")
        let groups = try groups([
            rule("c {{.Container}} {{.Unit}}") { $0.container = "abab" },
            rule("{{.Cgroup}} {{.PID}}") { $0.cgroup = "^/batch/" },
        ])
        #expect(groups == [10: "c abababababab docker-\(identifier).scope", 11: "/batch/x 11"])
    }

    @Test func letsChildrenInherit() throws {
        try host.add(10, "make", parent: 1)
        try host.add(9, "cc", parent: 10, start: 5001)
        try host.add(11, "as", parent: 9, start: 5002)
        try host.add(12, "ld", parent: 9, start: 5002)
        let rules = [rule("build") { $0.commands = ["make"] }, rule("link") { $0.commands = ["ld"] }]
        #expect(try groups(rules) == [10: "build", 9: "build", 11: "build", 12: "link"])
        #expect(try groups(rules) { $0.childrenInherit = false } == [10: "build", 9: "cc", 11: "as", 12: "link"])
        #expect(
            try groups(rules) {
                $0.childrenInherit = false; $0.watchesUnmatched = false
            } == [10: "build", 12: "link"])
    }

    @Test func excludesAndWaitsForSizes() throws {
        try host.add(10, "secret")
        try host.add(11, "big", residentPages: 1000)
        try host.add(12, "small", residentPages: 10)
        var settings = HostWatchSettings()
        settings.rules = [
            rule("x") {
                $0.commands = ["secret"]; $0.excludes = true
            },
            rule("large") { $0.minimumResident = 500 * 4096 },
        ]
        var collector = try host.collector(settings)
        #expect(host.groups(try collector.collect(at: host.time(0))) == [11: "large", 12: "small"])
        try host.add(12, "small", residentPages: 600)
        #expect(host.groups(try collector.collect(at: host.time(5))) == [11: "large", 12: "large"])
    }

    @Test func matchesUsersByNumberAndName() throws {
        try host.add(10, "a")
        let owner = rule("{{.Username}}") { $0.users = [Privileges.isRoot ? "root" : "nobody-of-that-name"] }
        let groups = try groups([owner, rule("by number") { $0.users = ["\(FakeHost.user)"] }])
        #expect(groups == [10: Privileges.isRoot ? "root" : "by number"])
    }

    @Test(arguments: [
        ("a{{.Nothing}}", GroupRuleError.Reason.unknownTemplate("{{.Nothing}}")), ("", .noName),
        ("{{.Comm", .openTemplate),
        ("{{.Matches.port}}", .unknownCapture("port")),
    ])
    func refusesNames(name: String, reason: GroupRuleError.Reason) {
        #expect(throws: GroupRuleError(index: 1, name: name, reason: reason)) {
            try GroupRules(compiling: [GroupRule(name: "fine"), GroupRule(name: name)])
        }
    }

    @Test func saysWhichExpressionIsWrong() throws {
        let wrong = rule("web") { $0.commandLine = ["fine", "(nginx"] }
        let error = try #require(throws: GroupRuleError.self) { try GroupRules(compiling: [wrong]) }
        #expect("\(error)".contains("rule 1 (web)") && "\(error)".contains("(nginx"))
    }

    @Test func boundsWhatHostileCommandLinesMakeOfNames() throws {
        try host.add(10, "a", commandLine: "-n " + String(repeating: "é", count: 2 << 20))
        try host.add(11, "b\n\"}", commandLineBytes: [0xFF, 0xFE, 0x0A, 0x00, 0x00, 0x00])
        let groups = try groups([
            rule("{{.Matches.n}}") { $0.commandLine = ["-n (?P<n>.*)"] }, rule("{{.Comm}}") { _ in },
        ])
        #expect(groups[10] == String(repeating: "é", count: 100))
        #expect(groups[11] == "b\n\"}")
    }
}
