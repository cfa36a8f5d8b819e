internal import Glibc
internal import SystemSupport

/// Why an object file, or a part of it, could not be read.
package enum ObjectFileError: Error, Sendable, Hashable {
    /// A system call on the file failed.
    case unreadable(path: String, errno: Int32)
    /// A directory, a device, a pipe: its bytes have no fixed place.
    case notARegularFile(path: String)
    /// The path leads to another file than the one that is mapped.
    case replaced(path: String)
    /// No ELF magic number, or a file shorter than an ELF header.
    case notELF(path: String)
    /// An ELF file of a class, byte order or version that Sonde doesn't read.
    case unsupportedFormat(path: String, format: String)
    /// A header or a section that contradicts itself or the size of the file.
    case malformed(path: String, part: String)
    /// A count or a size above what Sonde accepts from a file that it doesn't trust.
    case tooLarge(path: String, part: String, size: UInt64, limit: UInt64)
    /// A section compressed by a method that Sonde doesn't know.
    case unsupportedCompression(path: String, section: String, method: UInt32)
    /// The recording has used up what it may spend on the object files of its targets.
    case budgetExhausted(path: String, part: String, BudgetExhausted)
    /// As many object files are open as Sonde keeps.
    case tooManyObjects(limit: Int)

    /// What happened, where, and what to do about it, for a person.
    package var message: String {
        switch self {
        case .unreadable(let path, let code):
            "\(path): \(errorText(code)); its functions have no names until it can be read"
        case .notARegularFile(let path): "\(path): not a regular file"
        case .replaced(let path):
            "\(path): deleted or replaced since it was mapped; CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE would reach it"
        case .notELF(let path): "\(path): not an ELF file"
        case .unsupportedFormat(let path, let format): "\(path): \(format) ELF; Sonde reads 64-bit little-endian files"
        case .malformed(let path, let part): "\(path): \(part) is damaged; was the file replaced or truncated?"
        case .tooLarge(let path, let part, let size, let limit):
            "\(path): \(part) is \(size), above the limit of \(limit)"
        case .unsupportedCompression(let path, let section, let method):
            "\(path): \(section) is compressed by method \(method); recompress it with objcopy "
                + "--compress-debug-sections=zlib"
        case .budgetExhausted(let path, let part, let cause):
            "\(path): \(part) not read: the limit of \(cause.limit) \(cause.resource.unit) for the recording's object "
                + "files is reached; record fewer processes"
        case .tooManyObjects(let limit): "\(limit) object files are open, as many as Sonde keeps; watch fewer processes"
        }
    }
}

extension ParsingBudget.Resource {
    fileprivate var unit: String {
        switch self {
        case .memory: "bytes of memory"
        case .bytes: "bytes read"
        case .entries: "table entries"
        }
    }
}

extension ObjectFileError: CustomStringConvertible {
    package var description: String { message }
}
