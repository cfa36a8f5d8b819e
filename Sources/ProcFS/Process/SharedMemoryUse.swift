internal import ProfileModel

/// What a process has mapped of one file in memory, or of one piece of shared memory.
package struct SharedMemoryUse: Sendable {
    /// By which mappings are of the same one.
    package struct Key: Hashable, Sendable {
        let device: DeviceNumber
        let inode: UInt64

        package init(device: DeviceNumber, inode: UInt64) { (self.device, self.inode) = (device, inode) }
    }

    private var ranges: [Range<UInt64>] = []
    /// Bytes in RAM; what is mapped twice counts twice.
    private var resident: UInt64 = 0
    private var hugeTLB: UInt64 = 0
    private var proportional: UInt64 = 0
    /// What the file takes up, where that is known.
    fileprivate(set) var size: UInt64?

    fileprivate mutating func add(_ entry: Smaps.Entry) {
        let (end, overflowed) = entry.mapping.offset.addingReportingOverflow(entry.mapping.size)
        if !overflowed { ranges.append(entry.mapping.offset..<end) }
        let shared = entry.withoutPrivateCopies
        resident &+= shared.resident
        proportional &+= shared.proportional
        hugeTLB &+= shared.hugeTLB
    }

    /// How much of it the process has mapped and is in RAM, at most, in bytes.
    package var distinct: UInt64 { min(resident &+ hugeTLB, mappedLength, size ?? .max) }

    /// Whether no other process maps a page of it that is in RAM: each page is divided by the number of mappings, so that
    /// all of the process's own mappings make up whole pages.
    package var isUnshared: Bool {
        let known = min(resident, mappedLength, size ?? .max)
        // The kernel rounds down to a KiB for each mapping.
        let rounding = ranges.count > 1 ? UInt64(ranges.count) << 10 : 0
        return known > 0 && proportional &+ rounding >= known
    }

    /// What the process alone uses, in bytes; 0 of what others map too.
    package var own: UInt64 { isUnshared ? min(resident, mappedLength, size ?? .max) : 0 }

    /// The length of the mapped parts, each counted once.
    private var mappedLength: UInt64 {
        var length: UInt64 = 0
        var end: UInt64 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where range.upperBound > end {
            length &+= range.upperBound - max(range.lowerBound, end)
            end = range.upperBound
        }
        return length
    }
}

extension Smaps {
    /// What is mapped of each piece of shared memory.
    ///
    /// - Parameter files: Those in memory that the process holds.
    package func sharedMemory(files: [MemoryFile] = []) -> [SharedMemoryUse.Key: SharedMemoryUse] {
        var uses: [SharedMemoryUse.Key: SharedMemoryUse] = [:]
        for entry in entries { if let key = entry.sharedMemory { uses[key, default: SharedMemoryUse()].add(entry) } }
        for file in files { uses[file.key]?.size = file.bytes }
        return uses
    }
}

extension Smaps.Entry {
    /// The shared memory that it shows; `nil` where it shows none.
    package var sharedMemory: SharedMemoryUse.Key? {
        guard mapping.isSharedMemory else { return nil }
        // One without a file is not mapped twice.
        return mapping.inode == 0
            ? SharedMemoryUse.Key(device: mapping.device, inode: mapping.start.rawValue)
            : SharedMemoryUse.Key(device: mapping.device, inode: mapping.inode)
    }

    /// Without the copies of shared memory that the process made by writing to a private mapping.
    package var withoutPrivateCopies: MemoryAmount {
        var rest = amount
        guard let copies = privateCopies else { return rest }
        rest.virtual -= min(rest.virtual, copies.virtual)
        rest.resident -= min(rest.resident, copies.resident)
        rest.proportional -= min(rest.proportional, copies.proportional)
        rest.anonymous -= min(rest.anonymous, copies.anonymous)
        rest.swap -= min(rest.swap, copies.swap)
        rest.lazilyFreed -= min(rest.lazilyFreed, copies.lazilyFreed)
        return rest
    }

    /// The copies of shared memory that the process made by writing to a private mapping; `nil` where there are none.
    package var privateCopies: MemoryAmount? {
        guard mapping.isSharedMemory, !mapping.permissions.contains(.shared), amount.anonymous > 0 || amount.swap > 0
        else { return nil }
        let resident = min(amount.anonymous, amount.resident)
        // Where all of it are copies, so is the range.
        var copies = MemoryAmount(virtual: resident == amount.resident ? amount.virtual : 0)
        copies.resident = resident
        copies.proportional = min(resident, amount.proportional)
        copies.anonymous = amount.anonymous
        copies.swap = amount.swap
        copies.lazilyFreed = amount.lazilyFreed
        copies.pageSize = amount.pageSize
        return copies
    }
}
