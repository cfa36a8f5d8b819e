internal import Glibc
package import ProcFS
package import ProfileModel
internal import SystemSupport

/// Reads what is mapped where in one process, and opens the object files behind its code, of which it reads nothing.
///
/// Belongs to one thread.
package final class AddressSpaceReader {
    private let process: ProcessID
    private let objects: TracedObjects
    private let debugFiles: DebugFileDirectories
    private let openElsewhere: ((MemoryMapping) -> ObjectID?)?
    private var text: [UInt8] = []
    private var previousText: [UInt8] = []
    private var opened: [TracedObjects.FileIdentity: ObjectID?] = [:]
    /// The CPU time, in nanoseconds, that it took to list the mappings the last time: the kernel holds the target's
    /// `mmap_lock` meanwhile.
    package private(set) var listingCost: UInt64 = 0

    /// - Parameter openElsewhere: opens a file that can't be opened where the process sees it, as when it has just ended.
    package init(
        of directory: borrowing ProcessDirectory, objects: TracedObjects,
        openElsewhere: ((MemoryMapping) -> ObjectID?)? = nil
    ) {
        process = directory.process
        self.objects = objects
        self.openElsewhere = openElsewhere
        debugFiles = DebugFileDirectories(
            targetRoot: Self.root(of: directory), owner: try? directory.effectiveUser())
    }

    private static func root(of directory: borrowing ProcessDirectory) -> OwnedDescriptor? {
        if let root = try? directory.open("root", flags: OwnedDescriptor.place) { return root }
        return try? directory.livingThread()?.open("root", flags: OwnedDescriptor.place)
    }

    /// The mappings now, or `nil` when they are the same as at the last call.
    ///
    /// Throws `vanished` when the process has given up its address space.
    package func readChanges(of directory: borrowing ProcessDirectory) throws(ProcFSError) -> MemoryMap? {
        swap(&text, &previousText)
        let maps = try list(directory)
        if maps.entries.isEmpty, let thread = directory.livingThread() {
            return try map(try list(thread), of: thread)
        }
        return try map(maps, of: directory)
    }

    private func list(_ directory: borrowing ProcessDirectory) throws(ProcFSError) -> ProcMaps {
        let start = ProcessorTime.ofThisThread
        let maps = try directory.maps(using: &text)
        listingCost = ProcessorTime.ofThisThread - start
        return maps
    }

    private func map(
        _ maps: ProcMaps, of directory: borrowing ProcessDirectory
    ) throws(ProcFSError) -> MemoryMap? {
        guard !maps.entries.isEmpty, text == previousText || hasAddressSpace(directory) else {
            text = []
            throw .vanished(file: "maps")
        }
        guard text != previousText else { return nil }
        var ranges: [MappedRange] = []
        ranges.reserveCapacity(maps.entries.count)
        for entry in maps.entries { ranges.append(range(entry, in: directory)) }
        for index in Self.neighboursOfCode(in: maps.entries) {
            let entry = maps.entries[index]
            ranges[index] = range(entry, .file(path: entry.name, file(behind: entry, in: directory)))
        }
        return MemoryMap(ranges)
    }

    /// The mappings next to executable memory of other files whose code it may be a copy of.
    ///
    /// Those have mappings on both sides of it, or one that follows and doesn't show the file's beginning. A copy is in
    /// memory without a file, or in a file of its own.
    private static func neighboursOfCode(in entries: [MemoryMapping]) -> Set<Int> {
        let before = otherFiles(in: entries, entries.indices)
        var neighbours: Set<Int> = []
        for (index, after) in otherFiles(in: entries, entries.indices.reversed()) {
            if let before = before[index], identity(of: entries[before]) == identity(of: entries[after]) {
                neighbours.formUnion([before, after])
            } else if entries[after].offset > 0 {
                neighbours.insert(after)
            }
        }
        return neighbours
    }

    private static func otherFiles(in entries: [MemoryMapping], _ order: some Sequence<Int>) -> [Int: Int] {
        MappingNeighbours.otherFiles(order, isExecutable: { entries[$0].isExecutable }) { index in
            holdsFile(entries[index]) ? identity(of: entries[index]) : nil
        }
    }

    private static func identity(of entry: MemoryMapping) -> TracedObjects.FileIdentity {
        TracedObjects.FileIdentity(device: entry.device, inode: entry.inode, path: entry.name)
    }

    /// Whether a range holds what is in a file, by the names that the kernel gives to memory without one: huge pages, and
    /// memory that is shared from the start.
    private static func holdsFile(_ entry: MemoryMapping) -> Bool {
        entry.isFile && !["/anon_hugepage", "/dev/zero"].contains(entry.name)
    }

    /// Whether the process hasn't given up its address space: the list of one that ends while it is read breaks off
    /// without an error.
    private func hasAddressSpace(_ directory: borrowing ProcessDirectory) -> Bool {
        var buffer: [UInt8] = []
        let size = try? StatmFile(of: directory).read(using: &buffer).virtualPages
        return size.map { $0 > 0 } ?? false
    }

    /// A mapping with the number of the object file behind it.
    package func range(_ entry: MemoryMapping, in directory: borrowing ProcessDirectory) -> MappedRange {
        range(entry, content(of: entry, in: directory))
    }

    private func range(_ entry: MemoryMapping, _ content: MappedRange.Content) -> MappedRange {
        MappedRange(
            start: entry.start, end: entry.end, isReadable: entry.permissions.contains(.read),
            isWritable: entry.permissions.contains(.write), isExecutable: entry.isExecutable,
            isShared: entry.permissions.contains(.shared), fileOffset: entry.offset, content: content)
    }

    private func content(of entry: MemoryMapping, in directory: borrowing ProcessDirectory) -> MappedRange.Content {
        if entry.isFile {
            guard Self.holdsFile(entry) else { return .anonymous }
            return .file(path: entry.name, object(behind: entry, in: directory))
        }
        switch entry.name {
        case "": return .anonymous
        case "[vdso]": return .vdso(vdso(entry))
        case "[heap]": return .heap
        case "[stack]": return .stack
        default: return .named(entry.name)
        }
    }

    private func vdso(_ entry: MemoryMapping) -> ObjectID? {
        // The kernel's vDSO has two to four pages.
        let image = TargetMemory(of: process).bytes(at: entry.start, count: Int(min(entry.size, 1 << 16)))
        return image.isEmpty ? nil : objects.add(path: "[vdso]", image: image)
    }

    /// Discards the numbers of object files that are used no more, and tries those again that couldn't be opened.
    package func evictObjects(keeping used: Set<ObjectID>) {
        opened = opened.filter { _, object in
            object.map { used.contains($0) && objects.isReadable($0) } ?? false
        }
    }

    /// The file behind executable code; `nil` where the range isn't executable, or too many files are known.
    package func object(behind entry: MemoryMapping, in directory: borrowing ProcessDirectory) -> ObjectID? {
        entry.isExecutable ? file(behind: entry, in: directory) : nil
    }

    private func file(behind entry: MemoryMapping, in directory: borrowing ProcessDirectory) -> ObjectID? {
        let key = Self.identity(of: entry)
        if let known = opened[key] { return known }
        var object: ObjectID?
        if let descriptor = MappedFile(of: entry).open(in: directory) {
            object = objects.add(path: entry.name, descriptor, debugFiles: debugFiles)
        }
        object = object ?? openElsewhere?(entry) ?? objects.add(unreadable: key)
        opened[key] = .some(object)
        return object
    }
}
