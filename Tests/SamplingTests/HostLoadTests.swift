import Foundation
import ProcFS
import ProfileModel
import SystemSupport
import TestSupport
import Testing

@testable import Sampling

/// What the sampler's thread may cost on a host whose CPUs are all taken.
@Suite struct HostLoadTests {
    private let start = MonotonicTime(nanoseconds: 1)
    private static let second: UInt64 = 1_000_000_000

    private func time(_ seconds: Double) -> MonotonicTime {
        start.advanced(by: UInt64(seconds * Double(Self.second)))
    }

    @Test(arguments: [
        ([2, 2, 5], true), ([1, 9, 1], false), ([0, 2, 3, 3], true), ([3, 1, 2, 1, 4, 2, 1, 3, 2], true),
        ([1, 1, 1, 1], false), ([Int](), false),
    ])
    func `A host is full when there were threads for three quarters of its CPUs`(runnable: [Int], isFull: Bool) {
        var load = HostLoad(processors: 2)
        for count in runnable { load.note(runnable: count) }
        #expect(load.isFull == isFull)
        #expect(load.takeIsFull() == isFull && !load.isFull)
    }

    @Test func `The load of this host can be read`() throws {
        var load = try #require(HostLoad(of: ProcFS()))
        #expect(load.processors >= 1)
        load.note(runnable: load.processors)
        #expect(load.isFull)
    }

    /// Spinning threads on this host, of which this process has all but what others take meanwhile.
    @Test func `A process that spins on all CPUs fills the host and has a share of it`() throws {
        let processors = ProcessInfo.processInfo.activeProcessorCount
        let control = SamplingControl()
        let spinners = try (0..<processors).map { _ in
            try OwnedThread(name: "spinner") { while !control.mustStop {} }
        }
        defer {
            control.stop()
            for spinner in spinners { spinner.join() }
        }
        let (stolenBefore, start) = (try HostTime.stolenSeconds(), ContinuousClock.now)
        let use = try #require(HostUse(of: [ProcessID(rawValue: getpid())], in: ProcFS()))
        #expect(use.isFull)
        // The clocks of running threads are brought up to date at the kernel's ticks, of up to 10 ms, which are a third of it.
        let elapsed = (ContinuousClock.now - start) / .seconds(1) * Double(processors)
        let stolen = try (HostTime.stolenSeconds() - stolenBefore) / elapsed
        #expect(use.share > 0.05 - stolen && use.share <= 1.5, "\(use.share), \(stolen)")
        let others = use.stacksOfOthers(rate: 100)
        #expect(others >= 0 && others < Double(100 * processors))
    }

    @Test func `A sampler that costs too much on a full host is told so after two windows`() {
        var budget = HostBudget(share: 0.005, processors: 4, work: 0, from: start)
        // 3 % of a CPU, which is 0.75 % of four.
        let work = Self.second / 100 * 3
        #expect(!budget.isDue(at: time(0.9)) && budget.isDue(at: time(1)))
        #expect(budget.excess(work: work, isHostFull: true, at: time(1)) == nil)
        let share = budget.excess(work: 2 * work, isHostFull: true, at: time(2))
        #expect(share.map { abs($0 - 0.0075) < 1e-6 } == true)
    }

    @Test(arguments: [(3, false), (1, true)])
    func `A sampler goes on where CPUs are idle, or at little cost`(percent: Int, isHostFull: Bool) {
        var budget = HostBudget(share: 0.005, processors: 4, work: 0, from: start)
        for window in 1...5 {
            let work = Self.second / 100 * UInt64(percent * window)
            #expect(budget.excess(work: work, isHostFull: isHostFull, at: time(Double(window))) == nil)
        }
    }

    @Test func `One expensive window is no reason to go`() {
        var budget = HostBudget(share: 0.005, processors: 1, work: 0, from: start)
        #expect(budget.excess(work: Self.second, isHostFull: true, at: time(1)) == nil)
        #expect(budget.excess(work: Self.second, isHostFull: true, at: time(2)) == nil)
        #expect(budget.excess(work: 2 * Self.second, isHostFull: true, at: time(3)) == nil)
    }

    // MARK: - Polls

    private let none = PollBudget.Work(nanoseconds: 0, polls: 0, ticks: 0)

    /// 300 threads, polled as often as the stride says at 100 ticks a second, each poll for 20 µs, on four CPUs.
    private func pollBudget(afterSeconds seconds: Int, isHostFull: (Int) -> Bool) -> PollBudget {
        var budget = PollBudget(processors: 4, rate: 100, from: start, with: none)
        var (work, polls) = (UInt64(0), 0)
        for step in 1...seconds * 5 {
            let now = 20 * 300 / (budget.stride ?? 1)
            polls += now
            work += UInt64(now) * 20_000
            budget.adapt(
                to: PollBudget.Work(nanoseconds: work, polls: polls, ticks: step * 20), threads: 300,
                isHostFull: isHostFull(step), at: time(Double(step) / 5))
        }
        return budget
    }

    @Test func `On a full host, polls are as few as their budget allows`() throws {
        let stride = try #require(pollBudget(afterSeconds: 3) { _ in true }.stride)
        // 30,000 polls a second would take 600 ms; 0.2 % of four CPUs are 8.
        #expect((75...150).contains(stride))
    }

    @Test(arguments: [(300, 75), (5000, 100), (3, nil)] as [(Int, Int?)])
    func `On a host that is full from the start, the first polls are few`(threads: Int, stride: Int?) {
        let budget = PollBudget(processors: 4, rate: 100, from: start, with: none, threadsOnFullHost: threads)
        #expect(budget.stride == stride)
    }

    @Test func `Where CPUs are idle again, threads are polled as before`() {
        #expect(pollBudget(afterSeconds: 3) { $0 < 10 }.stride == nil)
    }

    @Test func `Each thread is polled once a second whatever it costs`() {
        var budget = PollBudget(processors: 1, rate: 99, from: start, with: none)
        let work = PollBudget.Work(nanoseconds: Self.second, polls: 20, ticks: 20)
        budget.adapt(to: work, threads: 5000, isHostFull: true, at: time(0.2))
        #expect(budget.stride == 99)
    }

    @Test func `Polls within the budget are not limited`() {
        var budget = PollBudget(processors: 4, rate: 99, from: start, with: none)
        let work = PollBudget.Work(nanoseconds: 1_000_000, polls: 40, ticks: 20)
        budget.adapt(to: work, threads: 1000, isHostFull: true, at: time(0.2))
        #expect(budget.stride == nil)
    }

    // MARK: - Descriptors

    @Test func `Half of the descriptors keep the files of threads`() {
        let allowance = DescriptorAllowance(limit: 256)
        var taken = 0
        while taken < 1000, allowance.take() { taken += 1 }
        #expect(taken == 32)
        allowance.giveBack()
        #expect(allowance.take() && !allowance.take())
        #expect(!DescriptorAllowance.nothing.take() && DescriptorAllowance(limit: nil).take())
    }
}
