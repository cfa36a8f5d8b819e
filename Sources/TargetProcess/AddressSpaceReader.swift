internal import Glibc
package import ObjectFiles
package import ProcFS
internal import ProfileModel

/// Reads what is mapped where in one process, and opens the object files behind its code.
///
/// Belongs to one thread.
package final class AddressSpaceReader {
    private let process: ProcessID
    private let store: ObjectFileStore
    private let debugFiles: DebugFileSearch
    private let openElsewhere: ((MemoryMapping) -> MappedObject)?
    private var text: [UInt8] = []
    private var previousText: [UInt8] = []
    private var opened: [OpenedKey: MappedObject] = [:]
    /// The CPU time, in nanoseconds, that it took to list the mappings the last time: the kernel holds the target's
    /// `mmap_lock` meanwhile.
    package private(set) var listingCost: UInt64 = 0

    /// What a file is known by from one reading to the next.
    private struct OpenedKey: Hashable {
        let device: DeviceNumber
        let inode: UInt64
        let path: String
    }

    /// - Parameter openElsewhere: opens a file that can't be opened where the process sees it, as when it has just ended.
    package init(
        of directory: borrowing ProcessDirectory, store: ObjectFileStore,
        openElsewhere: ((MemoryMapping) -> MappedObject)? = nil
    ) {
        process = directory.process
        self.store = store
        self.openElsewhere = openElsewhere
        if let root = Self.root(of: directory) {
            debugFiles = DebugFileSearch(targetRoot: FileDescriptor(duplicating: root.number))
        } else {
            debugFiles = .host
        }
    }

    private static func root(of directory: borrowing ProcessDirectory) -> Descriptor? {
        if let root = try? directory.open("root", flags: Descriptor.place) { return root }
        return try? directory.livingThread()?.open("root", flags: Descriptor.place)
    }

    /// The mappings now, or `nil` when they are the same as at the last call.
    ///
    /// Throws `vanished` when the process has given up its address space.
    package func readChanges(of directory: borrowing ProcessDirectory) throws(ProcFSError) -> AddressSpaceMap? {
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
    ) throws(ProcFSError) -> AddressSpaceMap? {
        guard !maps.entries.isEmpty, text == previousText || hasAddressSpace(directory) else {
            text = []
            throw .vanished(file: "maps")
        }
        guard text != previousText else { return nil }
        var mappings: [Mapping] = []
        mappings.reserveCapacity(maps.entries.count)
        for entry in maps.entries { mappings.append(mapping(entry, in: directory)) }
        return AddressSpaceMap(mappings)
    }

    /// Whether the process hasn't given up its address space: the list of one that ends while it is read breaks off
    /// without an error.
    private func hasAddressSpace(_ directory: borrowing ProcessDirectory) -> Bool {
        var buffer: [UInt8] = []
        let size = try? StatmFile(of: directory).read(using: &buffer).virtualPages
        return size.map { $0 > 0 } ?? false
    }

    /// A mapping with the object file behind it.
    package func mapping(_ entry: MemoryMapping, in directory: borrowing ProcessDirectory) -> Mapping {
        Mapping(
            start: entry.start, end: entry.end, isReadable: entry.permissions.contains(.read),
            isWritable: entry.permissions.contains(.write), isExecutable: entry.isExecutable,
            fileOffset: entry.offset, backing: backing(of: entry, in: directory))
    }

    private func backing(of entry: MemoryMapping, in directory: borrowing ProcessDirectory) -> MappingBacking {
        if entry.isFile { return .file(path: entry.name, object(behind: entry, in: directory)) }
        switch entry.name {
        case "": return .anonymous
        case "[vdso]": return .vdso(vdso(entry))
        case "[heap]": return .heap
        case "[stack]": return .stack
        default: return .named(entry.name)
        }
    }

    private func vdso(_ entry: MemoryMapping) -> MappedObject {
        // The kernel's vDSO has two to four pages.
        let image = TargetMemory(of: process).bytes(at: entry.start, count: Int(min(entry.size, 1 << 20)))
        return MappedObject { () throws(ObjectFileError) in try store.open(path: "[vdso]", image: image) }
    }

    /// The file behind executable code.
    package func object(behind entry: MemoryMapping, in directory: borrowing ProcessDirectory) -> MappedObject {
        guard entry.isExecutable else { return .notOpened }
        let key = OpenedKey(device: entry.device, inode: entry.inode, path: entry.name)
        if let known = opened[key] { return known }
        let file = MappedFile(of: entry)
        let object: MappedObject
        do {
            let descriptor = try file.open(in: directory)
            object = .open(try store.open(path: entry.name, descriptor: descriptor, debugFiles: debugFiles))
        } catch {
            object = elsewhere(entry) ?? .failed(error)
        }
        opened[key] = object
        return object
    }

    private func elsewhere(_ entry: MemoryMapping) -> MappedObject? {
        guard let object = openElsewhere?(entry), case .open = object else { return nil }
        return object
    }
}

extension MappedObject {
    fileprivate init(_ open: () throws(ObjectFileError) -> ObjectFile) {
        do { self = .open(try open()) } catch { self = .failed(error) }
    }
}
