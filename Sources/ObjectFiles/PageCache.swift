internal import Synchronization

/// The pages of a file that were read last: a fixed number of places, each for the pages of one remainder.
final class PageCache: Sendable {
    private struct Page {
        let number: UInt64
        let bytes: [UInt8]
    }

    private let pages = Mutex([Page?](repeating: nil, count: placeCount))

    /// Fills `buffer` from `offset`, and returns how many bytes there were.
    func read(_ image: borrowing ObjectImage, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var done = 0
        while done < buffer.count {
            let position = offset &+ UInt64(done)
            let page = bytes(ofPage: position / Self.pageSize, image)
            let start = Int(position % Self.pageSize)
            let count = min(page.count - start, buffer.count - done)
            guard count > 0 else { break }
            // Safe: the buffer has at least `count` bytes after `done`.
            unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
                .copyBytes(from: page[start..<start + count])
            done += count
        }
        return done
    }

    private func bytes(ofPage number: UInt64, _ image: borrowing ObjectImage) -> [UInt8] {
        let place = Int(number % UInt64(Self.placeCount))
        if let page = pages.withLock({ $0[place] }), page.number == number { return page.bytes }
        // Safe: `read` initialises the bytes that it counts.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(Self.pageSize)) { buffer, initialized in
            initialized = unsafe image.read(at: number * Self.pageSize, into: UnsafeMutableRawBufferPointer(buffer))
        }
        pages.withLock { $0[place] = Page(number: number, bytes: bytes) }
        return bytes
    }

    private static let pageSize: UInt64 = 4096
    private static let placeCount = 128
}
