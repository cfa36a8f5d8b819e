package import ObjectFiles
package import ProfileModel
internal import SystemSupport

/// Finds the frame description that covers an address of one object file.
///
/// Searches the binary search table of `.eh_frame_hdr`; where there is none (`gcc -static`) or it is of another form,
/// in an index of `.eh_frame` built here; then in Go's own table of functions; then in an index of `.debug_frame`, which
/// Go's linker makes of that table.
final class UnwindTable {
    private let exceptionFrames: ExceptionFrames
    private let object: ObjectFile
    private let goFrames: GoFrames?
    private lazy var debugFrames = CallFrameIndex(debugFramesOf: object)

    private enum ExceptionFrames {
        case header(ExceptionFrameHeader)
        case index(CallFrameIndex)
        case none
    }

    init(of object: ObjectFile) {
        self.object = object
        goFrames = object.goFunctions.map { GoFrames(of: $0) }
        if let header = ExceptionFrameHeader(of: object) {
            exceptionFrames = .header(header)
        } else if let index = CallFrameIndex(exceptionFramesOf: object) {
            exceptionFrames = .index(index)
        } else {
            exceptionFrames = .none
        }
    }

    /// The description that covers `address`; `nil` when there is none.
    func description(covering address: FileAddress) throws(CallFrameError) -> FrameDescription? {
        let found: FrameDescription? =
            switch exceptionFrames {
            case .header(let header): try header.description(covering: address)
            case .index(let index): try index.description(covering: address)
            case .none: nil
            }
        if let found = found ?? goFrames?.description(covering: address) { return found }
        return try debugFrames?.description(covering: address)
    }

    /// The description that begins last of those that begin at or before `address`, whether it covers that or not.
    func description(startingBefore address: FileAddress) throws(CallFrameError) -> FrameDescription? {
        let exception: FrameDescription? =
            switch exceptionFrames {
            case .header(let header): try header.description(startingBefore: address)
            case .index(let index): try index.description(startingBefore: address)
            case .none: nil
            }
        let debug = try debugFrames?.description(startingBefore: address)
        return [exception, debug].compactMap(\.self).max { $0.start < $1.start }
    }
}

/// The binary search table in `.eh_frame_hdr` (Linux Standard Base, "Exception Frame Header").
struct ExceptionFrameHeader {
    private static let headerSize: UInt64 = 12
    private static let entrySize: UInt64 = 8

    private let section: CallFrameSection
    private let object: ObjectFile
    private let base: UInt64
    private let count: UInt64

    /// `nil` unless the table is there, and sorted pairs of signed 4-byte offsets from its start, as every linker
    /// writes it.
    init?(of object: ObjectFile) {
        guard let range = object.unwindHeader, range.size >= Self.headerSize else { return nil }
        var reader = ByteReader(object.bytes(at: range.address, count: Int(Self.headerSize)))
        guard let version = try? reader.readUInt8(), version == 1,
            let framesEncoding = try? reader.readUInt8(), framesEncoding == PointerEncoding.pcRelativeSigned4.rawValue,
            let countEncoding = try? reader.readUInt8(), countEncoding == PointerEncoding.unsigned4.rawValue,
            let tableEncoding = try? reader.readUInt8(), tableEncoding == PointerEncoding.dataRelativeSigned4.rawValue,
            (try? reader.skip(4)) != nil, let count = try? reader.readUnsigned(size: 4), count > 0
        else { return nil }
        self.object = object
        self.count = min(count, (range.size - Self.headerSize) / Self.entrySize)
        base = range.address.rawValue
        section = CallFrameSection(form: .exceptionFrames(object))
    }

    func description(covering address: FileAddress) throws(CallFrameError) -> FrameDescription? {
        guard let found = try description(startingBefore: address) else { return nil }
        return found.contains(address) ? found : nil
    }

    /// The description that begins last of those that begin at or before `address`.
    func description(startingBefore address: FileAddress) throws(CallFrameError) -> FrameDescription? {
        let following = try (0..<count).partitionPoint { index throws(CallFrameError) in
            try entry(index).start <= address.rawValue
        }
        return following > 0 ? try section.description(at: entry(following - 1).position) : nil
    }

    private func entry(_ index: UInt64) throws(CallFrameError) -> (start: UInt64, position: UInt64) {
        let address = FileAddress(rawValue: base &+ Self.headerSize &+ index * Self.entrySize)
        var reader = ByteReader(object.bytes(at: address, count: Int(Self.entrySize)))
        let start = try reader.readSigned(size: 4)
        let position = try reader.readSigned(size: 4)
        return (base &+ start, base &+ position)
    }
}

/// The unwind tables of object files, one for each file however many processes map it.
///
/// Belongs to one thread.
package final class UnwindTableCache {
    private var tables: [ObjectID: UnwindTable] = [:]
    private var functions: [ObjectID: NamedFunctions] = [:]

    private let willRead: (ObjectID?) -> Void

    /// - Parameter willRead: is called with the object file whose tables are about to be read, and with `nil` afterwards.
    package init(willRead: @escaping (ObjectID?) -> Void = { _ in }) { self.willRead = willRead }

    /// Discards the tables of object files that are used no more.
    package func discard(_ objects: [ObjectID]) {
        for object in objects {
            tables[object] = nil
            functions[object] = nil
        }
    }

    func table(of object: ObjectFile) -> UnwindTable {
        if let known = tables[object.id] { return known }
        willRead(object.id)
        defer { willRead(nil) }
        let table = UnwindTable(of: object)
        tables[object.id] = table
        return table
    }

    /// The functions that an object's code names; found at the first call.
    func functions(in object: ObjectFile) -> NamedFunctions {
        if let known = functions[object.id] { return known }
        willRead(object.id)
        defer { willRead(nil) }
        let found = NamedFunctions(in: object)
        functions[object.id] = found
        return found
    }
}

/// Where functions begin and end, by call frame information: what is known of functions whose symbols were stripped.
///
/// Belongs to one thread.
package struct FunctionBounds {
    private let tables: UnwindTableCache

    package init(tables: UnwindTableCache) { self.tables = tables }

    /// The function that begins last of those that begin at or before an address, and have call frame information.
    ///
    /// `nil` where there is none, or the information can't be read.
    package func lastFunction(of object: ObjectFile, startingBefore address: FileAddress) -> Range<FileAddress>? {
        let table = tables.table(of: object)
        // The last one that begins before may end before, too, where another one reaches farther.
        guard let found = try? table.description(covering: address) ?? table.description(startingBefore: address)
        else { return nil }
        return found.start..<max(found.start, found.end)
    }
}
