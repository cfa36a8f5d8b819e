import ObjectFiles
import ProfileModel

/// An object file: headers, sections, compressed sections, notes, symbols, and symbols embedded in it.
func fuzzELF(_ bytes: [UInt8]) {
    guard let object = try? ObjectFile(id: ObjectID(rawValue: 1), path: "/fuzzed", image: bytes) else { return }
    _ = (object.buildID, object.unwindHeader, object.sectionDefect)
    for section in object.sections.prefix(64) {
        let contents = (try? object.contents(of: section, limit: 1 << 20)) ?? []
        precondition(contents.count <= 1 << 20)
    }
    let addresses = object.segments.prefix(16).flatMap { segment in
        [0, 1, 64, segment.memorySize &- 1, segment.memorySize].map { segment.address.rawValue &+ $0 }
    }
    // A few are searched for without sorting, more of them in the sorted table: the answers must be the same.
    let asked = (addresses + [0, .max]).prefix(12).map { FileAddress(rawValue: $0) }
    let unsorted = asked.map { object.symbol(containing: $0) }
    let table = object.symbols()
    for (address, symbol) in zip(asked, unsorted) { precondition(table.symbol(containing: address) == symbol) }
    for address in addresses {
        precondition(object.bytes(at: FileAddress(rawValue: address), count: 300).count <= 300)
    }
    for segment in object.segments.prefix(64) { _ = object.fileAddress(ofFileOffset: segment.fileOffset) }
}
