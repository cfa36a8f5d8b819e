import Dispatch
import ProfileModel
import Synchronization
import TestSupport
import Testing

@testable import HostWatch

/// Reading command lines of processes that don't answer.
@Suite struct CommandLineTests {
    private static func identity(_ number: Int32) -> ProcessIdentity {
        ProcessIdentity(process: ProcessID(rawValue: number), startTicks: 7)
    }

    /// Command lines of which some don't come before they are released.
    private final class Processes: Sendable {
        private let blocked: Set<Int32>
        private let gate = DispatchSemaphore(value: 0)
        private let asked = Mutex<[Int32]>([])

        init(blocked: Set<Int32>) { self.blocked = blocked }

        var reader: CommandLineReader {
            CommandLineReader { [self] identity in
                let number = identity.process.rawValue
                asked.withLock { $0.append(number) }
                if blocked.contains(number) { gate.wait() }
                return Array("process \(number)".utf8)
            }
        }

        var reads: [Int32] { asked.withLock { $0 } }

        func release() { for _ in blocked { gate.signal() } }
    }

    private static func text(_ number: Int32) -> [UInt8] { Array("process \(number)".utf8) }

    @Test func `A process that doesn't answer is quarantined, and others are read on`() {
        let processes = Processes(blocked: [1])
        let reader = processes.reader
        #expect(reader.commandLine(of: Self.identity(1), user: 5, at: 0) == [])
        #expect(reader.quarantinedCount == 1)
        #expect(reader.commandLine(of: Self.identity(2), user: 6, at: 0) == Self.text(2))
        #expect(reader.commandLine(of: Self.identity(1), user: 5, at: 1) == [])
        #expect(processes.reads == [1, 2])
        processes.release()
    }

    @Test func `A user blocks one thread at most, and gets the rest when it answers`() throws {
        let processes = Processes(blocked: [1, 2])
        let reader = processes.reader
        for number in Int32(1)...3 { #expect(reader.commandLine(of: Self.identity(number), user: 5, at: 0) == []) }
        #expect(processes.reads == [1])
        #expect(reader.takeArrived() == [])
        processes.release()
        var arrived: Set<ProcessIdentity> = []
        #expect(
            eventually {
                arrived.formUnion(reader.takeArrived())
                return arrived == [Self.identity(1), Self.identity(2), Self.identity(3)]
            })
        #expect(reader.commandLine(of: Self.identity(1), user: 5, at: 1) == Self.text(1))
        #expect(reader.commandLine(of: Self.identity(3), user: 5, at: 1) == Self.text(3))
    }

    @Test func `Users that block many threads are bounded together`() {
        let processes = Processes(blocked: Set(1...40))
        let reader = processes.reader
        for number in Int32(1)...40 {
            _ = reader.commandLine(of: Self.identity(number), user: UInt32(number), at: Double(number))
        }
        #expect(processes.reads.count == 16)
        processes.release()
    }

    @Test func `What ended is discarded`() {
        let processes = Processes(blocked: [1])
        let reader = processes.reader
        _ = reader.commandLine(of: Self.identity(1), user: 5, at: 0)
        reader.evict { _ in false }
        #expect(reader.quarantinedCount == 0)
        processes.release()
    }
}
