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
        try program.waitForSleepers(named: "threads")
        let tracker = try tracker(program)
        #expect(try tracker.refresh().count == 64)
        for entry in tracker.ordered {
            let activity = tracker.activity(of: entry)
            switch activity {
            case .running: #expect(entry.name.hasPrefix("spin-"))
            case .asleep: #expect(!entry.name.hasPrefix("spin-"))
            case .ended, .unreadable: Issue.record("\(entry.name) has ended, or can't be read")
            }
        }
    }

    @Test func `Threads whose files are not kept are known as well, and need no descriptor`() throws {
        let program = try TestProgram("threads", "64", "3")
        try program.waitForSleepers(named: "threads")
        let tracker = try ThreadTracker(
            of: procfs.process(program.id), countsTimeslices: procfs.kernelCountsTimeslices, allowance: .nothing)
        let before = try openDescriptors()
        #expect(try tracker.refresh().count == 64)
        #expect(tracker.takeUnkept() == 64 && tracker.takeUnkept() == 0)
        for entry in tracker.ordered {
            switch tracker.activity(of: entry) {
            case .running: #expect(entry.name.hasPrefix("spin-"))
            case .asleep: #expect(!entry.name.hasPrefix("spin-"))
            case .ended, .unreadable: Issue.record("\(entry.id) has ended, or can't be read")
            }
        }
        // Other tests open files meanwhile, but hardly as many.
        #expect(try openDescriptors() < before + 64)
        program.kill()
        for entry in tracker.ordered {
            guard case .ended = tracker.activity(of: entry) else {
                Issue.record("\(entry.id) has not ended")
                return
            }
        }
    }

    private func openDescriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }

    @Test func `A sleep that lasts keeps its number`() throws {
        let program = try TestProgram("threads", "2", "0")
        let tracker = try tracker(program)
        _ = try tracker.refresh()
        let entry = try #require(tracker.ordered.last)
        guard case .asleep(let first?) = tracker.activity(of: entry) else {
            Issue.record("not asleep, or without a number")
            return
        }
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
        let tracker = try tracker(program)
        #expect(try tracker.refresh().count == 1)
        for (commands, expected) in [("+++", 4), ("+", 5), ("--", 3), ("-+-+", 3), ("--", 1)] {
            try program.child.write(Data(commands.utf8))
            let isSeen = try eventually {
                _ = try tracker.refresh()
                for entry in tracker.ordered { _ = tracker.activity(of: entry) }
                let living = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.pid)/task")
                return Set(living) == Set(tracker.ordered.map(\.id.description)) && living.count == expected
            }
            #expect(isSeen, "after \(commands)")
        }
    }

    @Test func `A process that has ended and waits for its parent stays ended`() throws {
        let program = try TestProgram("threads", "1", "0")
        let tracker = try tracker(program)
        _ = try tracker.refresh()
        let entry = try #require(tracker.ordered.first)
        for _ in 0..<2 { _ = tracker.activity(of: entry) }
        program.child.killWithoutReaping()
        for _ in 0..<3 {
            guard case .ended = tracker.activity(of: entry) else {
                Issue.record("the thread is thought to sleep")
                return
            }
        }
    }

    /// For each line, ends its second thread and starts another of the same number; prints that number.
    private static let successor = """
        #include "program.h"
        #include <fcntl.h>
        #include <pthread.h>
        #include <semaphore.h>
        #include <sys/syscall.h>
        static sem_t end;
        static volatile pid_t number_of_thread;
        static void *live(void *argument) {
            number_of_thread = (pid_t)syscall(SYS_gettid);
            sem_wait(&end);
            return argument;
        }
        static pthread_t start(void) {
            pthread_t thread;
            number_of_thread = 0;
            pthread_create(&thread, NULL, live, NULL);
            while (number_of_thread == 0) sched_yield();
            return thread;
        }
        static void end_thread(pthread_t thread) {
            sem_post(&end);
            pthread_join(thread, NULL);
        }
        int main(void) {
            die_with_parent();
            sem_init(&end, 0, 0);
            pthread_t thread = start();
            pid_t wanted = number_of_thread;
            say_ready();
            while (getchar() != EOF) {
                do {
                    end_thread(thread);
                    char text[16];
                    int file = open("/proc/sys/kernel/ns_last_pid", O_WRONLY);
                    int length = snprintf(text, sizeof text, "%d", wanted - 1);
                    if (write(file, text, (size_t)length) != length) fail("ns_last_pid");
                    close(file);
                    thread = start();
                } while (number_of_thread != wanted);
                printf("%d\\n", wanted);
                fflush(stdout);
            }
        }
        """

    @Test(.enabled(if: Privileges.isRoot)) func `A thread that gets the number of one that has ended is followed`()
        throws
    {
        let program = try TestProgram(named: "successor", source: Self.successor)
        let tracker = try tracker(program)
        _ = try tracker.refresh()
        for entry in tracker.ordered { _ = tracker.activity(of: entry) }
        try program.child.write(Data("x".utf8))
        let number = try #require(Int32(try program.line()))
        // The next tick finds that the old one has ended, and the one after it the new one.
        for _ in 0..<3 {
            _ = try tracker.refresh()
            for entry in tracker.ordered { _ = tracker.activity(of: entry) }
        }
        let entry = try #require(tracker.ordered.first { $0.id.rawValue == number })
        let isAsleep = eventually { if case .asleep = tracker.activity(of: entry) { true } else { false } }
        #expect(isAsleep)
    }

    @Test func `A process that has ended is noticed`() throws {
        let program = try TestProgram("threads", "4", "0")
        let tracker = try tracker(program)
        _ = try tracker.refresh()
        let entry = try #require(tracker.ordered.first)
        program.kill()
        guard case .ended = tracker.activity(of: entry) else {
            Issue.record("the thread is thought to live")
            return
        }
        #expect(throws: ProcFSError.self) { try tracker.refresh() }
    }
}
