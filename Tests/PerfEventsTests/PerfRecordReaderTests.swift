import PerfEvents
import ProcFS
import ProfileModel
import Testing

/// What the records of each kind say.
@Suite struct PerfRecordReaderTests {
    private func only(_ bytes: [UInt8]) throws -> PerfRecord {
        var reader = PerfRecordReader(bytes, count: bytes.count)
        let records = (reader.next(), reader.next())
        #expect(records.1 == nil && reader.malformed == 0)
        return try #require(records.0)
    }

    private func sample(_ bytes: [UInt8]) throws -> PerfSample {
        guard case .sample(let sample) = try only(bytes).content else { throw NotASample() }
        return sample
    }

    private struct NotASample: Error {}

    @Test func `A sample has its thread, its time, and its registers in the kernel's order`() throws {
        let bytes = RecordBytes.sample(stack: [1, 2, 3, 4, 5, 6, 7, 8])
        let record = try only(bytes)
        #expect(record.process == ProcessID(rawValue: 41) && record.thread == ThreadID(rawValue: 42))
        #expect(record.time == RecordBytes.time)
        let registers = try sample(bytes).registers
        // <asm/perf_regs.h>: AX BX CX DX SI DI BP SP IP, and R8 on without the flags and segments between.
        let order: [NativeRegisters.Name] = [
            .rax, .rbx, .rcx, .rdx, .rsi, .rdi, .rbp, .rsp, .rip, .r8, .r9, .r10, .r11, .r12, .r13, .r14, .r15,
        ]
        #expect(order.map { registers[$0] } == RecordBytes.numbered)
    }

    @Test func `A stack begins at the stack pointer and has what was copied`() throws {
        let stack = try sample(RecordBytes.sample(stack: Array(0..<64), copied: 40)).stack
        #expect(stack.base == Address(rawValue: 107))
        #expect(stack.bytes == Array(0..<40))
    }

    @Test func `Kernel stacks are without the markers between contexts`() throws {
        let chain: [UInt64] = [UInt64(bitPattern: -128), 0xffff_ffff_8100_0000, 0xffff_ffff_8100_1000]
        let kernelStack = try sample(RecordBytes.sample(callChain: chain)).kernelStack
        #expect(kernelStack.map(\.rawValue) == Array(chain.dropFirst()))
    }

    @Test func `A thread without user space has no registers and no stack`() throws {
        let sample = try sample(RecordBytes.sample(callChain: [0xffff_ffff_8100_0000], abi: 0))
        #expect(NativeRegisters.Name.allCases.allSatisfy { sample.registers[$0] == nil })
        #expect(sample.registers.threadPointer == nil)
        #expect(sample.stack.bytes.isEmpty && !sample.isThirtyTwoBit && sample.kernelStack.count == 1)
    }

    @Test func `A 32-bit program is recognised`() throws {
        let sample = try sample(RecordBytes.sample(abi: 1, stack: Array(0..<16)))
        #expect(sample.isThirtyTwoBit && sample.registers.programCounter == nil)
    }

    @Test func `A mapping is as in maps`() throws {
        guard
            case .mapped(let mapping) = try only(
                RecordBytes.mapping(start: 0x7f00_0000_1000, size: 0x2000, name: "/tmp/a b (deleted)")
            ).content
        else { throw NotASample() }
        #expect(mapping.start.rawValue == 0x7f00_0000_1000 && mapping.size == 0x2000 && mapping.offset == 0x3000)
        #expect(mapping.name == "/tmp/a b" && mapping.isDeleted && mapping.inode == 77)
        #expect(mapping.permissions == [.read, .execute])
        #expect(mapping.device == DeviceNumber(major: 8, minor: 1))
    }

    @Test(arguments: [(0, false), (1 << 13, true)] as [(UInt64, Bool)])
    func `A name says whether another program is executed`(flags: UInt64, isExecution: Bool) throws {
        guard
            case .named("worker 1", isExecution: let flag) = try only(
                RecordBytes.name("worker 1", flags: flags)
            ).content
        else { throw NotASample() }
        #expect(flag == isExecution)
    }

    @Test func `A start is the new thread's, though its parent reports it`() throws {
        let record = try only(RecordBytes.lifetime(7))
        #expect(record.process == ProcessID(rawValue: 51) && record.thread == ThreadID(rawValue: 52))
        #expect(record.time == 9)
        guard case .started(parent: ThreadID(rawValue: 42), of: ProcessID(rawValue: 41)) = record.content else {
            throw NotASample()
        }
    }

    @Test func `An end is the ended thread's`() throws {
        let record = try only(RecordBytes.lifetime(4))
        guard case .ended = record.content else { throw NotASample() }
        #expect(record.thread == ThreadID(rawValue: 52))
    }

    @Test func `Switches tell those who would have gone on`() throws {
        if case .switchedIn = try only(RecordBytes.switched(flags: 0)).content {} else { Issue.record("in") }
        if case .switchedOut(wasPreempted: false) = try only(RecordBytes.switched(flags: 1 << 13)).content {
        } else {
            Issue.record("out")
        }
        if case .switchedOut(wasPreempted: true) = try only(RecordBytes.switched(flags: 3 << 13)).content {
        } else {
            Issue.record("preempted")
        }
    }

    @Test func `Losses and throttling are told`() throws {
        if case .lost(3) = try only(RecordBytes.lost(3)).content {} else { Issue.record("lost") }
        if case .lost(4) = try only(RecordBytes.lostSamples(4)).content {} else { Issue.record("lost samples") }
        if case .throttled = try only(RecordBytes.throttled()).content {} else { Issue.record("throttled") }
    }

    @Test func `Kinds that nobody knows are passed over`() throws {
        let bytes = RecordBytes.record(99, [1, 2, 3, 4]) + RecordBytes.lost(5) + RecordBytes.record(6, [])
        if case .lost(5) = try only(bytes).content {} else { Issue.record("lost") }
    }

    @Test func `Only the bytes that are said to be records are read`() {
        let bytes = RecordBytes.lost(1) + RecordBytes.lost(2)
        var reader = PerfRecordReader(bytes, count: bytes.count / 2)
        let records = (reader.next(), reader.next())
        #expect(records.0 != nil && records.1 == nil)
    }
}
