internal import ProfileModel
internal import SystemSupport

/// What a process has mapped, by addresses.
struct MappedMemory {
    /// In ascending order; no two overlap.
    let ranges: [MappedRange]

    init(_ ranges: [MappedRange]) { self.ranges = ranges.sorted { $0.start < $1.start } }

    func range(containing address: UInt64) -> MappedRange? {
        let next = ranges.partitionPoint { $0.start.rawValue <= address }
        guard next > 0, ranges[next - 1].end.rawValue > address else { return nil }
        return ranges[next - 1]
    }

    /// Where memory ends that is mapped without a gap, readable and writable from `address` on; `address` where there is none.
    func endOfWritableMemory(from address: UInt64) -> UInt64 {
        var end = address
        var index = ranges.partitionPoint { $0.end.rawValue <= address }
        while index < ranges.count, ranges[index].start.rawValue <= end, ranges[index].isWritable {
            end = ranges[index].end.rawValue
            index += 1
        }
        return end
    }

    func isWritable(_ address: UInt64) -> Bool { range(containing: address)?.isWritable ?? false }
}

extension MappedRange {
    var byteCount: UInt64 { end.rawValue - start.rawValue }

    /// The path of the file behind it.
    var path: String? {
        if case .file(let path, _) = content { path } else { nil }
    }

    /// Whether it may hold chunks that the allocator mapped one by one.
    var isAnonymousMemory: Bool {
        switch content {
        case .anonymous: isWritable && isReadable && !isShared
        case .named(let name): isWritable && isReadable && !isShared && name.hasPrefix("[anon:")
        case .file, .vdso, .stack, .heap: false
        }
    }
}
