import ProcFS
import ProfileModel
import Testing

@Suite struct ParserTests {
    @Test(arguments: ["redis-server", "a) R (b", ") R 1 1 1", "", "new\nline", "((", "))", " ", "a;b\u{1B}[31m"])
    func readsStatWhateverTheName(name: String) throws {
        let stat = try ProcStat(parsing: Array(Samples.stat(command: name).utf8))
        #expect(stat.id == 42)
        #expect(stat.command == name)
        #expect(stat.state == .sleeping)
        #expect(stat.parent == ProcessID(rawValue: 1))
        #expect(!stat.flags.contains(.kernelThread))
        #expect(stat.userTicks == 17 && stat.systemTicks == 25)
        #expect(stat.threadCount == 6)
        #expect(stat.startTicks == 24106)
        #expect(stat.virtualBytes == 71_200_768 && stat.residentPages == 3405)
        #expect(stat.processor == 1)
    }

    /// The bits had other meanings before the kernel named such threads so.
    @Test(arguments: [
        ("iou-sqp-42", 0x0000_4010, true), ("iou-wrk-42", 0x0000_0010, true), ("vhost-42", 0x0000_4000, true),
        ("CPU 0/KVM", 0x0000_0010, false), ("modprobe", 0x0000_4000, false), ("iou-wrk-42", 0, false),
    ])
    func recognisesThreadsOfTheKernelInAProcess(name: String, flags: UInt32, isWorker: Bool) throws {
        let text = Samples.stat(command: name).replacing(" 4194560 ", with: " \(4_194_560 | flags) ")
        #expect(try ProcStat(parsing: Array(text.utf8)).isKernelWorker == isWorker)
    }

    @Test func readsNamesThatAreNotText() throws {
        let bytes = Array(Samples.stat(command: "?").utf8).map { $0 == UInt8(ascii: "?") ? 0xFF : $0 }
        #expect(try ProcStat(parsing: bytes).command == "\u{FFFD}")
    }

    @Test func readsStatus() throws {
        let status = try ProcStatus(parsing: Array(Samples.status.utf8))
        #expect(status.name == "redis\nTracerPid:\t9\\x")
        #expect(status.id == 43 && status.process == ProcessID(rawValue: 42))
        #expect(status.state == .sleeping)
        #expect(status.tracer == ThreadID(rawValue: 7))
        #expect(status.user?.effective == 1001 && status.group?.fileSystem == 103)
        #expect(status.namespaceIDs == [43, 5, 2])
        #expect(status.threadCount == 6)
        #expect(status.boundingCapabilities == .systemPtrace)
        #expect(status.effectiveCapabilities?.contains(.systemPtrace) == false)
        #expect(status.permittedCapabilities?.contains(.checkpointRestore) == true)
        #expect(status.hasNoNewPrivileges == true && status.seccomp == .filter)
        #expect(status.voluntarySwitches == 150 && status.involuntarySwitches == 545)
    }

    @Test func readsStatusOfAnOldKernel() throws {
        let status = try ProcStatus(parsing: Array("Name:\tx\nTgid:\t1\nPid:\t1\nTracerPid:\t0\n".utf8))
        #expect(status.tracer == nil && status.seccomp == nil && status.namespaceIDs == [])
    }

    @Test func readsMaps() throws {
        let entries = try ProcMaps(parsing: Array(Samples.maps.utf8)).entries
        #expect(entries.count == 8)
        #expect(entries[1].name == "/usr/bin/a b" && entries[1].isFile && entries[1].isExecutable)
        #expect(entries[1].offset == 0x2000 && entries[1].size == 0x5000)
        #expect(entries[1].device == DeviceNumber(major: 0xfe, minor: 1) && entries[1].inode == 1835)
        #expect(entries[2].permissions == [.read, .write] && entries[2].name == "[heap]" && !entries[2].isFile)
        #expect(entries[3].name == "/dev/zero" && entries[3].isDeleted && entries[3].permissions.contains(.shared))
        #expect(entries[4].name.isEmpty && entries[4].permissions.isEmpty)
        #expect(entries[5].name == "/tmp/new\nline\\" && entries[5].device.minor == 0x10002)
        #expect(entries[6].name == "[anon:pool (deleted)]" && !entries[6].isDeleted)
        #expect(entries[7].start == Address(rawValue: 0xffff_ffff_ff60_0000))
    }

    @Test func findsTheMappingOfAnAddress() throws {
        let maps = try ProcMaps(parsing: Array(Samples.maps.utf8))
        #expect(maps.mapping(containing: Address(rawValue: 0x55d0_a000_2000))?.offset == 0x2000)
        #expect(maps.mapping(containing: Address(rawValue: 0x55d0_a000_6fff))?.offset == 0x2000)
        #expect(maps.mapping(containing: Address(rawValue: 0x55d0_a000_7000)) == nil)
        #expect(maps.mapping(containing: Address(rawValue: .max)) == nil)
    }

    @Test(arguments: [
        "2000-1000 r-xp 0 0:0 0", "1000-1000 r-xp 0 0:0 0", "1000-2000 r-x 0 0:0 0", "1000-2000 rwxq 0 0:0 0",
        "1000-2000 r-xp 0 0 0", "1000 2000", "\n", "1000-2000 r-xp 0 0:0 0\n1800-3000 r-xp 0 0:0 0",
    ])
    func refusesMapsThatAreNot(text: String) {
        #expect(throws: ProcFSError.self) { try ProcMaps(parsing: Array(text.utf8)) }
    }

    @Test func readsSystemCalls() throws {
        #expect(try ThreadSystemCall(parsing: Array("running\n".utf8)) == .running)
        #expect(
            try ThreadSystemCall(parsing: Array("-1 0x7ffc 0x401000\n".utf8))
                == .blocked(stackPointer: Address(rawValue: 0x7ffc), programCounter: Address(rawValue: 0x401000)))
        let call = try ThreadSystemCall(parsing: Array("232 0x3 0x2 0x3 0x4 0x5 0x6 0x7ffc 0x401000\n".utf8))
        #expect(call.pointers?.stackPointer == Address(rawValue: 0x7ffc))
        guard case .systemCall(let systemCall, _, let programCounter) = call else {
            Issue.record("\(call)")
            return
        }
        #expect(systemCall.number == 232 && systemCall.arguments[0] == 3 && systemCall.arguments[5] == 6)
        #expect(programCounter == Address(rawValue: 0x401000))
    }

    @Test(arguments: ["walking\n", "-2 0x1 0x2", "-1 7ffc 0x1", "0 0x1 0x2 0x3 0x4 0x5 0x6 0x7", "99999999999 0x1"])
    func refusesSystemCallsThatAreNot(text: String) {
        #expect(throws: ProcFSError.self) { try ThreadSystemCall(parsing: Array(text.utf8)) }
    }

    /// The name in the first line is the target's own choice.
    @Test func readsWhenAThreadLostItsCPU() throws {
        #expect(try ThreadSched(parsing: Array(Samples.sched.utf8)).updatedAt == 1_673_798_792_451)
    }

    @Test(arguments: ["1673798", "1673798.79245", "18446744073709551615.000000", "-1.000000", ""])
    func refusesTimesThatAreNot(time: String) {
        let text = Samples.sched.replacing("1673798.792451", with: time)
        #expect(throws: ProcFSError.malformed(file: "sched", field: "se.exec_start")) {
            try ThreadSched(parsing: Array(text.utf8))
        }
    }

    @Test func readsCommandLines() {
        #expect(Cmdline(parsing: Array("a\0b c\0\0".utf8)).arguments == ["a", "b c", ""])
        #expect(Cmdline(parsing: Array("nginx: worker".utf8)).arguments == ["nginx: worker"])
        #expect(Cmdline(parsing: []).arguments == [])
    }

    @Test func refusesAnUnfinishedAuxiliaryVector() {
        #expect(throws: ProcFSError.malformed(file: "auxv", field: "AT_NULL")) {
            try Auxv(parsing: [33] + [UInt8](repeating: 0, count: 15))
        }
    }
}
