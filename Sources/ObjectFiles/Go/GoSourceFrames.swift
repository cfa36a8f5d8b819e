package import ProfileModel

/// A function at an instruction of a Go program: the one that is called there, or one that is inlined in it.
package struct GoSourceFrame: Hashable, Sendable {
    /// As Go prints it.
    package let name: String
    /// As the compiler names the file; `nil` where the table doesn't say.
    package let file: String?
    /// From 1; `nil` where the table doesn't say.
    package let line: Int?
    /// The line on which the function begins, from 1; tables before Go 1.20 don't have it.
    package let functionLine: Int?
}

extension GoFunction {
    /// The functions at an instruction, the innermost inlined one first, the function itself last; empty where even its name
    /// can't be read.
    ///
    /// Source: `inlineUnwinder` in Go's runtime/symtabinl.go.
    package func sourceFrames(at address: FileAddress) -> [GoSourceFrame] {
        guard let name else { return [] }
        guard range.contains(address), let lines = GoSourceLines(of: self) else {
            return [GoSourceFrame(name: name, file: nil, line: nil, functionLine: nil)]
        }
        var frames: [GoSourceFrame] = []
        var distance = address.rawValue - range.lowerBound.rawValue
        for _ in 0..<Self.deepestInlining {
            guard let call = lines.inlinedCall(at: distance) else { break }
            frames.append(lines.frame(named: call.name, at: distance, functionLine: call.functionLine))
            distance = call.parent
        }
        frames.append(lines.frame(named: name, at: distance, functionLine: lines.functionLine))
        return frames
    }

    /// The compiler inlines some tens of calls into each other at most.
    private static let deepestInlining = 64
}

/// Where the instructions of one function come from.
struct GoSourceLines {
    /// A call that was inlined.
    struct InlinedCall {
        /// Of the function that was called.
        let name: String
        /// The distance from the function's start of an instruction that has the call's own position.
        let parent: UInt64
        let functionLine: Int?
    }

    private let bytes: GoTableBytes
    private let format: GoTableFormat
    private let sources: GoTableFormat.Sources
    /// Where the function's record is in the table.
    private let record: UInt64
    /// The address of its tree of inlined calls; `nil` without any.
    private let inlinedCalls: FileAddress?
    private let codeSize: UInt64

    /// `nil` where the table has a format that doesn't say.
    init?(of function: GoFunction) {
        guard let sources = function.format.sources else { return nil }
        bytes = function.bytes
        format = function.format
        record = function.record
        self.sources = sources
        codeSize = function.range.upperBound.rawValue - function.range.lowerBound.rawValue
        inlinedCalls = Self.inlinedCalls(of: function, sources)
    }

    private static func inlinedCalls(of function: GoFunction, _ sources: GoTableFormat.Sources) -> FileAddress? {
        let (bytes, lists) = (function.bytes, function.record + sources.lists)
        guard let start = function.functionData, let valueCount = bytes.halfWord(at: function.record + npcdata),
            valueCount > inlinedCallIndex, valueCount <= mostLists,
            let dataCount = bytes.bytes(at: lists - 1, count: 1).first, dataCount > inlinedCallTree,
            let offset = bytes.halfWord(at: lists + 4 * (UInt64(valueCount) + inlinedCallTree)), offset != .max
        else { return nil }
        return FileAddress(rawValue: start &+ UInt64(offset))
    }

    /// The line on which the function itself begins.
    var functionLine: Int? { sources.startLine.flatMap { bytes.halfWord(at: record + $0) }.flatMap(Self.line) }

    func frame(named name: String, at distance: UInt64, functionLine: Int?) -> GoSourceFrame {
        GoSourceFrame(name: name, file: file(at: distance), line: line(at: distance), functionLine: functionLine)
    }

    /// The innermost call that was inlined at a distance from the function's start.
    func inlinedCall(at distance: UInt64) -> InlinedCall? {
        let list = record + sources.lists + 4 * Self.inlinedCallIndex
        guard let inlinedCalls, let offset = bytes.halfWord(at: list), offset != 0,
            let index = value(inTableAt: UInt64(offset), at: distance), index >= 0
        else { return nil }
        let entry = bytes.elf.cachedBytes(
            at: FileAddress(rawValue: inlinedCalls.rawValue &+ UInt64(index) * UInt64(sources.callSize)),
            count: sources.callSize)
        guard let nameOffset = entry.value(of: UInt32.self, at: sources.callName),
            let parent = entry.value(of: UInt32.self, at: sources.callParent), UInt64(parent) < codeSize
        else { return nil }
        let name = bytes.text(at: format.names + UInt64(nameOffset), limit: GoFunction.maximumNameLength)
        guard !name.isEmpty else { return nil }
        return InlinedCall(
            name: String(decoding: name, as: UTF8.self), parent: UInt64(parent),
            functionLine: sources.callStartLine.flatMap { entry.value(of: UInt32.self, at: $0) }.flatMap(Self.line))
    }

    private func line(at distance: UInt64) -> Int? {
        bytes.halfWord(at: record + Self.lines).flatMap { value(inTableAt: UInt64($0), at: distance) }
            .flatMap { $0 > 0 ? Int($0) : nil }
    }

    private func file(at distance: UInt64) -> String? {
        guard let table = bytes.halfWord(at: record + Self.files), let unit = bytes.halfWord(at: record + Self.unit),
            let number = value(inTableAt: UInt64(table), at: distance), number >= 0,
            let offset = bytes.halfWord(at: sources.units + 4 * (UInt64(unit) + UInt64(number))), offset != .max
        else { return nil }
        let path = bytes.text(at: sources.files + UInt64(offset), limit: GoFunction.maximumNameLength)
        return path.isEmpty ? nil : String(decoding: path, as: UTF8.self)
    }

    /// What a table of values says of an instruction; `nil` when it can't be read that far.
    private func value(inTableAt offset: UInt64, at distance: UInt64) -> Int32? {
        // Nearly all tables are short; those of functions that a program has generated are not.
        for limit in [256, 1 << 12, 1 << 18] {
            let part = bytes.bytes(at: format.values &+ offset, count: limit)
            if let found = GoValues.value(in: part, at: distance) { return found }
            guard part.count == limit else { return nil }
        }
        return nil
    }

    private static func line(_ number: UInt32) -> Int? { number > 0 && number < 1 << 31 ? Int(number) : nil }

    // `_func` in Go's runtime/runtime2.go, from Go 1.18 on.
    private static let files: UInt64 = 20
    private static let lines: UInt64 = 24
    private static let npcdata: UInt64 = 28
    private static let unit: UInt64 = 32
    // PCDATA_InlTreeIndex and FUNCDATA_InlTree.
    private static let inlinedCallIndex: UInt64 = 2
    private static let inlinedCallTree: UInt64 = 3
    private static let mostLists: UInt32 = 64
}

/// Tables of values by instruction: pairs of a difference of values, and of how many bytes of code the value is for, up to a
/// difference of 0 (`step` in Go's runtime/symtab.go).
enum GoValues {
    /// - Parameter distance: from the start of the function.
    static func value(in bytes: [UInt8], at distance: UInt64) -> Int32? {
        var numbers = GoNumbers(bytes)
        var (value, end, isFirst): (Int64, UInt64, Bool) = (-1, 0, true)
        while let change = numbers.next(), change != 0 || isFirst, let length = numbers.next() {
            isFirst = false
            value += Int64(change >> 1) ^ -Int64(change & 1)
            end += UInt64(length)
            if distance < end { return Int32(exactly: value) }
        }
        return nil
    }
}
