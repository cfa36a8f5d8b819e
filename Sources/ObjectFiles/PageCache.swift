internal import Synchronization

/// The pages of files that were read last: a fixed number of places, shared by all files of a recording.
final class PageCache: Sendable {
    /// One file's view of the cache.
    struct File: Sendable {
        fileprivate let number: UInt64
        fileprivate let cache: PageCache

        /// Fills `buffer` from `offset`, and returns how many bytes there were.
        func read(
            _ image: borrowing ObjectImage, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
        ) -> Int {
            unsafe cache.read(number, image, at: offset, into: buffer)
        }
    }

    private struct Page {
        let file: UInt64
        let number: UInt64
        let bytes: [UInt8]
    }

    private struct State {
        var pages: [Page?] = []
        var fileCount: UInt64 = 0
    }

    private let state = Mutex(State())

    func newFile() -> File {
        let number = state.withLock { state in
            state.fileCount += 1
            return state.fileCount
        }
        return File(number: number, cache: self)
    }

    private func read(
        _ file: UInt64, _ image: borrowing ObjectImage, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        var done = 0
        while done < buffer.count {
            let position = offset &+ UInt64(done)
            let page = bytes(ofPage: position / Self.pageSize, file, image)
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

    private func bytes(ofPage number: UInt64, _ file: UInt64, _ image: borrowing ObjectImage) -> [UInt8] {
        // Neighbouring pages lie in neighbouring places, and those of other files elsewhere.
        let place = Int((number &+ file &* 0x9e37) % UInt64(Self.placeCount))
        let known = state.withLock { state -> Page? in
            if state.pages.isEmpty { state.pages = [Page?](repeating: nil, count: Self.placeCount) }
            return state.pages[place]
        }
        if let known, known.file == file, known.number == number { return known.bytes }
        let bytes = image.bytes(upTo: Int(Self.pageSize), at: number &* Self.pageSize)
        state.withLock { $0.pages[place] = Page(file: file, number: number, bytes: bytes) }
        return bytes
    }

    private static let pageSize: UInt64 = 4096
    /// 16 MiB.
    private static let placeCount = 4096
}
