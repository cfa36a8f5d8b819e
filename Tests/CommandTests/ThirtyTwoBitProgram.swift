import Foundation
import TestSupport

/// A running 32-bit program: an endless loop of two bytes, in the smallest ELF file that holds it.
final class ThirtyTwoBitProgram {
    let child: Child
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write(Self.file, to: "loop32")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(directory.path)/loop32")
        child = try Child(["\(directory.path)/loop32"])
    }

    /// Whether this kernel runs 32-bit programs.
    static let runs = (try? ThirtyTwoBitProgram()) != nil

    private static let base: UInt32 = 0x0804_8000
    private static let headerSize: UInt32 = 52 + 32

    /// The header, one program header and the code: elf(5).
    private static var file: [UInt8] {
        let loop: [UInt8] = [0xEB, 0xFE]
        let size = headerSize + UInt32(loop.count)
        let identification: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 1, 1, 1] + Array(repeating: 0, count: 9)
        // ET_EXEC, EM_386, EV_CURRENT, e_entry, e_phoff, e_shoff, e_flags, e_ehsize, e_phentsize, e_phnum, sections.
        let header = half(2, 3) + word(1, base + headerSize, 52, 0, 0) + half(52, 32, 1, 40, 0, 0)
        // PT_LOAD, p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, PF_R | PF_X, p_align.
        let segment = word(1, 0, base, base, size, size, 5, 0x1000)
        return identification + header + segment + loop
    }

    private static func half(_ values: UInt16...) -> [UInt8] {
        values.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
    }

    private static func word(_ values: UInt32...) -> [UInt8] {
        values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    }
}
