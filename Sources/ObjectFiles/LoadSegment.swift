internal import CElf
internal import Glibc
package import ProfileModel

/// A part of an object file that the loader maps: a `PT_LOAD` program header.
package struct LoadSegment: Sendable, Hashable {
    package let fileOffset: UInt64
    package let fileSize: UInt64
    package let address: FileAddress
    /// Above `fileSize` where zeroed memory follows the file's bytes.
    package let memorySize: UInt64
    package let isExecutable: Bool

    package init(
        fileOffset: UInt64, fileSize: UInt64, address: FileAddress, memorySize: UInt64, isExecutable: Bool
    ) {
        self.fileOffset = fileOffset
        self.fileSize = fileSize
        self.address = address
        self.memorySize = memorySize
        self.isExecutable = isExecutable
    }

    init(_ header: Elf64_Phdr) {
        self.init(
            fileOffset: header.p_offset, fileSize: header.p_filesz, address: FileAddress(rawValue: header.p_vaddr),
            memorySize: header.p_memsz, isExecutable: header.p_flags & UInt32(PF_X) != 0)
    }

    /// Where the byte at `address` lies in the file, and how many of the segment's bytes follow from there.
    func filePosition(of address: FileAddress) -> (offset: UInt64, count: UInt64)? {
        let distance = address.rawValue &- self.address.rawValue
        guard distance < fileSize else { return nil }
        return (fileOffset &+ distance, fileSize - distance)
    }

    /// Whether a mapping that starts at `offset` in the file shows this segment.
    ///
    /// The loader maps whole pages, so a mapping starts at `fileOffset` rounded down, and shows what precedes it.
    func isMapped(from offset: UInt64) -> Bool {
        let start = fileOffset & ~(Self.pageSize - 1)
        return offset >= start && offset - start < (fileOffset - start) &+ fileSize
    }

    private static let pageSize: UInt64 = 4096
}
