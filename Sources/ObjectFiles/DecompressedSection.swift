internal import CElf
internal import Glibc

/// How a section is compressed.
enum SectionCompression {
    case zlib
    /// Under the name `.zdebug_…`.
    case olderZlib
    case zstandard

    /// What precedes the compressed bytes.
    var headerSize: Int { self == .olderZlib ? 12 : MemoryLayout<Elf64_Chdr>.size }
}

/// The contents of a compressed section, decompressed as far as they are asked for where the method is zlib's.
///
/// What comes before damage is as good as ever. Belongs to one thread.
package final class DecompressedSection {
    /// How many bytes the section says that its contents have.
    package let size: Int
    private let file: ElfFile
    private let section: Section
    private var bytes: [UInt8] = []
    /// `nil` when there is nothing more to decompress.
    private var stream: ZlibStream?
    /// The whole stream was decompressed, and its checksum is right.
    private var isComplete = false
    /// Where the section's bytes begin that `stream` has not used.
    private var position: UInt64
    private let reservation: MemoryReservation

    /// - Parameter budget: pays for all contents.
    init(
        _ section: Section, of file: ElfFile, _ method: SectionCompression, size: Int, budget: ParsingBudget
    ) throws(ObjectFileError) {
        let isStream = method != .zstandard
        reservation = try withinBudget(file.path, section.name) { () throws(BudgetExhausted) in
            try budget.spend(size, .bytes)
            return try budget.reserve(size + (isStream ? Self.chunk : Int(section.size)))
        }
        self.size = size
        self.file = file
        self.section = section
        position = UInt64(method.headerSize)
        if isStream {
            stream = ZlibStream()
            bytes.reserveCapacity(size)
        } else {
            let stored = try file.storedBytes(of: section, limit: Int(section.size)).dropFirst(method.headerSize)
            guard let bytes = Decompression.decodeZstandard(stored, size: size) else { throw damage }
            self.bytes = bytes
            isComplete = true
            reservation.shrink(by: Int(section.size))
        }
    }

    private var damage: ObjectFileError { .malformed(path: file.path, part: section.name) }

    /// The bytes at an offset: fewer at the end, or where the section is damaged.
    package func bytes(at offset: UInt64, count: Int) -> [UInt8] {
        guard offset < UInt64(size), count > 0 else { return [] }
        let end = min(UInt64(size), offset + UInt64(count))
        decompress(upTo: Int(end))
        guard offset < UInt64(bytes.count) else { return [] }
        return Array(bytes[Int(offset)..<min(Int(end), bytes.count)])
    }

    /// The zero-terminated text at an offset, cut at `limit` bytes.
    package func text(at offset: UInt64, limit: Int) -> [UInt8] {
        zeroTerminated(limit: limit) { bytes(at: offset &+ UInt64($0), count: $1) }
    }

    /// All bytes, of a section whose checksum and size are right.
    func all() throws(ObjectFileError) -> [UInt8] {
        decompress(upTo: size)
        // The stream's end, which gives no more bytes.
        while !isComplete, let step = step(upTo: 1), step.output.isEmpty {}
        guard bytes.count == size, isComplete else { throw damage }
        return bytes
    }

    private func decompress(upTo count: Int) {
        while bytes.count < count, let step = step(upTo: min(Self.chunk, size - bytes.count)) {
            bytes += step.output
        }
    }

    /// The next bytes; `nil` where there are none, for good.
    private func step(upTo count: Int) -> ZlibStream.Step? {
        guard let stream else { return nil }
        let rest = position < section.size ? section.size - position : 0
        let input = file.image.bytes(upTo: Int(min(UInt64(Self.storedChunk), rest)), at: section.fileOffset &+ position)
        let step = stream.decompress(input, upTo: count)
        isComplete = step?.isComplete == true
        if step == nil || isComplete { self.stream = nil }
        position += UInt64(step?.used ?? 0)
        return step
    }

    private static let chunk = 64 << 10
    /// Gives a chunk in most sections.
    private static let storedChunk = 32 << 10
}

/// A zlib stream (RFC 1950), decompressed piece by piece.
@safe private final class ZlibStream {
    struct Step {
        let output: [UInt8]
        /// Bytes of the input.
        let used: Int
        /// The stream ends here, with the right checksum.
        let isComplete: Bool
    }

    private let inflater: OpaquePointer

    /// `nil` when there is no memory.
    init?() {
        guard let inflater = unsafe celf_inflater_create() else { return nil }
        unsafe self.inflater = inflater
    }

    deinit { unsafe free(UnsafeMutableRawPointer(inflater)) }

    /// Decodes up to `count` bytes from the next ones of the stream; `nil` where it is damaged or there is nothing more.
    func decompress(_ input: [UInt8], upTo count: Int) -> Step? {
        var (used, result) = (UInt32(input.count), celf_inflate_damaged)
        // Safe: the decoder reads the input's bytes, writes at most `count`, and counts both.
        let output = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            var written = UInt32(count)
            result = unsafe celf_inflate(inflater, input, &used, buffer.baseAddress, &written)
            initialized = Int(written)
        }
        let isComplete = result == celf_inflate_complete
        guard result != celf_inflate_damaged, isComplete || used > 0 || !output.isEmpty else { return nil }
        return Step(output: output, used: Int(used), isComplete: isComplete)
    }
}
