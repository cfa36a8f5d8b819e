internal import CElf
internal import Glibc

extension ElfFile {
    /// The contents of a section, decompressed if the file stores them so.
    func contents(of section: Section, limit: Int) throws(ObjectFileError) -> [UInt8] {
        let stored = try storedBytes(of: section, limit: limit)
        if section.isCompressed { return try decompressed(stored, of: section, limit: limit) }
        if section.name.hasPrefix(".zdebug_") { return try decompressedGNU(stored, of: section, limit: limit) }
        return stored
    }

    private func decompressed(
        _ stored: [UInt8], of section: Section, limit: Int
    ) throws(ObjectFileError) -> [UInt8] {
        guard let header = stored.value(of: Elf64_Chdr.self, at: 0) else {
            throw .malformed(path: path, part: section.name)
        }
        guard header.ch_type == UInt32(ELFCOMPRESS_ZLIB) else {
            throw .unsupportedCompression(path: path, section: section.name, method: header.ch_type)
        }
        let stream = stored.dropFirst(MemoryLayout<Elf64_Chdr>.size)
        return try inflated(stream, size: header.ch_size, of: section, limit: limit)
    }

    /// The older form: `ZLIB`, the size as a big-endian word, and the stream.
    ///
    /// A section without that start is not compressed.
    private func decompressedGNU(
        _ stored: [UInt8], of section: Section, limit: Int
    ) throws(ObjectFileError) -> [UInt8] {
        guard stored.starts(with: "ZLIB".utf8), let size = stored.value(of: UInt64.self, at: 4) else { return stored }
        return try inflated(stored.dropFirst(12), size: UInt64(bigEndian: size), of: section, limit: limit)
    }

    private func inflated(
        _ stream: ArraySlice<UInt8>, size: UInt64, of section: Section, limit: Int
    ) throws(ObjectFileError) -> [UInt8] {
        guard let count = Int(exactly: size), count <= limit else {
            throw .tooLarge(path: path, part: section.name, size: size, limit: UInt64(max(limit, 0)))
        }
        guard let contents = Decompression.inflate(stream, size: count) else {
            throw .malformed(path: path, part: section.name)
        }
        return contents
    }
}
