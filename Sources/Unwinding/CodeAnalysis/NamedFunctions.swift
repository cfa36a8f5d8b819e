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

    /// In ascending order.
    private var starts: [FileAddress] = []
    private var ends: [FileAddress] = []
    private var reservation: MemoryReservation?

    init(in object: ObjectFile) {
        let segments = object.segments.filter(\.isExecutable)
        let size = object.segments.reduce(0) { $0 &+ min($1.fileSize, Self.largest) }
        // Instructions have about four bytes, and one in thirty names a function.
        guard size <= Self.largest, (try? object.budget.spend(Int(size), .bytes)) != nil,
            let reservation = try? object.budget.reserve(Int(size))
        else { return }
        self.reservation = reservation
        var search = Search(segments)
        for segment in segments { search.sweep(segment, of: object) }
        for segment in object.segments where !segment.isExecutable { search.collectPointers(in: segment, of: object) }
        let functions = search.functions
        starts = functions.sorted()
        ends = segments.map { FileAddress(rawValue: $0.address.rawValue &+ $0.fileSize) }.sorted()
        reservation.shrink(by: max(0, Int(size) - starts.count * MemoryLayout<FileAddress>.stride))
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

        init(_ segments: [LoadSegment]) {
            ranges = segments.map { $0.address.rawValue..<max($0.address.rawValue, $0.address.rawValue &+ $0.fileSize) }
        }

        var functions: Set<FileAddress> { called.union(constants.intersection(heads)) }

        mutating func sweep(_ segment: LoadSegment, of object: ObjectFile) {
            var address = segment.address
            let end = FileAddress(rawValue: address.rawValue &+ segment.fileSize)
            var isHead = true
            while address < end {
                let count = Int(min(UInt64(NamedFunctions.chunk), end.rawValue - address.rawValue))
                let bytes = object.bytes(at: address, count: count)
                guard bytes.count == count else { return }
                let isLast = count < NamedFunctions.chunk
                var offset = 0
                while offset < (isLast ? count : count - MachineInstruction.longest) {
                    offset += step(bytes, offset, base: address, &isHead)
                }
                address = FileAddress(rawValue: address.rawValue &+ UInt64(offset))
            }
        }

        private mutating func step(
            _ bytes: [UInt8], _ offset: Int, base: FileAddress, _ isHead: inout Bool
        ) -> Int {
            let place = Address(rawValue: base.rawValue)
            guard let instruction = MachineInstruction(in: bytes, at: offset, base: place) else { return 1 }
            let isFiller = instruction.operation == .padding || instruction.operation == .breakpoint
            if isHead, !isFiller { heads.insert(FileAddress(rawValue: base.rawValue &+ UInt64(offset))) }
            switch instruction.operation {
            case .call(let target):
                if let target { add(target, to: &called) }
                isHead = true
            case .jump, .leaveFunction, .trap, .breakpoint: isHead = true
            case .padding: break
            default: isHead = false
            }
            if let constant = instruction.constant { add(constant, to: &constants) }
            return instruction.length
        }

        /// Takes words that are addresses: pointers, or what the loader makes pointers of.
        mutating func collectPointers(in segment: LoadSegment, of object: ObjectFile) {
            var address = FileAddress(rawValue: (segment.address.rawValue &+ 7) & ~7)
            let end = segment.address.rawValue &+ segment.fileSize
            while address.rawValue &+ 8 <= end {
                let count = Int(min(UInt64(NamedFunctions.chunk), (end - address.rawValue) & ~7))
                let bytes = object.bytes(at: address, count: count)
                guard bytes.count == count else { return }
                unsafe bytes.withUnsafeBytes { memory in
                    for offset in stride(from: 0, to: count, by: 8) {
                        // Safe: `count` is a multiple of eight.
                        let word = unsafe UInt64(
                            littleEndian: memory.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                        add(Address(rawValue: word), to: &constants)
                    }
                }
                address = FileAddress(rawValue: address.rawValue &+ UInt64(count))
            }
        }

        private func add(_ target: Address, to set: inout Set<FileAddress>) {
            if ranges.contains(where: { $0.contains(target.rawValue) }) {
                set.insert(FileAddress(rawValue: target.rawValue))
            }
        }
    }
}
