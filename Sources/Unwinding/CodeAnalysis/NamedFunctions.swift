internal import ObjectFiles
internal import ProfileModel
internal import SystemSupport

/// Where functions begin that an object itself names: as targets of direct calls, and by their addresses in code and data.
///
/// What is known of functions that have neither symbols nor call frame information. Data between functions can look like
/// a call.
struct NamedFunctions {
    /// Code of objects larger than that is not searched; it takes some 50 ms for each mebibyte.
    private static let largest: UInt64 = 3 << 20
    private static let chunk = 64 * 1024
    /// Files have one or two.
    private static let mostCodeSegments = 16
    /// Smaller files may name as many functions as one of this size.
    private static let smallest = 32 * 1024
    /// Code that takes its return address does so at once.
    private static let takerSize = 24

    /// In ascending order.
    private var starts: [FileAddress] = []
    private var ends: [FileAddress] = []
    private var reservation: MemoryReservation?

    init(in object: ObjectFile) {
        let segments = object.segments.filter(\.isExecutable)
        // Segments are few: the sum can't overflow.
        let size = object.segments.reduce(0) { $0 + Int(min($1.fileSize, Self.largest + 1)) }
        let sweptSize = max(size, Self.smallest)
        guard size <= Self.largest, segments.count <= Self.mostCodeSegments,
            (try? object.budget.spend(size, .bytes)) != nil,
            let reservation = try? object.budget.reserve(Search.memory(for: sweptSize))
        else { return }
        var search = Search(segments, size: sweptSize)
        for segment in segments { search.sweep(segment, of: object) }
        for segment in object.segments where !segment.isExecutable { search.collectPointers(in: segment, of: object) }
        guard !search.isOverflown else { return }
        starts = search.functions.filter { !Self.takesReturnAddress(at: $0, in: object) }.sorted()
        ends = segments.map { FileAddress(rawValue: $0.address.rawValue &+ $0.fileSize) }.sorted()
        let kept = starts.count * MemoryLayout<FileAddress>.stride
        reservation.shrink(by: max(0, Search.memory(for: sweptSize) - kept))
        self.reservation = reservation
    }

    /// Whether what is called is the middle of a function, which goes on there after it has taken the return address.
    private static func takesReturnAddress(at start: FileAddress, in object: ObjectFile) -> Bool {
        let base = Address(rawValue: start.rawValue)
        let bytes = object.bytes(at: start, count: takerSize)
        return CalledCode.takesReturnAddress(from: base) { address in
            guard address >= base, let offset = Int(exactly: address.rawValue - base.rawValue) else { return nil }
            return MachineInstruction(in: bytes, at: offset, base: base)
        }
    }

    /// From the nearest start at or below `address` to the next one; `nil` where there is none.
    func range(covering address: FileAddress) -> Range<FileAddress>? {
        let next = starts.partitionPoint { $0 <= address }
        guard next > 0, let end = ends.first(where: { $0 > address }) else { return nil }
        let start = starts[next - 1]
        // Another segment's last function ends with it.
        guard ends.allSatisfy({ $0 <= start || $0 > address }) else { return nil }
        return start..<(next < starts.count ? min(end, starts[next]) : end)
    }

    private struct Search {
        private let ranges: [Range<UInt64>]
        private var called: Set<FileAddress> = []
        private var constants: Set<FileAddress> = []
        /// Instructions that none before them goes on to.
        private var heads: Set<FileAddress> = []
        private let mostTargets: Int
        private let mostHeads: Int

        /// Whether there are more than code has.
        var isOverflown: Bool {
            called.count >= mostTargets || constants.count >= mostTargets || heads.count >= mostHeads
        }

        /// What the sets take in all: up to 21 bytes for an element.
        static func memory(for size: Int) -> Int { 21 * (2 * (size / 32) + size / 8) }

        init(_ segments: [LoadSegment], size: Int) {
            // Instructions have about four bytes; one in thirty names a function, one in eight is a head.
            mostTargets = size / 32
            mostHeads = size / 8
            ranges = segments.map { $0.address.rawValue..<max($0.address.rawValue, $0.address.rawValue &+ $0.fileSize) }
        }

        var functions: Set<FileAddress> { called.union(constants.intersection(heads)) }

        mutating func sweep(_ segment: LoadSegment, of object: ObjectFile) {
            var address = segment.address
            let end = FileAddress(rawValue: address.rawValue &+ segment.fileSize)
            var isHead = true
            while address < end, !isOverflown {
                let count = Int(min(UInt64(NamedFunctions.chunk), end.rawValue - address.rawValue))
                let bytes = object.bytes(at: address, count: count)
                guard bytes.count == count else { return }
                let isLast = count < NamedFunctions.chunk
                var offset = 0
                while !isOverflown, offset < (isLast ? count : count - MachineInstruction.longest) {
                    offset += step(bytes, offset, base: address, &isHead)
                }
                address = FileAddress(rawValue: address.rawValue &+ UInt64(offset))
            }
        }

        private mutating func step(
            _ bytes: [UInt8], _ offset: Int, base: FileAddress, _ isHead: inout Bool
        ) -> Int {
            // Sections are aligned by zeros, also behind the stubs of a procedure linkage table.
            if isHead, bytes[offset] == 0 { return 1 }
            let place = Address(rawValue: base.rawValue)
            guard let instruction = MachineInstruction(in: bytes, at: offset, base: place) else { return 1 }
            let isFiller = instruction.operation == .padding || instruction.operation == .breakpoint
            if isHead, !isFiller { heads.insert(FileAddress(rawValue: base.rawValue &+ UInt64(offset))) }
            switch instruction.operation {
            case .call(let target):
                if let target, isCode(target) { called.insert(FileAddress(rawValue: target.rawValue)) }
                isHead = true
            case .jump, .leaveFunction, .trap, .breakpoint: isHead = true
            case .padding: break
            default: isHead = false
            }
            if let constant = instruction.constant, isCode(constant) {
                constants.insert(FileAddress(rawValue: constant.rawValue))
            }
            return instruction.length
        }

        /// Takes words that are addresses: pointers, or what the loader makes pointers of.
        mutating func collectPointers(in segment: LoadSegment, of object: ObjectFile) {
            var address = FileAddress(rawValue: (segment.address.rawValue &+ 7) & ~7)
            let end = segment.address.rawValue &+ segment.fileSize
            while address.rawValue < end, end - address.rawValue >= 8, !isOverflown {
                let count = Int(min(UInt64(NamedFunctions.chunk), (end - address.rawValue) & ~7))
                let bytes = object.bytes(at: address, count: count)
                guard bytes.count == count else { return }
                unsafe bytes.withUnsafeBytes { memory in
                    for offset in stride(from: 0, to: count, by: 8) {
                        // Safe: `count` is a multiple of eight.
                        let word = unsafe UInt64(
                            littleEndian: memory.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                        guard !isOverflown, isCode(Address(rawValue: word)) else { continue }
                        constants.insert(FileAddress(rawValue: word))
                    }
                }
                address = FileAddress(rawValue: address.rawValue &+ UInt64(count))
            }
        }

        private func isCode(_ target: Address) -> Bool { ranges.contains { $0.contains(target.rawValue) } }
    }
}
