import HostWatch
import TestSupport
import Testing

/// What new settings do to the groups of processes that are watched.
@Suite struct ReloadTests {
    private let host: FakeHost
    private var settings = HostWatchSettings()

    init() throws {
        host = try FakeHost()
        settings.rules = [Self.rule("build", of: ["make"])]
        try host.add(1, "init")
        try host.add(10, "make")
        try host.add(11, "cc", parent: 10, start: 6000)
    }

    private static func rule(_ name: String, of commands: [String]) -> GroupRule {
        var rule = GroupRule(name: name)
        rule.commands = commands
        return rule
    }

    /// A collector that has seen how the compiler's parent ended.
    private func collector() throws -> HostCollector {
        var collector = try host.collector(settings)
        _ = try collector.collect(at: host.time(0))
        try host.remove(10)
        try host.add(11, "cc", start: 6000)
        #expect(host.groups(try collector.collect(at: host.time(5)))[11] == "build")
        return collector
    }

    @Test func leaveOrphansWhereTheyAreWhenGroupsAreToldAsBefore() throws {
        var collector = try collector()
        var new = settings
        (new.interval, new.groupGrace) = (1, 10)
        try collector.apply(new)
        #expect(host.groups(try collector.collect(at: host.time(10)))[11] == "build")
    }

    @Test(arguments: [true, false]) func leaveOrphansWhereTheyAreWhileTheirRuleIsThere(watchesUnmatched: Bool) throws {
        var collector = try collector()
        var new = settings
        new.watchesUnmatched = watchesUnmatched
        new.rules = [Self.rule("other rule", of: ["x"]), Self.rule("build", of: ["ninja"])]
        try collector.apply(new)
        #expect(host.groups(try collector.collect(at: host.time(10)))[11] == "build")
    }

    @Test func takeOrphansOutOfTheGroupWhoseRuleIsGone() throws {
        var collector = try collector()
        var new = settings
        new.rules = [Self.rule("other rule", of: ["make"])]
        try collector.apply(new)
        #expect(host.groups(try collector.collect(at: host.time(10)))[11] == "cc")
        new.watchesUnmatched = false
        try collector.apply(new)
        #expect(host.groups(try collector.collect(at: host.time(15))) == [:])
    }

    @Test func giveChildrenTheGroupOfTheirParentsNewRule() throws {
        var collector = try host.collector(settings)
        _ = try collector.collect(at: host.time(0))
        var new = settings
        new.rules = [Self.rule("all of it", of: ["make"]), Self.rule("build", of: ["x"])]
        try collector.apply(new)
        #expect(host.groups(try collector.collect(at: host.time(5))) == [1: "init", 10: "all of it", 11: "all of it"])
        new.childrenInherit = false
        try collector.apply(new)
        #expect(host.groups(try collector.collect(at: host.time(10)))[11] == "cc")
    }

    @Test func countOnForAProcessThatCannotBeReadMeanwhile() throws {
        var collector = try collector()
        var new = settings
        new.rules += [Self.rule("more", of: ["x"])]
        try collector.apply(new)
        try host.root.write("noise", to: "proc/11/stat")
        let during = try collector.collect(at: host.time(10)).groups.first { $0.name == "build" }
        #expect(during?.processes == 1 && during?.unreadable["process"] == 1)
    }
}
