import Dispatch
import HostWatch
import Synchronization
import TestSupport
import Testing

/// Rules that ask for the names of users, whose answers may come late or never.
@Suite struct UserNameTests {
    /// A directory of users that knows nobody at first.
    private final class Directory: Sendable {
        private let name = Mutex<String?>(nil)
        private let asked = Mutex(0)

        var times: Int { asked.withLock { $0 } }

        func know(_ user: String) { name.withLock { $0 = user } }

        func lookUp() -> String? {
            asked.withLock { $0 += 1 }
            return name.withLock { $0 }
        }
    }

    private let host: FakeHost
    private var settings = HostWatchSettings()

    init() throws {
        host = try FakeHost()
        var rule = GroupRule(name: "theirs: {{.Username}}")
        rule.users = ["deploy"]
        settings.rules = [rule]
        try host.add(10, "a")
        try host.add(11, "b")
    }

    @Test func takeEffectWhenTheDirectoryCanBeAsked() throws {
        let directory = Directory()
        var collector = try host.collector(settings) { _ in directory.lookUp() }
        #expect(host.groups(try collector.collect(at: host.time(0))) == [10: "a", 11: "b"])
        directory.know("deploy")
        #expect(host.groups(try collector.collect(at: host.time(5))) == [10: "a", 11: "b"])
        #expect(directory.times == 1)
        var seconds = 70.0
        let isTaken = try eventually {
            seconds += 0.01
            return host.groups(try collector.collect(at: host.time(seconds)))
                == [10: "theirs: deploy", 11: "theirs: deploy"]
        }
        #expect(isTaken)
        #expect(directory.times == 2)
        _ = try collector.collect(at: host.time(seconds + 1000))
        #expect(directory.times == 2)
    }

    @Test func doNotDelayCollections() throws {
        let answer = DispatchSemaphore(value: 0)
        var settings = settings
        settings.watchesUnmatched = false
        var collector = try host.collector(settings) { _ in
            answer.wait()
            return "deploy"
        }
        #expect(host.groups(try collector.collect(at: host.time(0))) == [:])
        try host.add(12, "c", start: host.startNow())
        let start = ContinuousClock.now
        #expect(host.groups(try collector.collect(at: host.time(5))) == [:])
        #expect(ContinuousClock.now - start < .seconds(5))
        answer.signal()
        var seconds = 10.0
        let isTaken = try eventually {
            seconds += 0.01
            return try collector.collect(at: host.time(seconds)).groups.map(\.processes) == [3]
        }
        #expect(isTaken)
    }
}
