import ProfileModel
import Runtimes

/// A table of lines: the first byte is its format, the next four the first line.
func fuzzCPythonLines(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let format: CPythonLineTable.Format = [.deltas, .ranges, .locations][Int(input.byte() % 3)]
    let firstLine = Int(Int32(truncatingIfNeeded: Array(input.bytes(4)).littleEndianWord(at: 0, count: 4)))
    let table = CPythonLineTable(format: format, firstLine: firstLine, bytes: Array(input.rest))
    for offset in [-2, 0, 2, 6, 16, 100, 1000, .max] {
        precondition(table.line(atInstruction: offset).map { 0...Int(Int32.max) ~= $0 || offset < 0 } ?? true)
    }
}

/// Objects: the first byte is the version of CPython; then follows the memory, which begins at 0x1000.
///
/// Every eighth byte of its first 256 is read as an object of every kind.
func fuzzCPythonObjects(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let version = fuzzedVersions[Int(input.byte()) % fuzzedVersions.count]
    guard let layout = CPythonObjectLayout(version) else { preconditionFailure("no layout of \(version)") }
    let memory = FuzzedMemory(bytes: Array(input.rest))
    let objects = CPythonObjects(layout: layout, memory: memory)
    for offset in stride(from: 0, to: min(256, bytes.count), by: 8) {
        readEverything(at: FuzzedMemory.start.advanced(by: UInt64(offset)), objects)
    }
    if let layout = CPythonLayout.known(for: version) { readVariables(objects, layout, count: bytes.count) }
}

/// Every eighth byte of the first 256 is a code object, and its frame one of two places.
private func readVariables(_ objects: CPythonObjects, _ layout: CPythonLayout, count: Int) {
    let reading = VariableReading(redactedNames: ["*a*"], objectLimit: 500, deadline: .max)
    for offset in stride(from: 0, to: min(256, count), by: 8) {
        let code = FuzzedMemory.start.advanced(by: UInt64(offset))
        var variables = CPythonVariables(layout: layout, objects: objects, reading)
        for record in [FuzzedMemory.start, code] {
            let read = variables.variables(ofFrameAt: record, code: code).variables
            precondition(read.count <= FrameVariables.variableLimit)
            precondition(read.allSatisfy { $0.value.unicodeScalars.count <= 2_000 })
        }
    }
}

private func readEverything(at address: Address, _ objects: CPythonObjects) {
    precondition(((try? objects.text(at: address, limit: 10))?.unicodeScalars.count ?? 0) <= 10)
    precondition(((try? objects.bytes(at: address, limit: 10))?.count ?? 0) <= 10)
    precondition(((try? objects.attributes(of: address, limit: 10))?.count ?? 0) <= 10)
    precondition(((try? objects.elements(ofSet: address, limit: 10))?.count ?? 0) <= 10)
    precondition(((try? objects.elements(ofWeakSet: address, limit: 10))?.count ?? 0) <= 10)
    precondition(((try? objects.threadNames(modules: address))?.count ?? 0) <= 4096)
    precondition(objects.value(at: address).description.unicodeScalars.count <= 1 << 18)
}

private let fuzzedVersions =
    (6...14).map { CPythonVersion(3, $0) } + [13, 14].map { CPythonVersion(3, $0, isFreeThreaded: true) }

private struct FuzzedMemory: RuntimeMemory {
    static let start = Address(rawValue: 0x1000)
    let bytes: [UInt8]

    func bytes(at address: Address, count: Int) -> [UInt8] {
        // What a read of a live process would have to make room for.
        precondition(count <= 2 << 20)
        guard address >= Self.start, address.rawValue - Self.start.rawValue < UInt64(bytes.count) else { return [] }
        return Array(bytes.dropFirst(Int(address.rawValue - Self.start.rawValue)).prefix(count))
    }
}
