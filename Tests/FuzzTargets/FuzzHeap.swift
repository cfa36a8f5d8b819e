import HeapGraph
import ProfileModel

/// Memory of a process with a library's data, a heap and an arena's heap, whose contents are the input.
///
/// The input's first 4 KiB are the library's, the next two thirds the main heap's, the rest a mapping that can be an arena's heap.
/// Pieces of an input that name a place in one of them are relocated by the forger of the seeds alone.
private struct FuzzedMemory: HeapMemory {
    private static let library: UInt64 = 0x7fff_f7fa_0000
    private static let heap: UInt64 = 0x5555_5555_9000
    private static let arena: UInt64 = 0x7fff_e000_0000
    private static let pageSize = 4096

    private let parts: [(start: UInt64, bytes: [UInt8])]

    init(_ bytes: [UInt8]) {
        let library = bytes.prefix(Self.pageSize)
        let rest = bytes.dropFirst(Self.pageSize)
        let heap = rest.prefix(rest.count / 3 * 2)
        parts = [(Self.heap, heap), (Self.arena, rest.dropFirst(heap.count)), (Self.library, library)].map {
            start, bytes in
            let size = (bytes.count + Self.pageSize) / Self.pageSize * Self.pageSize
            return (start, Array(bytes) + [UInt8](repeating: 0, count: size - bytes.count))
        }
    }

    var ranges: [MappedRange] {
        zip(parts, [.heap, .anonymous, .file(path: "/usr/lib/libc.so.6", nil)]).map { part, content in
            MappedRange(
                start: Address(rawValue: part.start), end: Address(rawValue: part.start + UInt64(part.bytes.count)),
                isReadable: true, isWritable: true, isExecutable: false, fileOffset: 0, content: content)
        }
    }

    var byteCount: UInt64 { parts.reduce(0) { $0 + UInt64($1.bytes.count) } }

    func read(at address: Address, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        for (start, bytes) in parts where start <= address.rawValue && address.rawValue < start + UInt64(bytes.count) {
            let part = bytes[Int(address.rawValue - start)...].prefix(buffer.count)
            unsafe buffer.copyBytes(from: part)
            return part.count
        }
        return 0
    }
}

/// Whatever the heap is, its blocks are counted once, and what nothing reaches is a part of what is in use.
func fuzzHeap(_ bytes: [UInt8]) {
    let memory = FuzzedMemory(bytes)
    var search = LeakSearch()
    for _ in 0..<2 {
        guard let scan = try? search.scan(memory, memory.ranges, HeapScanInput(registers: [1 << 63]), progress: {})
        else { return }
        let (live, free) = (scan.summary.live, scan.summary.free)
        precondition(live.bytes <= memory.byteCount && free.bytes <= memory.byteCount)
        precondition(scan.unreached.blocks <= live.blocks && scan.unreached.bytes <= live.bytes)
    }
    let groups = search.groups(memory, demangle: { $0 }, progress: {})
    precondition(groups.groups.allSatisfy { $0.amount.blocks > 0 })
    _ = try? HeapContents.read(memory, memory.ranges, demangle: { $0 }, progress: {})
}
