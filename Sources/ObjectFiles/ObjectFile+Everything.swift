internal import ProfileModel

extension ObjectFile {
    /// Reads all that can be read of a file with these bytes: an entry for tests of hostile files.
    ///
    /// Headers, notes, contents of sections, symbols of all tables, debug links and bytes by address; bounded in time and
    /// memory by a budget of its own.
    ///
    /// - Returns: how many ranges have a name; `nil` when the bytes are no object file.
    @discardableResult
    package static func readEverything(in bytes: [UInt8]) -> Int? {
        let budget = ParsingBudget(ParsingBudget.Limits(memory: 64 << 20, bytes: 256 << 20, entries: 1 << 20))
        guard let object = try? ObjectFile(id: ObjectID(rawValue: 0), path: "/bytes", image: bytes, budget: budget)
        else { return nil }
        for section in object.sections {
            _ = try? object.contents(of: section, limit: 1 << 20)
            _ = object.storedBytes(of: section, at: section.size / 2, count: 100)
        }
        if let link = DebugLink(of: object.elf) { _ = link.matches(object.elf) }
        let definitions = try? object.definitions(ofSymbols: ["main", "_PyRuntime"], andPartsOf: ["main"])
        precondition(definitions.map { $0.count <= 256 } ?? true)
        let table = object.symbols()
        for segment in object.segments {
            _ = object.bytes(at: segment.address, count: 300)
            _ = object.fileAddress(ofFileOffset: segment.fileOffset)
            for distance: UInt64 in [0, 1, 100, segment.memorySize] {
                _ = table.symbol(containing: FileAddress(rawValue: segment.address.rawValue &+ distance))
            }
        }
        for section in object.sections where section.isExecutable {
            _ = table.symbol(containing: section.address)
            for distance: UInt64 in [0, 40, section.size / 2, section.size &- 1] {
                readGoFunction(of: object, at: FileAddress(rawValue: section.address.rawValue &+ distance))
            }
        }
        _ = table.symbol(containing: FileAddress(rawValue: .max))
        return table.count
    }

    private static func readGoFunction(of object: ObjectFile, at address: FileAddress) {
        guard let function = object.goFunctions?.function(covering: address) else { return }
        precondition(function.range.contains(address))
        _ = function.name
        guard let (depths, end) = function.stackDepths else { return }
        precondition(end <= function.range.upperBound)
        precondition(zip(depths, depths.dropFirst()).allSatisfy { $0.start < $1.start })
    }
}
