package import ProfileModel
internal import Synchronization

/// Executable memory in the place of an object file's code: programs move their code so to get huge pages for it.
///
/// It is in memory without a file, or in another file, as one of hugetlbfs. That it holds the object file's bytes is
/// compared, page by page, where somebody asks for an address: the rest is what it would be elsewhere.
package final class CopiedCode: Sendable {
    let object: ObjectFile
    /// What the loader added to the object file's addresses, wrapping.
    let bias: UInt64
    private let read: ProcessCode
    private let pages = Mutex<[UInt64: Bool]>([:])

    /// Reads up to so many bytes of the process's memory at an address.
    package typealias ProcessCode = @Sendable (Address, Int) -> [UInt8]

    init(of object: ObjectFile, bias: UInt64, read: @escaping ProcessCode) {
        self.object = object
        self.bias = bias
        self.read = read
    }

    /// Where in the object file the instruction is; `nil` where the memory differs from the file.
    func fileAddress(of address: Address) -> FileAddress? {
        let place = FileAddress(rawValue: address.rawValue &- bias)
        guard let segment = object.segments.first(where: { $0.isExecutable && $0.filePosition(of: place) != nil })
        else { return nil }
        let page = address.rawValue & ~(Self.pageSize - 1)
        let known = pages.withLock { $0[page] }
        if let known { return known ? place : nil }
        let isEqual = hasEqualBytes(page, of: segment)
        pages.withLock { $0[page] = isEqual }
        return isEqual ? place : nil
    }

    /// Compares as much of a page as the segment has of it.
    private func hasEqualBytes(_ page: UInt64, of segment: LoadSegment) -> Bool {
        let start = max(page, segment.address.rawValue &+ bias)
        let expected = object.bytes(
            at: FileAddress(rawValue: start &- bias), count: Int(page + Self.pageSize - start))
        return !expected.isEmpty && read(Address(rawValue: start), expected.count) == expected
    }

    private static let pageSize: UInt64 = 4096
}

extension CopiedCode: Hashable {
    package static func == (left: CopiedCode, right: CopiedCode) -> Bool {
        left.object == right.object && left.bias == right.bias
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(object)
        hasher.combine(bias)
    }
}
