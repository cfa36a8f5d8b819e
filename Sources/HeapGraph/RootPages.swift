internal import ProfileModel

/// Which pages of a process's memory hold anything that it wrote.
struct RootPages {
    let memory: any HeapMemory
    let progress: () -> Void

    private static let present: UInt64 = 1 << 63
    private static let swapped: UInt64 = 1 << 62
    /// A page of a file, or of memory that is shared from the start.
    private static let isOfFile: UInt64 = 1 << 61
    private static let pagesAtOnce = 1 << 15
    /// Finding the pages of a larger one, which only reserves addresses, takes minutes.
    static let largestRange: UInt64 = 1 << 40

    /// The parts of anonymous memory that were written to; all of it where the kernel doesn't say.
    func presentParts(of range: Range<UInt64>) -> PageRuns {
        PageRuns(memory, range, progress) { $0 & (Self.present | Self.swapped) != 0 }
    }

    /// The parts that are the process's own copies.
    func copiedParts(of range: Range<UInt64>) -> PageRuns {
        PageRuns(memory, range, progress) { entry in
            entry & (Self.present | Self.swapped) != 0 && entry & Self.isOfFile == 0
        }
    }

    /// Runs of pages that satisfy a condition, in ascending order.
    struct PageRuns: Sequence, IteratorProtocol {
        private let memory: any HeapMemory
        private let progress: () -> Void
        private let isIncluded: (UInt64) -> Bool
        private var entries: [UInt64] = []
        private var first: UInt64
        private var place: UInt64
        private let end: UInt64
        private let isUnknown: Bool

        init(
            _ memory: any HeapMemory, _ range: Range<UInt64>, _ progress: @escaping () -> Void,
            isIncluded: @escaping (UInt64) -> Bool
        ) {
            (self.memory, self.progress, self.isIncluded) = (memory, progress, isIncluded)
            place = range.lowerBound / PageSize.bytes
            first = place
            end = (range.upperBound + PageSize.bytes - 1) / PageSize.bytes
            isUnknown = place < end && memory.pageEntries(from: place, count: 1)?.count != 1
        }

        mutating func next() -> Range<UInt64>? {
            guard place < end else { return nil }
            if isUnknown {
                defer { place = end }
                return place * PageSize.bytes..<end * PageSize.bytes
            }
            while place < end, !isPageIncluded() { place += 1 }
            guard place < end else { return nil }
            let start = place
            while place < end, isPageIncluded() { place += 1 }
            return start * PageSize.bytes..<place * PageSize.bytes
        }

        private mutating func isPageIncluded() -> Bool {
            if place - first >= UInt64(entries.count) {
                progress()
                first = place
                let count = Swift.min(end - place, UInt64(RootPages.pagesAtOnce))
                entries = memory.pageEntries(from: place, count: Int(count)) ?? []
                // What the kernel doesn't say anything of is read.
                if entries.isEmpty { entries = [RootPages.present] }
            }
            return isIncluded(entries[Int(place - first)])
        }
    }
}
