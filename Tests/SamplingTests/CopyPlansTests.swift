import ProfileModel
import SystemSupport
import Testing

@testable import Sampling

/// Which of the plans that the worker made for a thread are kept.
@Suite struct CopyPlansTests {
    private let thread = ThreadID(rawValue: 7)

    private func plan(_ stack: Range<UInt64>, _ steps: [CopyPlan.Step]) throws -> CopyPlan {
        let range = Address(rawValue: stack.lowerBound)..<Address(rawValue: stack.upperBound)
        return try #require(CopyPlan(stack: range, steps: steps))
    }

    private func step(_ place: UInt64, _ count: Int = 1024) -> CopyPlan.Step {
        CopyPlan.Step(origin: .address(Address(rawValue: place)), byteCount: count)
    }

    private func plans(_ added: [CopyPlan], at stackPointer: UInt64) -> [CopyPlan] {
        var plans = CopyPlans()
        for plan in added { _ = plans.add(plan, of: thread, seenAt: MonotonicTime(nanoseconds: 0)) }
        return plans.plans(of: thread, at: Address(rawValue: stackPointer))
    }

    @Test func `Two large frames of one thread are kept apart`() throws {
        let both = [try plan(0..<100, [step(0x1000)]), try plan(0..<100, [step(0x2000)])]
        #expect(plans(both, at: 50) == both.reversed())
    }

    @Test func `A plan for more of the same takes the place of that for less`() throws {
        let more = try plan(0..<100, [step(0x1000, 2048)])
        #expect(plans([try plan(0..<100, [step(0x1000)]), more], at: 50) == [more])
        let further = try plan(0..<100, [step(0x1000, 2048), step(0x9000)])
        #expect(plans([more, further], at: 50) == [further])
    }

    @Test func `A plan that asks for no more is none`() throws {
        var plans = CopyPlans()
        let time = MonotonicTime(nanoseconds: 0)
        #expect(plans.add(try plan(0..<100, [step(0x1000, 2048), step(0x9000)]), of: thread, seenAt: time))
        #expect(!plans.add(try plan(0..<100, [step(0x1000)]), of: thread, seenAt: time))
        #expect(!plans.add(try plan(10..<90, [step(0x1000, 2048)]), of: thread, seenAt: time))
        #expect(plans.add(try plan(0..<101, [step(0x1000)]), of: thread, seenAt: time))
        #expect(plans.takeChanged().keys.map(\.rawValue) == [7])
    }

    @Test func `The same place seen from two stack pointers is copied for both, once`() throws {
        let two = [try plan(0..<100, [step(0x1000)]), try plan(20..<120, [step(0x1000)])]
        let whole = [try plan(0..<120, [step(0x1000)])]
        #expect(plans(two, at: 110) == whole)
        #expect(plans(two, at: 5) == whole)
    }

    @Test func `Another stack of the same frame is copied instead of the former one`() throws {
        let old = try plan(0..<100, [CopyPlan.Step(origin: .memory(Address(rawValue: 8)), byteCount: 64)])
        let new = try plan(0..<100, [CopyPlan.Step(origin: .memory(Address(rawValue: 16)), byteCount: 64)])
        #expect(plans([old, new], at: 50) == [new])
    }

    @Test func `A thread has no more than four plans, the newest ones`() throws {
        let many = try (1...9).map { try plan(0..<100, [step($0 * 0x1000)]) }
        #expect(plans(many, at: 50) == many.suffix(4).reversed())
    }
}
