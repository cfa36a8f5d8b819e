import Glibc

extension ProcessDirectory {
    /// Replaces `inodes` with those of the sockets that its descriptors refer to, in the order of the descriptors.
    ///
    /// Needs the permission to trace the process. `.tooLarge` when it has more than `limit` descriptors open.
    package func socketInodes(into inodes: inout [UInt64], limit: Int) throws(ProcFSError) {
        inodes.removeAll(keepingCapacity: true)
        var numbers: [Int32] = []
        try listDescriptors(into: &numbers)
        guard numbers.count <= limit else { throw .tooLarge(file: "fd", limit: limit) }
        let directory = try open("fd", flags: Descriptor.place)
        for number in numbers {
            if let inode = Self.socketInode(number, directory) { inodes.append(inode) }
        }
    }

    /// `nil` for what isn't a socket, and for a descriptor that was closed meanwhile.
    private static func socketInode(_ number: Int32, _ directory: borrowing Descriptor) -> UInt64? {
        let place = directory.number
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 40) { buffer -> UInt64? in
            guard let start = buffer.baseAddress else { return nil }
            // Safe: readlinkat writes at most the buffer's count; only what it wrote is read, while the buffer is there.
            let count = unsafe readlinkat(place, String(number), start, buffer.count)
            guard count > 0 else { return nil }
            return unsafe inode(Span(_unsafeBytes: UnsafeRawBufferPointer(start: start, count: count)))
        }
    }

    /// `socket:[12345]`.
    private static func inode(_ link: Span<UInt8>) -> UInt64? {
        var scanner = ByteScanner()
        guard scanner.accept(word: "socket:[", link), let inode = scanner.decimal(link),
            scanner.accept(UInt8(ascii: "]"), link)
        else { return nil }
        return inode
    }
}
