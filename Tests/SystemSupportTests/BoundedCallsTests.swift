import Glibc
import SystemSupport
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct BoundedCallsTests {
    private let calls = BoundedCalls(name: "calls", maximumHung: 2)

    @Test func `A call gives its result, from a thread of its own`() throws {
        let own = pthread_self()
        let results = try (0..<100).map { number in
            try calls.result(of: { (number, pthread_self()) }, at: "here", within: .seconds(20))
        }
        #expect(results.map { $0?.0 } == Array(0..<100))
        #expect(results.allSatisfy { $0.map { $0.1 != own } ?? false })
    }

    @Test func `A place is refused while a call there doesn't return, and no other one`() throws {
        let end = OneTimeEvent()
        defer { end.signal() }
        #expect(try calls.result(of: { end.wait() }, at: "hung", within: .milliseconds(10)) == nil)
        #expect(try calls.result(of: { 1 }, at: "hung", within: .seconds(20)) == nil)
        #expect(try calls.result(of: { 2 }, at: "other", within: .seconds(20)) == 2)
        end.signal()
        let isServed = try eventually { try calls.result(of: { 3 }, at: "hung", within: .seconds(20)) == 3 }
        #expect(isServed)
    }

    @Test func `When too many calls don't return, all others are refused`() throws {
        let end = OneTimeEvent()
        defer { end.signal() }
        for place in ["a", "b"] {
            #expect(try calls.result(of: { end.wait() }, at: place, within: .milliseconds(10)) == nil)
        }
        #expect(try calls.result(of: { 1 }, at: "c", within: .seconds(20)) == nil)
        end.signal()
        let isServed = try eventually { try calls.result(of: { 1 }, at: "c", within: .seconds(20)) == 1 }
        #expect(isServed)
    }

    @Test func `A result that comes too late is discarded`() throws {
        final class Late: Sendable {
            let discarded: OneTimeEvent
            init(_ discarded: OneTimeEvent) { self.discarded = discarded }
            deinit { discarded.signal() }
        }
        let (end, discarded) = (OneTimeEvent(), OneTimeEvent())
        let result = try calls.result(
            of: {
                end.wait()
                return Late(discarded)
            }, at: "here", within: .milliseconds(10))
        #expect(result == nil)
        end.signal()
        #expect(discarded.wait(for: .seconds(20)))
    }
}
