import Foundation
import ProcFS
import ProfileModel
import SystemSupport
import TestSupport
import Testing

@testable import Sampling

/// Processes with many threads, of which most sleep.
@Suite struct SelectionTests {
    /// 2 threads that spin, 300 that sleep for ever, and 100 of which each in turn works for some milliseconds.
    ///
    /// `PAUSE` milliseconds later it is the next one's turn.
    private static let pool = """
        #include "program.h"
        #include <pthread.h>
        #include <semaphore.h>
        static sem_t turns[100];
        static volatile uint64_t result;
        static void name(const char *text) { prctl(PR_SET_NAME, text); }
        static void *spin(void *argument) {
            name("spinner");
            for (;;) result = burn(result, 100000);
            return argument;
        }
        static void *sleep_for_ever(void *argument) {
            name("sleeper");
            for (;;) pause();
            return argument;
        }
        static void *work(void *argument) {
            int index = (int)(intptr_t)argument;
            name("worker");
            for (;;) {
                sem_wait(&turns[index]);
                result = burn(result, 3000000);
                if (PAUSE) sleep_milliseconds(PAUSE);
                sem_post(&turns[(index + 1) % 100]);
            }
        }
        int main(void) {
            die_with_parent();
            pthread_t thread;
            pthread_attr_t attributes;
            pthread_attr_init(&attributes);
            pthread_attr_setstacksize(&attributes, 64 * 1024);
            for (int index = 0; index < 2; index++) pthread_create(&thread, &attributes, spin, NULL);
            for (int index = 0; index < 300; index++) pthread_create(&thread, &attributes, sleep_for_ever, NULL);
            for (int index = 0; index < 100; index++) sem_init(&turns[index], 0, index == 0);
            for (int index = 0; index < 100; index++) {
                pthread_create(&thread, &attributes, work, (void *)(intptr_t)index);
            }
            say_ready();
            for (;;) pause();
        }
        """

    /// The CPU time of the threads of each name, in nanoseconds.
    private func times(_ program: TestProgram) throws -> [String: Double] {
        let directory = "/proc/\(program.pid)/task"
        var times: [String: Double] = [:]
        for thread in try FileManager.default.contentsOfDirectory(atPath: directory) {
            let name = try String(contentsOfFile: "\(directory)/\(thread)/comm", encoding: .utf8).dropLast()
            let used = try processorNanoseconds(schedstatFile: "\(directory)/\(thread)/schedstat")
            times[String(name), default: 0] += used
        }
        return times
    }

    @Test func `Threads that sleep long and work in turns get samples as they get CPU time`() throws {
        let program = try TestProgram(named: "pool", source: Self.pool, flags: ["-DPAUSE=0"])
        try program.waitForSleepers(300, named: "sleeper")
        var used: [String: Double] = [:]
        let sampled = try SampledProcess(program, samples: 0, options: SamplingOptions(rate: 200, sampler: .ptrace)) {
            session in
            #expect(eventually(within: 60) { session.samples > 0 })
            let before = try times(program)
            #expect(eventually(within: 60) { session.samples > 1500 })
            used = try times(program).merging(before) { $0 - $1 }
        }
        let workers = sampled.count { $0.thread.name == "worker" }
        let total = sampled.count { ["worker", "spinner"].contains($0.thread.name) }
        let share = used["worker", default: 0] / (used["worker", default: 0] + used["spinner", default: 0])
        #expect(share > 0.05)
        // Ticks that come late on a busy machine come when others are busy: the error is more than chance.
        let sampledShare = Double(workers) / Double(total)
        #expect((share * 2 / 3...share * 3 / 2).contains(sampledShare), "\(sampledShare), not \(share)")
        #expect(sampled.count { $0.thread.name == "sleeper" } == 0)
        let all = used.values.reduce(0, +)
        #expect(Double(sampled.ledger.times[.unwatched]) < all * 0.02)
    }

    @Test func `A thread that is rarely awake is counted at every tick in wall mode`() throws {
        let program = try TestProgram(named: "pool", source: Self.pool, flags: ["-DPAUSE=250"])
        try program.waitForSleepers(300, named: "sleeper")
        let options = SamplingOptions(mode: .wall, rate: 99, sampler: .ptrace)
        let sampled = try SampledProcess(program, samples: 403 * 200, options: options)
        let ticks = sampled.ticks
        #expect(sampled.samples + sampled.lost == 403 * ticks)
        // A thread that is woken up leaves a moment of which nobody knows.
        #expect(Double(sampled.lost) < Double(sampled.samples) * 0.02)
        #expect(sampled.count { $0.thread.name == "sleeper" } == 300 * ticks)
    }

    @Test func `By turns each thread is polled once in so many ticks, whatever it does`() throws {
        let program = try TestProgram("threads", "100", "2")
        let tracker = try ThreadTracker(of: ProcFS().process(program.id), countsTimeslices: true, tolerance: .nothing)
        var polls: [ThreadID: Int] = [:]
        var unseenTicks = 0
        func tick(every stride: Int?) throws {
            _ = try tracker.refresh()
            tracker.select(at: .now, every: stride) { entry, unseen in
                polls[entry.id, default: 0] += 1
                unseenTicks += unseen.count
                #expect(unseen.areRepresented == (stride != nil) && (stride == nil || unseen.certain == 0))
                if case .asleep = tracker.activity(of: entry) { entry.readSleep = (0, .now) }
            }
        }
        try tick(every: nil)
        #expect(polls.count == 100)
        for _ in 0..<40 { try tick(every: 20) }
        #expect(polls.values.allSatisfy { $0 == 3 })
        // What is not polled at a tick is counted by a later poll.
        #expect(polls.values.reduce(0, +) + unseenTicks + tracker.unseenTicks == 41 * 100)
    }

    /// With events beside it, and more threads that could run than CPUs: a budget for polls applies.
    @Test(.enabled(if: Privileges.isRoot))
    func `Threads that are polled by turns are counted at every tick`() throws {
        let program = try TestProgram(named: "pool", source: Self.pool, flags: ["-DPAUSE=1"])
        try program.waitForSleepers(300, named: "sleeper")
        let others = try (0..<sysconf(Int32(_SC_NPROCESSORS_ONLN))).map { _ in try TestProgram("calibrated") }
        defer { for other in others { other.kill() } }
        let options = SamplingOptions(mode: .wall, rate: 200, sampler: .perf)
        let sampled = try SampledProcess(program, samples: 403 * 600, options: options)
        #expect(sampled.ledger.taken[.represented] > 0)
        #expect(sampled.count { $0.thread.name == "sleeper" } == 300 * sampled.ticks)
        // Those that work in turns sleep for most of the time: at each tick they are counted, run, wait or are lost.
        let workers = sampled.count { $0.thread.name == "worker" }
        #expect((sampled.ticks * 80...sampled.ticks * 101).contains(workers), "\(workers) in \(sampled.ticks) ticks")
    }

    @Test(arguments: [UnwatchedTime.Tolerance.nothing, .little])
    func `Sleeping threads are hardly ever polled`(tolerance: UnwatchedTime.Tolerance) throws {
        let program = try TestProgram("threads", "1002", "2")
        let directory = try ProcFS().process(program.id)
        let tracker = try ThreadTracker(of: directory, countsTimeslices: true, tolerance: tolerance)
        var polls = 0
        func tick() throws {
            _ = try tracker.refresh()
            tracker.select(at: .now) { entry, _ in
                polls += 1
                if case .asleep = tracker.activity(of: entry) { entry.readSleep = (0, .now) }
            }
        }
        for _ in 0..<50 { try tick() }
        polls = 0
        for _ in 0..<300 { try tick() }
        #expect((300 * 2...300 * 1002 / 10).contains(polls))
    }

    @Test func `Of a thousand sleeping threads each is counted at every tick in wall mode`() throws {
        let program = try TestProgram("threads", "1002", "2")
        let options = SamplingOptions(mode: .wall, rate: 99, sampler: .ptrace)
        let sampled = try SampledProcess(program, samples: 1002 * 150, options: options)
        let ticks = sampled.ticks
        #expect(sampled.samples + sampled.lost == 1002 * ticks)
        let byThread = Dictionary(grouping: sampled.stacks, by: \.thread.thread)
        #expect(byThread.count == 1002)
        for stacks in byThread.values where !stacks[0].thread.name.hasPrefix("spin") {
            #expect(stacks.reduce(0) { $0 + $1.count } == ticks)
        }
    }

    @Test func `What slept until its process ended is counted up to its end`() throws {
        let program = try TestProgram("threads", "200", "1")
        let options = SamplingOptions(mode: .wall, rate: 500, sampler: .ptrace)
        var samplesBefore = 0
        let sampled = try SampledProcess(program, samples: .max, options: options) { session in
            #expect(eventually(within: 60) { session.samples > 200 * 300 })
            samplesBefore = session.samples
            program.kill()
        }
        #expect((samplesBefore...200 * sampled.ticks).contains(sampled.samples + sampled.lost))
        #expect(sampled.samples > samplesBefore * 9 / 10)
    }
}
