internal import HeapGraph
internal import ProfileModel
internal import Symbolication
internal import SystemSupport
internal import WorkerProtocol

/// A process's memory with what the kernel says of its pages (`/proc/PID/pagemap`), by descriptors that the tracer has opened.
final class PagedProcessMemory: HeapMemory {
    private let memory: ProcessMemory
    private let pages: ProcessMemory?

    init(_ memory: ProcessMemory, pages: consuming OwnedDescriptor?) {
        self.memory = memory
        self.pages = if let pages { ProcessMemory(pages) } else { nil }
    }

    func read(at address: Address, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        // Safe: the caller's buffer.
        unsafe memory.read(at: address, into: buffer)
    }

    func pageEntries(from page: UInt64, count: Int) -> [UInt64]? {
        guard let pages, page < 1 << 52 else { return nil }
        // Safe: the file gives at most as many bytes as there is room for, and says how many.
        let entries = unsafe [UInt64](unsafeUninitializedCapacity: count) { buffer, initialized in
            let count = unsafe pages.read(
                at: Address(rawValue: page * 8), into: UnsafeMutableRawBufferPointer(buffer))
            initialized = count / 8
        }
        return entries.isEmpty ? nil : entries
    }
}

/// The searches for leaks in one process, and readings of its heap.
struct ProcessHeap {
    private let memory: ProcessMemory
    private var leaks = LeakSearch()

    init(_ memory: ProcessMemory) { self.memory = memory }

    mutating func scan(
        _ ranges: [MappedRange], _ input: HeapScanInput, pages: consuming OwnedDescriptor?, noting area: SharedArea
    ) -> HeapScanReply {
        do throws(HeapReadError) {
            let memory = PagedProcessMemory(memory, pages: pages)
            return .scanned(try leaks.scan(memory, ranges, input, progress: Self.progress(in: area)))
        } catch {
            return .unreadable(error)
        }
    }

    func unreachedBlocks(noting area: SharedArea) -> BlockGroupList {
        leaks.groups(
            PagedProcessMemory(memory, pages: nil), demangle: Self.className, progress: Self.progress(in: area))
    }

    func read(
        _ ranges: [MappedRange], pages: consuming OwnedDescriptor?, noting area: SharedArea
    ) -> HeapContentsReply {
        do throws(HeapReadError) {
            let memory = PagedProcessMemory(memory, pages: pages)
            let (summary, groups) = try HeapContents.read(
                memory, ranges, demangle: Self.className, progress: Self.progress(in: area))
            return .read(summary, groups)
        } catch {
            return .unreadable(error)
        }
    }

    /// Each piece that is read has the deadline of a stack.
    private static func progress(in area: SharedArea) -> () -> Void {
        { area.activity = SharedArea.Activity(phase: .stack, index: 0) }
    }

    /// The name of a class by the one in its type information.
    private static func className(_ mangled: String) -> String? {
        let prefix = "typeinfo name for "
        let name = Demangling.readable("_ZTS" + mangled)
        return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
    }
}
