import Foundation
import PerfEvents
import ProcFS
import ProfileModel
import Synchronization
import SystemSupport
import TestSupport
import Testing

/// Events on real threads.
@Suite(.enabled(if: Privileges.isRoot)) struct RealEventTests {
    private let rings: PerfRings

    init() throws { rings = try PerfRings() }

    private func request(
        _ kind: PerfEvent.Kind, inheritance: PerfEvent.Inheritance = .nobody, stackBytes: Int = 8192
    ) -> PerfEvent.Request {
        PerfEvent.Request(kind: kind, inheritance: inheritance, stackBytes: stackBytes, excludesKernel: false)
    }

    private func thread(_ program: TestProgram) -> ThreadID { ThreadID(rawValue: program.pid) }

    /// Collects records until they are enough.
    private func records(until isEnough: ([PerfRecord]) -> Bool) throws -> [PerfRecord] {
        var records: [PerfRecord] = []
        let wasEnough = eventually {
            rings.wait(milliseconds: 20)
            #expect(rings.drain { records.append($0) } == 0)
            return isEnough(records)
        }
        try #require(wasEnough)
        return records
    }

    private func samples(_ records: [PerfRecord]) -> [PerfSample] {
        records.compactMap { if case .sample(let sample) = $0.content { sample } else { nil } }
    }

    /// The CPU time of all threads of a process, by its clock.
    private func processorTime(_ program: TestProgram) throws -> UInt64 {
        let text = try String(contentsOfFile: "/proc/\(program.pid)/schedstat", encoding: .utf8)
        return try Schedstat(parsing: Array(text.utf8)).runNanoseconds
    }

    /// Waits in a loop with a known value in every register but the stack pointer.
    private static let fixedRegisters = """
        #include "program.h"
        int main(void) {
            die_with_parent();
            say_ready();
            __asm__ volatile(
                "mov $1, %rax; mov $2, %rbx; mov $3, %rcx; mov $4, %rdx; mov $5, %rsi; mov $6, %rdi; mov $7, %rbp\\n"
                "mov $8, %r8; mov $9, %r9; mov $10, %r10; mov $11, %r11; mov $12, %r12; mov $13, %r13; mov $14, %r14\\n"
                "mov $15, %r15; pushq $1234; 1: jmp 1b");
        }
        """

    @Test func `Waiting for a ring goes on when the thread that made it has ended`() throws {
        nonisolated(unsafe) var made: PerfRings?
        let maker = try OwnedThread(name: "maker") { unsafe made = try? PerfRings() }
        maker.join()
        let rings = try #require(unsafe made)
        let start = monotonicNanoseconds()
        rings.wait(milliseconds: 200)
        #expect(monotonicNanoseconds() - start >= 200_000_000)
    }

    @Test func `Waiting for a ring ends when another descriptor becomes readable`() throws {
        let stop = try EventDescriptor()
        let timeout: Int32 = 60_000
        let start = monotonicNanoseconds()
        let stopper = try OwnedThread(name: "stopper") { stop.signal() }
        rings.wait(milliseconds: timeout, or: stop.rawValue)
        stopper.join()
        #expect(monotonicNanoseconds() - start < UInt64(timeout) * 1_000_000)
    }

    @Test func `Events are opened anew when CPUs come or go, and only then`() throws {
        let online = Mutex(2)
        let rings = try PerfRings { online.withLock(\.self) }
        #expect(try !rings.followProcessors())
        for count in [1, 2] {
            online.withLock { $0 = count }
            #expect(try rings.followProcessors())
            #expect(try !rings.followProcessors())
        }
    }

    @Test func `Registers and stack are those of the thread`() throws {
        let program = try TestProgram(named: "registers", source: Self.fixedRegisters)
        let events = try rings.open(request(.processorTime(nanoseconds: 1_000_000)), of: thread(program))
        let taken = try records { samples($0).contains { $0.registers[.rax] == 1 && $0.registers[.r15] == 15 } }
        let sample = try #require(samples(taken).last)
        let names: [NativeRegisters.Name] = [
            .rax, .rbx, .rcx, .rdx, .rsi, .rdi, .rbp, .r8, .r9, .r10, .r11, .r12, .r13, .r14, .r15,
        ]
        #expect(names.map { sample.registers[$0] } == (1...15).map { UInt64($0) })
        #expect(sample.stack.base == sample.registers.stackPointer)
        #expect(sample.stack.word(at: sample.stack.base) == 1234)
        let pointer = try #require(sample.registers.programCounter)
        let maps = try run(["/bin/cat", "/proc/\(program.pid)/maps"]).output
        #expect(try ProcMaps(parsing: Array(maps.utf8)).mapping(containing: pointer)?.isExecutable == true)
        withExtendedLifetime(events) {}
    }

    /// Counts in a register and, right after that, where a pointer leads, whose address it prints.
    private static let counting = """
        #include "program.h"
        static uint64_t count;
        static uint64_t *pointer = &count;
        int main(void) {
            die_with_parent();
            printf("ready\\n%lu\\n", (unsigned long)&pointer);
            fflush(stdout);
            __asm__ volatile("xor %%ebx, %%ebx; 1: inc %%rbx; mov %%rbx, (%0); jmp 1b" : : "r"(pointer) : "rbx", "memory");
        }
        """

    @Test func `Memory that pointers lead to is copied at the very time of the sample`() throws {
        let program = try TestProgram(named: "counting", source: Self.counting)
        let pointer = Address(rawValue: try #require(UInt64(program.line())))
        let steps = [
            CopyPlan.Step(origin: .memory(pointer), byteCount: 64),
            CopyPlan.Step(origin: .memory(Address(rawValue: 8)), byteCount: 64),
        ]
        let plan = try #require(CopyPlan(stack: pointer..<pointer, steps: steps))
        #expect(rings.setCopies(ThreadPlans(stacks: [plan], interpreter: nil), of: thread(program)))
        #expect(!rings.setCopies(ThreadPlans(stacks: [plan], interpreter: nil), of: thread(program)))
        // The kernel keeps the last 128 copies, here of half a second.
        let events = try rings.open(request(.processorTime(nanoseconds: 4_000_000)), of: thread(program))
        let taken = try records { samples($0).count >= 200 }
        let count = try #require(samples(taken).first?.windows.first?.base)
        var compared = 0
        for sample in samples(taken) {
            guard let register = sample.registers[.rbx], register > 0 else { continue }
            // A pointer that leads nowhere ends the copies.
            let window = try #require(sample.windows.first)
            #expect(sample.windows.count == 1 && window.base == count && window.bytes.count == 1024)
            let found = stride(from: 0, to: 512, by: 8).contains { offset in
                let word = window.word(at: window.base.advanced(by: UInt64(offset)))
                return word.map { register - 1 <= $0 && $0 <= register } ?? false
            }
            #expect(found)
            compared += 1
        }
        #expect(compared >= 100)
        rings.endCopies(of: thread(program))
        let rest = try records { samples($0).count >= 50 }
        #expect(samples(rest).last?.windows.isEmpty == true)
        withExtendedLifetime(events) {}
    }

    @Test func `Memory at a place is copied at the very time of the sample`() throws {
        let program = try TestProgram(named: "counting", source: Self.counting)
        let pointer = Address(rawValue: try #require(UInt64(program.line())))
        let steps = [
            CopyPlan.Step(origin: .address(pointer), byteCount: 64),
            CopyPlan.Step(origin: .address(Address(rawValue: 8)), byteCount: 64),
            CopyPlan.Step(origin: .address(pointer), offsets: [0], byteCount: 1 << 20),
        ]
        let plan = try #require(CopyPlan(stack: pointer..<pointer, steps: steps))
        #expect(rings.setCopies(ThreadPlans(stacks: [plan], interpreter: nil), of: thread(program)))
        let events = try rings.open(request(.processorTime(nanoseconds: 4_000_000)), of: thread(program))
        let taken = try records { samples($0).count >= 50 }
        let windows = try #require(samples(taken).last?.windows)
        // A place where nothing is has no copy; what a pointer there leads to is copied as far as it goes.
        try #require(windows.count == 2)
        #expect(windows[0].base.rawValue == pointer.rawValue & ~511)
        #expect(windows[0].word(at: pointer).map(Address.init(rawValue:)).map(windows[1].contains) == true)
        withExtendedLifetime(events) {}
    }

    /// The list's first element is the counter; what follows that in memory leads to more of them, or to none.
    @Test func `An interpreter's places and lists are copied at the very time of the sample`() throws {
        let program = try TestProgram(named: "counting", source: Self.counting)
        let pointer = Address(rawValue: try #require(UInt64(program.line())))
        let steps: [InterpreterPlan.Step] = [
            .bytes(at: InterpreterPlan.Place(pointer), count: 8),
            .bytes(at: InterpreterPlan.Place(Address(rawValue: 8)), count: 8),
            .list(first: InterpreterPlan.Place(pointer, following: [0]), next: 8, count: 8, limit: 1024),
            .list(first: InterpreterPlan.Place(pointer, following: [0]), next: 8, count: 8, limit: 1024),
        ]
        let plan = try #require(InterpreterPlan(steps: steps))
        #expect(rings.setCopies(ThreadPlans(stacks: [], interpreter: plan), of: thread(program)))
        let events = try rings.open(request(.processorTime(nanoseconds: 4_000_000)), of: thread(program))
        let taken = try records { samples($0).count >= 100 }
        var compared = 0
        for sample in samples(taken) {
            guard let register = sample.registers[.rbx], register > 0,
                let place = sample.interpreter.first(where: { $0.base == pointer })
            else { continue }
            #expect(sample.windows.isEmpty && !sample.interpreter.contains { $0.base.rawValue == 8 })
            let count = try #require(place.word(at: pointer))
            let elements = sample.interpreter.filter { $0.base.rawValue == count }
            #expect(elements.count == 2)
            for element in elements {
                let word = try #require(element.word(at: element.base))
                #expect(element.bytes.count == 8 && register - 1 <= word && word <= register)
            }
            compared += 1
        }
        #expect(compared >= 50)
        withExtendedLifetime(events) {}
    }

    @Test func `A spinning thread gives a sample for each period of its CPU time`() throws {
        let program = try TestProgram("calibrated")
        let period: UInt64 = 1_990_000
        let before = try processorTime(program)
        var events = try rings.open(request(.processorTime(nanoseconds: period)), of: thread(program))
        let taken = try records { samples($0).count >= 500 }
        events.removeAll()
        var count = samples(taken).count
        _ = rings.drain { if case .sample = $0.content { count += 1 } }
        let due = Double(try processorTime(program) - before) / Double(period)
        // A timer on each CPU begins again at each switch; what is left is that of a Poisson process at most. Where a
        // hypervisor takes CPUs away from time to time, what passes meanwhile is CPU time without ticks.
        #expect(abs(Double(count) - due) <= 4.5 * due.squareRoot() + 0.1 * due, "\(count) of \(due)")
    }

    @Test func `Times are those of the monotonic clock`() throws {
        let program = try TestProgram("calibrated")
        let before = monotonicNanoseconds()
        let events = try rings.open(request(.processorTime(nanoseconds: 1_000_000)), of: thread(program))
        let taken = try records { samples($0).count >= 5 }
        let after = monotonicNanoseconds()
        #expect(taken.allSatisfy { before < $0.time && $0.time < after })
        withExtendedLifetime(events) {}
    }

    @Test func `Switches come in pairs, with a stack at the leaving`() throws {
        let program = try TestProgram("sleeps")
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.pid)/task")
        var events: [PerfEvent] = []
        for id in threads.compactMap({ Int32($0) }) {
            events += try rings.open(request(.contextSwitches(period: 1)), of: ThreadID(rawValue: id))
        }
        let taken = try records { samples($0).count >= 50 }.sorted { $0.time < $1.time }
        try #require(samples(taken).count >= 50)
        for (_, records) in Dictionary(grouping: taken, by: \.thread) {
            // Sample, out, in, and so on: a sample is followed by its switch.
            for (first, second) in zip(records, records.dropFirst()) {
                if case .sample = first.content, case .switchedIn = second.content { Issue.record("no switch") }
                if case .switchedIn = first.content, case .switchedIn = second.content { Issue.record("in twice") }
            }
        }
        withExtendedLifetime(events) {}
    }

    @Test func `Threads that a thread starts are sampled with it`() throws {
        let program = try TestProgram("thread_churn", "200")
        let events = try rings.open(
            request(.processorTime(nanoseconds: 100_000), inheritance: .threads), of: thread(program))
        let taken = try records { records in
            Set(records.filter { if case .sample = $0.content { true } else { false } }.map(\.thread)).count > 20
        }
        let started = taken.compactMap { if case .started = $0.content { $0.thread } else { nil } }
        #expect(!started.isEmpty && Set(taken.map(\.process)) == [program.id])
        withExtendedLifetime(events) {}
    }

    @Test func `What finds no room is counted`() throws {
        let program = try TestProgram("calibrated")
        let events = try rings.open(
            request(.processorTime(nanoseconds: 20_000), stackBytes: PerfEvent.Request.largestStack),
            of: thread(program))
        // Nobody reads until the rings must be full: a sample has 63 KiB at most, a ring 2 MiB.
        let start = try processorTime(program)
        let hasRun = try eventually { try processorTime(program) - start > 400_000_000 }
        try #require(hasRun)
        let taken = try records { records in
            records.contains { if case .lost(let count) = $0.content { count > 0 } else { false } }
        }
        #expect(!samples(taken).isEmpty)
        withExtendedLifetime(events) {}
    }

    @Test func `A thread that has ended has no events`() throws {
        let program = try TestProgram("calibrated")
        program.kill()
        #expect(throws: PerfEventError.ended(thread(program))) {
            try rings.open(request(.processorTime(nanoseconds: 1_000_000)), of: thread(program))
        }
    }
}

private func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    // Safe: the call fills the structure.
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
