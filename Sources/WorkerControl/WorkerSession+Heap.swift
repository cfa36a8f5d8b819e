internal import ProfileModel
internal import SystemSupport
internal import WorkerProtocol

extension WorkerSession {
    /// Scanning a heap, or reading what is in it, as a whole: 200 GB of memory take a minute and a half.
    private static let heapNanoseconds: UInt64 = 600_000_000_000

    /// - Parameter pages: the process's `/proc/PID/pagemap`.
    mutating func scanHeap(
        of process: ProcessKey, _ ranges: [MappedRange], _ input: HeapScanInput, pages: consuming OwnedDescriptor?,
        isCancelled: @escaping @Sendable () -> Bool
    ) -> HeapScanReply? {
        let hasPageMap = pages != nil
        let reply = askAboutHeap(
            of: process, .scanHeap(process, ranges, input, hasPageMap: hasPageMap), pages, isCancelled)
        guard case .heapScan(let found) = reply else { return nil }
        return found
    }

    mutating func readHeap(
        of process: ProcessKey, _ ranges: [MappedRange], pages: consuming OwnedDescriptor?,
        isCancelled: @escaping @Sendable () -> Bool
    ) -> HeapContentsReply? {
        let hasPageMap = pages != nil
        let reply = askAboutHeap(of: process, .readHeap(process, ranges, hasPageMap: hasPageMap), pages, isCancelled)
        guard case .heapContents(let found) = reply else { return nil }
        return found
    }

    mutating func unreachedBlocks(
        of process: ProcessKey, isCancelled: @escaping @Sendable () -> Bool
    ) -> BlockGroupList? {
        guard case .blocks(let list) = askAboutHeap(of: process, .describeUnreached(process), nil, isCancelled) else {
            return nil
        }
        return list
    }

    /// The reply; `nil` where the worker ended, took too long, or was to end.
    private mutating func askAboutHeap(
        of process: ProcessKey, _ request: WorkerRequest, _ pages: consuming OwnedDescriptor?,
        _ isCancelled: @escaping @Sendable () -> Bool
    ) -> WorkerReply? {
        var pages = pages
        let deadlines = Deadlines(nanoseconds: Self.heapNanoseconds, by: clock, isCancelled: isCancelled)
        return exchange(deadlines) { (session) throws(MessageChannel.Failure) in
            try session.give(process)
            if let descriptor = pages.take() {
                try session.add(request, owning: descriptor)
            } else {
                session.add(request)
            }
            return try session.reply()
        }
    }
}
