internal import ProfileModel

/// The memory of a process as it was when each of its pages was first read: for many small reads in a short time.
final class PagedMemory: RuntimeMemory {
    private let memory: any RuntimeMemory
    /// Those that could be read as a whole.
    private var pages: [UInt64: [UInt8]] = [:]

    private static let pageSize: UInt64 = 4096
    private static let pageLimit = 4096

    init(_ memory: any RuntimeMemory) { self.memory = memory }

    func bytes(at address: Address, count: Int) -> [UInt8] {
        let offset = address.rawValue % Self.pageSize
        guard offset + UInt64(max(0, count)) <= Self.pageSize, let page = page(at: address.rawValue - offset) else {
            return memory.bytes(at: address, count: count)
        }
        return Array(page[Int(offset)..<Int(offset) + count])
    }

    private func page(at start: UInt64) -> [UInt8]? {
        if let page = pages[start] { return page }
        let page = memory.bytes(at: Address(rawValue: start), count: Int(Self.pageSize))
        guard page.count == Self.pageSize else { return nil }
        if pages.count >= Self.pageLimit { pages.removeAll() }
        pages[start] = page
        return page
    }
}
