import Foundation
import ProcFS
import ProfileModel
import TestSupport
import Testing

@testable import Sampling

@Suite struct ThreadTrackerTests {
    private let procfs = ProcFS()

    private func tracker(_ program: TestProgram) throws -> ThreadTracker {
        try ThreadTracker(of: procfs.process(program.id), countsTimeslices: procfs.kernelCountsTimeslices)
    }

    @Test func `Tells threads that run from those that sleep`() throws {
        let program = try TestProgram("threads", "64", "3")
        let tracker = try tracker(program)
        #expect(try tracker.refresh(in: procfs.process(program.id)) == 64)
        for entry in tracker.ordered {
            let activity = tracker.activity(of: entry)
            switch activity {
            case .running: #expect(entry.name.hasPrefix("spin-"))
            case .asleep: #expect(!entry.name.hasPrefix("spin-"))
            case .ended: Issue.record("\(entry.name) has ended")
            }
        }
    }

    @Test func `A sleep that lasts keeps its number`() throws {
        let program = try TestProgram("threads", "2", "0")
        let tracker = try tracker(program)
        _ = try tracker.refresh(in: procfs.process(program.id))
        let entry = try #require(tracker.ordered.last)
        guard case .asleep(let first?) = tracker.activity(of: entry) else { return }
        for _ in 0..<10 {
            guard case .asleep(first) = tracker.activity(of: entry) else {
                Issue.record("another sleep")
                return
            }
        }
    }

    /// Starts a thread for each `+` that it reads, and ends the newest for each `-`.
    private static let nursery = """
        #include "program.h"
        #include <pthread.h>
        #include <semaphore.h>
        static sem_t ends[1000];
        static void *live(void *end) { sem_wait(end); return end; }
        int main(void) {
            pthread_t threads[1000];
            int count = 0, command;
            die_with_parent();
            say_ready();
            while ((command = getchar()) != EOF) {
                if (command == '+') {
                    sem_init(&ends[count], 0, 0);
                    pthread_create(&threads[count], NULL, live, &ends[count]);
                    count++;
                } else {
                    count--;
                    sem_post(&ends[count]);
                    pthread_join(threads[count], NULL);
                }
            }
        }
        """

    @Test func `Follows births and deaths`() throws {
        let program = try TestProgram(named: "nursery", source: Self.nursery)
        let directory = try procfs.process(program.id)
        let tracker = try tracker(program)
        #expect(try tracker.refresh(in: directory) == 1)
        for (commands, expected) in [("+++", 4), ("+", 5), ("--", 3), ("-+-+", 3), ("--", 1)] {
            try program.child.write(Data(commands.utf8))
            let isSeen = try eventually {
                _ = try tracker.refresh(in: directory)
                for entry in tracker.ordered { _ = tracker.activity(of: entry) }
                let living = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.pid)/task")
                return Set(living) == Set(tracker.ordered.map(\.id.description)) && living.count == expected
            }
            #expect(isSeen, "after \(commands)")
        }
    }

    @Test func `A process that has ended is noticed`() throws {
        let program = try TestProgram("threads", "4", "0")
        let directory = try procfs.process(program.id)
        let tracker = try tracker(program)
        _ = try tracker.refresh(in: directory)
        let entry = try #require(tracker.ordered.first)
        program.kill()
        guard case .ended = tracker.activity(of: entry) else {
            Issue.record("the thread is thought to live")
            return
        }
        #expect(throws: ProcFSError.self) { try tracker.refresh(in: directory) }
    }
}
