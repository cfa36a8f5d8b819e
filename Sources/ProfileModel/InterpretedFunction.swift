internal import SystemSupport

/// A function of an interpreted language, as the structures of its runtime describe it.
package struct InterpretedFunction: Hashable, Sendable {
    /// With the names of what it is declared in, where the runtime's version knows them.
    package let name: String
    /// The path as the runtime has it, which may be no path at all, such as `<string>`.
    package let file: String
    /// From 1; `nil` where the runtime gives none.
    package let firstLine: UInt32?
    package let id: InterpretedFunctionID

    package init(name: String, file: String, firstLine: UInt32?) {
        self.name = name
        self.file = file
        self.firstLine = firstLine
        var hash = FNV1a()
        hash.combine(name.utf8)
        hash.combine(UInt64(name.utf8.count))
        hash.combine(file.utf8)
        hash.combine(firstLine.map { UInt64($0) + 1 } ?? 0)
        id = InterpretedFunctionID(rawValue: hash.value)
    }

    /// What stands for functions that were not copied, between those inside of them and what called the outermost one.
    package static let omitted = InterpretedFunction(name: omittedName, file: "", firstLine: nil)
    package static let omittedName = "[truncated: too_deep]"

    /// The bytes of its texts.
    package var textSize: Int { name.utf8.count + file.utf8.count }

    /// The function at a line, as a person reads it.
    package func frame(at line: UInt32?) -> Frame {
        let position = line ?? firstLine
        return Frame(
            name: name, kind: .python, object: nil,
            source: position.map { SourcePosition(file: file, line: Int($0), functionLine: firstLine.map(Int.init)) })
    }
}

/// The identity of an interpreted function: a hash of its name and place, so that it is the same in every process and worker.
package struct InterpretedFunctionID: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }
}
