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
        return plans.plans(of: thread, at: Address(rawValue: stackPointer)).stacks
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

    // MARK: - Interpreters

    private func interpreterPlan(_ address: UInt64) throws -> InterpreterPlan {
        let place = InterpreterPlan.Place(Address(rawValue: address))
        return try #require(InterpreterPlan(steps: [.bytes(at: place, count: 8)]))
    }

    @Test func `A thread has one plan for its interpreter, the newest, whatever its stack pointer is`() throws {
        var plans = CopyPlans()
        let time = MonotonicTime(nanoseconds: 5)
        let (first, second) = (try interpreterPlan(0x1000), try interpreterPlan(0x2000))
        let areNew = [first, second].map { plans.use($0, of: thread, seenAt: time) }
        #expect(areNew == [true, true])
        #expect(plans.plans(of: thread, at: Address(rawValue: .max)) == ThreadPlans(stacks: [], interpreter: second))
        #expect(plans.plans(of: ThreadID(rawValue: 8)).isEmpty)
    }

    @Test func `A plan for an interpreter that was known is no change`() throws {
        var plans = CopyPlans()
        let time = MonotonicTime(nanoseconds: 5)
        let plan = try interpreterPlan(0x1000)
        let isNew = plans.use(plan, of: thread, seenAt: time)
        let (sleeps, changed) = (plans.takeSleeps(), plans.takeChanged())
        #expect(isNew && sleeps == [thread: time])
        #expect(changed == [thread: ThreadPlans(stacks: [], interpreter: plan)])
        let isNewAgain = plans.use(plan, of: thread, seenAt: MonotonicTime(nanoseconds: 9))
        #expect(!isNewAgain)
        let (laterSleeps, laterChanges) = (plans.takeSleeps(), plans.takeChanged())
        #expect(laterSleeps.isEmpty && laterChanges.isEmpty)
    }

    @Test func `Plans of stacks and of the interpreter go together`() throws {
        var plans = CopyPlans()
        let time = MonotonicTime(nanoseconds: 5)
        let (stack, interpreter) = (try plan(0..<100, [step(0x1000)]), try interpreterPlan(0x1000))
        let areNew = [
            plans.use(interpreter, of: thread, seenAt: time), plans.add(stack, of: thread, seenAt: time),
        ]
        #expect(areNew == [true, true])
        let changed = plans.takeChanged()
        #expect(changed == [thread: ThreadPlans(stacks: [stack], interpreter: interpreter)])
        let elsewhere = plans.plans(of: thread, at: Address(rawValue: 200))
        #expect(elsewhere == ThreadPlans(stacks: [], interpreter: interpreter))
    }

    @Test func `Plans of however many threads have a limit`() throws {
        var plans = CopyPlans()
        let plan = try interpreterPlan(0x1000)
        for number in 1...10_000 as ClosedRange<Int32> {
            _ = plans.use(plan, of: ThreadID(rawValue: number), seenAt: MonotonicTime(nanoseconds: 5))
        }
        let changed = plans.takeChanged()
        #expect((1...4096) ~= changed.count)
    }
}
