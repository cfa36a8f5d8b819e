import ProfileModel
import SystemSupport

/// What an allocator has, as `--json` writes it; amounts are those of blocks with their headers.
struct HeapDocument: Encodable {
    let live: Amount
    let free: Amount
    let arenas: [Arena]
    /// Of the free blocks, those that are kept for single threads.
    let cached: Amount
    /// Of the blocks in use, those that were mapped one by one.
    let mapped: Amount
    let unknown: [Loss]

    struct Amount: Encodable {
        let blocks: UInt64
        let bytes: UInt64

        init(_ amount: HeapAmount) { (blocks, bytes) = (amount.blocks, amount.bytes) }
    }

    struct Arena: Encodable {
        let isMain: Bool
        let live: Amount
        let free: Amount

        private enum CodingKeys: String, CodingKey {
            case isMain = "main"
            case live, free
        }
    }

    struct Loss: Encodable {
        let reason: String
        let count: UInt64
        let bytes: UInt64
    }

    init(_ summary: HeapSummary) {
        live = Amount(summary.live)
        free = Amount(summary.free)
        arenas = summary.arenas.map { Arena(isMain: $0.isMain, live: Amount($0.live), free: Amount($0.free)) }
        cached = Amount(summary.cached)
        mapped = Amount(summary.mapped)
        unknown = summary.losses.amounts.sorted { $0.key.rawValue < $1.key.rawValue }.map { loss, amount in
            Loss(reason: loss.name, count: amount.blocks, bytes: amount.bytes)
        }
    }
}

/// Blocks of one kind, as `--json` writes them.
struct BlockGroupDocument: Encodable {
    let kind: String
    /// The class of objects.
    @Nullable var type: String?
    @Nullable var size: UInt64?
    let blocks: UInt64
    let bytes: UInt64
    @Nullable var sample: String?

    private enum CodingKeys: String, CodingKey {
        case kind, type, blocks, bytes, sample
        case size = "sizeBytes"
    }

    init(_ group: BlockGroup) {
        kind = group.content.kind
        type = group.content.className.map { printable($0) }
        size = group.size
        (blocks, bytes) = (group.amount.blocks, group.amount.bytes)
        sample = group.sample.map { printable($0) }
    }
}

extension BlockContent {
    var kind: String {
        switch self {
        case .cxx: "cxx"
        case .swift: "swift"
        case .text: "text"
        case .zeros: "zeros"
        case .other: "data"
        }
    }

    var className: String? {
        switch self {
        case .cxx(let name), .swift(let name): name
        case .text, .zeros, .other: nil
        }
    }
}

extension BlockGroup {
    /// For a person: the class, or how one begins.
    var words: String {
        switch content {
        case .cxx(let name), .swift(let name): printable(name)
        case .text: "text \"\(printable(sample ?? ""))\""
        case .zeros: "begins with zeros"
        case .other: "data"
        }
    }

    /// A table of the first groups, and how many more there are.
    static func table(_ groups: [BlockGroup], _ style: TextStyle, _ limit: Int?) -> String {
        var table = TextTable(["BLOCKS", "BYTES", "SIZE", "CONTENT"])
        for group in groups.prefix(limit ?? groups.count) {
            table.add([
                NumberText.grouped(group.amount.blocks), NumberText.bytes(group.amount.bytes), group.sizeText,
                group.words,
            ])
        }
        return table.text(style) + rest(groups.count, limit)
    }

    static func rest(_ count: Int, _ limit: Int?) -> String {
        guard let limit, count > limit else { return "" }
        return "  and \(NumberText.grouped(count - limit)) more; --limit 0 shows all\n"
    }

    var sizeText: String { size.map { NumberText.grouped($0) } ?? "various" }
}

extension HeapAmount {
    var words: String { "\(NumberText.count(blocks, "block")) of \(NumberText.bytes(bytes))" }
}

extension HeapLoss {
    var name: String {
        switch self {
        case .inconsistent: "inconsistent"
        case .scattered: "scattered"
        case .brokenFreeList: "broken_free_list"
        case .unreadable: "unreadable"
        case .unmapped: "unmapped"
        case .tooLarge: "too_large"
        case .tooManyBlocks: "too_many_blocks"
        case .device: "device_memory"
        case .registers: "registers"
        }
    }

    /// What is not known, and what to do.
    func words(_ amount: HeapAmount) -> String {
        let bytes = NumberText.bytes(amount.bytes)
        return switch self {
        case .inconsistent:
            "\(bytes) of heap can't be followed: it changed too fast, or is damaged; what is there was searched for references, "
                + "and its blocks were not judged"
        case .scattered:
            "\(bytes) of the main arena are in several places, as when others call sbrk(2): its blocks were not judged"
        case .brokenFreeList:
            "\(NumberText.count(amount.blocks, "list")) of free blocks changed too fast to be followed: some of these blocks may "
                + "be counted as in use"
        case .unreadable:
            "\(bytes) of memory could not be read, where references may be; run it again"
        case .unmapped: "\(bytes) of heap came meanwhile, and were not judged"
        case .tooLarge: "\(bytes) of heap are more than is kept of one: their blocks were not judged"
        case .tooManyBlocks: "\(NumberText.grouped(amount.blocks)) blocks more were not judged"
        case .device: "\(bytes) of devices' memory were not searched for references"
        case .registers:
            "registers of \(NumberText.count(amount.blocks, "thread")) could not be read, which may have references: another "
                + "tracer has them, or they didn't stop"
        }
    }
}

extension HeapReadError {
    /// Why a heap can't be read, and what to do instead.
    var words: String {
        switch self {
        case .noAllocator(let other?): "\(other.words); sonde memory shows its mappings"
        case .noAllocator(nil):
            "no heap of glibc's allocator (2.26 or later) was found in it: it has another one, linked into the program; "
                + "sonde memory shows its mappings"
        }
    }
}

extension OtherAllocator {
    fileprivate var words: String {
        switch self {
        case .jemalloc: "its memory comes from jemalloc, which isn't read"
        case .tcmalloc: "its memory comes from tcmalloc, which isn't read"
        case .mimalloc: "its memory comes from mimalloc, which isn't read"
        case .musl: "its memory comes from musl's allocator, which isn't read"
        case .go: "its memory comes from Go's runtime, which isn't read: its collector frees what nothing reaches"
        case .sanitizer: "its memory comes from AddressSanitizer, which has a leak check of its own (LSAN_OPTIONS)"
        }
    }
}
