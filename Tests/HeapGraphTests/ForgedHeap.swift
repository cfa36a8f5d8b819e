import HeapGraph
import ProfileModel

/// Memory of a process that was never there, with a heap of glibc's as a test lays it out.
final class ForgedHeap: HeapMemory {
    /// By the version of glibc that they are of: the arena's members, and whether lists of free blocks are mangled.
    struct Layout: Sendable {
        var fastBins: UInt64? = 0x10
        var top: UInt64 = 0x60
        var bins: UInt64 = 0x70
        var next: UInt64 = 0x870
        var size: UInt64 = 0x898
        var isMangled = true

        static let v2_36 = Layout()
        static let v2_31 = Layout(isMangled: false)
        static let v2_26 = Layout(fastBins: 0x08, top: 0x58, bins: 0x68, next: 0x868, size: 0x890, isMangled: false)
        static let v2_43 = Layout(fastBins: nil, top: 0x08, bins: 0x18, next: 0x818, size: 0x840)
    }

    static let library: UInt64 = 0x7fff_f7fa_0000
    static let arena = library + 0xc80
    static let heap: UInt64 = 0x5555_5555_9000
    static let globals: UInt64 = 0x5555_5555_5000
    static let stack: UInt64 = 0x7fff_ffff_0000

    let layout: Layout
    private var segments: [(start: UInt64, words: [UInt64])] = []
    private(set) var ranges: [MappedRange] = []
    /// Where the next block of the main heap begins.
    private(set) var end = ForgedHeap.heap
    private var previousIsInUse = true
    private var readsLeft = 0
    private var change: () -> Void = {}

    /// Maps a library's data with a main arena, a program's data, a stack, and 256 KiB of heap.
    init(_ layout: Layout = .v2_36) {
        self.layout = layout
        map(Self.globals, bytes: 0x1000, .file(path: "/usr/bin/server", nil))
        map(Self.heap, bytes: 0x4_0000, .heap)
        map(Self.library, bytes: 0x2000, .file(path: "/usr/lib/libc.so.6", nil))
        map(Self.stack - 0x1000, bytes: 0x1000, .anonymous, isReadable: false, isWritable: false)
        map(Self.stack, bytes: 0x8000, .stack)
        makeBins(at: Self.arena)
        self[Self.arena + layout.next] = Self.arena
        setTop()
    }

    func makeBins(at arena: UInt64) {
        for index in 0..<UInt64(127) {
            let place = arena + layout.bins + index * 16
            (self[place], self[place + 8]) = (place - 16, place - 16)
        }
    }

    func map(
        _ start: UInt64, bytes: UInt64, _ content: MappedRange.Content, isReadable: Bool = true, isWritable: Bool = true
    ) {
        segments.append((start, [UInt64](repeating: 0, count: Int(bytes / 8))))
        ranges.append(
            MappedRange(
                start: Address(rawValue: start), end: Address(rawValue: start + bytes), isReadable: isReadable,
                isWritable: isWritable, isExecutable: false, fileOffset: 0, content: content))
    }

    private func index(of address: UInt64) -> (segment: Int, word: Int)? {
        let segment = segments.firstIndex { start, words in
            start <= address && address < start + UInt64(words.count) * 8
        }
        guard let segment else { return nil }
        return (segment, Int((address - segments[segment].start) / 8))
    }

    subscript(address: UInt64) -> UInt64 {
        get { index(of: address).map { segments[$0.segment].words[$0.word] } ?? 0 }
        set { if let (segment, word) = index(of: address) { segments[segment].words[word] = newValue } }
    }

    /// Has something happen after so many reads.
    func afterReads(_ count: Int, _ change: @escaping () -> Void) { (readsLeft, self.change) = (count, change) }

    func read(at address: Address, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        readsLeft -= 1
        if readsLeft == 0 { change() }
        guard let (segment, word) = index(of: address.rawValue) else { return 0 }
        return unsafe segments[segment].words[word...].withUnsafeBytes { bytes in
            let count = min(bytes.count, buffer.count)
            unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
            return count
        }
    }

    // MARK: - Blocks

    /// Appends a block to the main heap; returns the address of its memory.
    @discardableResult
    func block(_ size: UInt64, isInUse: Bool = true, containing words: [UInt64] = []) -> UInt64 {
        let chunk = end
        self[chunk + 8] = size | (previousIsInUse ? 1 : 0)
        previousIsInUse = isInUse
        end += size
        setTop()
        for (index, word) in words.enumerated() { self[chunk + 16 + UInt64(index) * 8] = word }
        return chunk + 16
    }

    private func setTop() {
        let limit = Self.heap + 0x4_0000
        self[Self.arena + layout.top] = end
        self[end + 8] = limit - end | (previousIsInUse ? 1 : 0)
        self[Self.arena + layout.next + 0x18] = 0x4_0000
        self[Self.arena + layout.next + 0x20] = 0x4_0000
    }

    private func linked(_ pointer: UInt64, at place: UInt64) -> UInt64 {
        layout.isMangled ? pointer ^ (place >> 12) : pointer
    }

    /// Makes blocks in use a list of the fast bin of their size.
    func makeFastBin(_ blocks: [UInt64], size: UInt64) {
        guard let bins = layout.fastBins else { return }
        self[Self.arena + bins + (size - 0x20) / 16 * 8] = blocks.first.map { $0 - 16 } ?? 0
        for (index, block) in blocks.enumerated() {
            self[block] = linked(index + 1 < blocks.count ? blocks[index + 1] - 16 : 0, at: block)
        }
    }

    /// Makes blocks in use a list in a thread's cache of the layout of 2.30 to 2.41, which has a block of its own.
    @discardableResult
    func makeCache(_ blocks: [UInt64], size: UInt64, key: UInt64 = 0x1234_5678_9abc_def0) -> UInt64 {
        let cache = block(0x290)
        let bin = (size - 0x20) / 16
        self[cache + bin / 4 * 8] = UInt64(blocks.count) << (bin % 4 * 16)
        self[cache + 0x80 + bin * 8] = blocks.first ?? 0
        for (index, block) in blocks.enumerated() {
            self[block] = linked(index + 1 < blocks.count ? blocks[index + 1] : 0, at: block)
            self[block + 8] = key
        }
        return cache
    }

    // MARK: - Scans

    /// What so many scans find.
    func scan(
        times: Int = 2, _ input: HeapScanInput = HeapScanInput(), between: () -> Void = {}
    ) throws -> (scan: HeapScan, groups: [BlockGroup]) {
        var search = LeakSearch()
        var scan = try search.scan(self, ranges, input, progress: {})
        for _ in 1..<times {
            between()
            scan = try search.scan(self, ranges, input, progress: {})
        }
        return (scan, search.groups(self, demangle: { $0 }, progress: {}).groups)
    }
}
