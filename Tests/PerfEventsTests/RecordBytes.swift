/// The bytes of records as the kernel writes them (perf_event_open(2), "MMAP layout"), whatever their fields say.
enum RecordBytes {
    static let process: UInt64 = 41
    static let thread: UInt64 = 42
    static let time: UInt64 = 123_456_789

    /// - Parameter size: what the header says; by default the truth.
    static func record(_ kind: UInt64, flags: UInt64 = 0, _ body: [UInt8], size: Int? = nil) -> [UInt8] {
        little(kind, 4) + little(flags, 2) + little(UInt64(size ?? body.count + 8), 2) + body
    }

    /// What ends every record but samples: `pid, tid, time`.
    static var identity: [UInt8] { little(process, 4) + little(thread, 4) + little(time, 8) }

    static func sample(
        callChain: [UInt64] = [], callChainCount: UInt64? = nil, abi: UInt64 = 2, registers: [UInt64] = numbered,
        stack: [UInt8] = [], stackSize: UInt64? = nil, copied: UInt64? = nil
    ) -> [UInt8] {
        var body = identity + little(callChainCount ?? UInt64(callChain.count), 8)
        body += callChain.flatMap { little($0, 8) } + little(abi, 8)
        if abi != 0 { body += registers.flatMap { little($0, 8) } }
        body += little(stackSize ?? UInt64(stack.count), 8) + stack
        if !stack.isEmpty { body += little(copied ?? UInt64(stack.count), 8) }
        return record(9, body)
    }

    /// Every register by its place in `<asm/perf_regs.h>`, from 100 on.
    static let numbered = (0..<17).map { UInt64(100 + $0) }

    static func mapping(start: UInt64, size: UInt64, name: String) -> [UInt8] {
        // addr, len, pgoff, maj and min, ino, ino_generation, prot and flags.
        let words: [UInt64] = [start, size, 0x3000, 1 << 32 | 8, 77, 0, 2 << 32 | 5]
        let body: [UInt8] = owner + words.flatMap { little($0, 8) }
        return record(10, flags: 2, body + padded(name) + identity)
    }

    static func name(_ name: String, flags: UInt64 = 0) -> [UInt8] {
        record(3, flags: flags, owner + padded(name) + identity)
    }

    /// `pid, tid`.
    private static var owner: [UInt8] { little(process, 4) + little(thread, 4) }

    /// `pid, ppid, tid, ptid, time` of a start (7) or an end (4), which another thread may report.
    static func lifetime(_ kind: UInt64) -> [UInt8] {
        let words: [UInt64] = [41 << 32 | 51, 42 << 32 | 52, 9]
        return record(kind, words.flatMap { little($0, 8) } + identity)
    }

    static func switched(flags: UInt64) -> [UInt8] { record(14, flags: flags, identity) }
    static func lost(_ count: UInt64) -> [UInt8] { record(2, little(7, 8) + little(count, 8) + identity) }
    static func lostSamples(_ count: UInt64) -> [UInt8] { record(13, little(count, 8) + identity) }
    static func throttled() -> [UInt8] { record(5, [UInt8](repeating: 1, count: 24) + identity) }

    /// One of each kind.
    static let all = [
        sample(callChain: [.max - 127, 0xffff_ffff_8100_0000], stack: [UInt8](repeating: 7, count: 64), copied: 48),
        mapping(start: 0x1000, size: 0x2000, name: "/usr/lib/a.so"), name("worker"), lifetime(7), lifetime(4),
        switched(flags: 0), switched(flags: 1 << 13), lost(3), lostSamples(4), throttled(),
    ]

    static func little(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }

    /// With a zero behind it, to a multiple of eight.
    private static func padded(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        return bytes + [UInt8](repeating: 0, count: 8 - bytes.count % 8)
    }
}
