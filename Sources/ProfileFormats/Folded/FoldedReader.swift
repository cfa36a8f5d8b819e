import ProfileModel
import Profiles

/// Reads folded stacks: Sonde's, and those of the stackcollapse scripts and other profilers.
///
/// The first element of each line names a process or a thread. Counts become samples, fractions rounded to the nearest.
struct FoldedReader {
    private struct Entry {
        let stack: ArraySlice<UInt8>
        let count: Int64
    }

    private let text: [UInt8]
    private let limits: ProfileLimits
    private var builder = ProfileBuilder(
        metadata: ProfileMetadata(command: "folded stacks"), sampleTypes: [.samples], shown: .samples)

    init(_ text: [UInt8], _ limits: ProfileLimits) {
        self.text = text
        self.limits = limits
    }

    /// Whether the first line that isn't blank is a stack and a count.
    static func seemsToBe(_ text: [UInt8]) -> Bool {
        TextLines(text).first { !isSkipped($0) }.map(isStack) ?? false
    }

    /// Whether a line is a stack and a count.
    static func isStack(_ line: TextLines.Line) -> Bool { entry(in: line) != nil }

    consuming func profile() throws(ProfileReadingError) -> Profile {
        let namesProcesses = namesProcesses()
        for line in TextLines(text) where !Self.isSkipped(line) {
            guard let entry = Self.entry(in: line) else {
                throw error(.malformed("a stack, a space and a count are expected"), line)
            }
            try add(entry, line, namesProcesses: namesProcesses)
        }
        builder.nameProcessesAfterMainThreads()
        return builder.finish()
    }

    /// Whether all lines begin with `comm-PID`: a thread's name may end in a number too.
    private func namesProcesses() -> Bool {
        TextLines(text).allSatisfy { line in
            guard !Self.isSkipped(line), let entry = Self.entry(in: line) else { return true }
            return NamesInFiles.process(Self.firstElement(of: entry).text) != nil
        }
    }

    private mutating func add(
        _ entry: Entry, _ line: TextLines.Line, namesProcesses: Bool
    ) throws(ProfileReadingError) {
        let row = Self.firstElement(of: entry)
        var rows = entry.stack[row.endIndex...].dropFirst()
        var hasRows = row.endIndex < entry.stack.endIndex
        var truncation: String?
        var stack = FoldedStack()
        while hasRows {
            let end = rows.firstIndex(of: UInt8(ascii: ";")) ?? rows.endIndex
            let name = rows[rows.startIndex..<end].text
            if stack.depth == 0, truncation == nil, let reason = NamesInFiles.truncation(in: name) {
                truncation = reason
            } else {
                stack.call(name, &builder)
                try limits.check(depth: stack.depth, in: .folded, at: .line(line.number))
            }
            hasRows = end < rows.endIndex
            if hasRows { rows = rows[(end + 1)...] }
        }
        let thread = (namesProcesses ? NamesInFiles.process(row.text) : nil) ?? NamesInFiles.thread(row.text)
        builder.add(at: stack.finish(&builder), thread: thread, truncation: truncation, values: [entry.count])
        try limits.check(builder.size, in: .folded, at: .line(line.number))
    }

    private static func firstElement(of entry: Entry) -> ArraySlice<UInt8> {
        entry.stack.prefix { $0 != UInt8(ascii: ";") }
    }

    /// Whether a line is blank or a comment; a thread's name may begin with `#` too.
    private static func isSkipped(_ line: TextLines.Line) -> Bool {
        line.bytes.trimmed.isEmpty || line.bytes.first == UInt8(ascii: "#") && entry(in: line) == nil
    }

    private static func entry(in line: TextLines.Line) -> Entry? {
        guard let (stack, count) = line.bytes.trimmed.splitAtLast(UInt8(ascii: " ")), !stack.trimmed.isEmpty,
            let value = self.count(count)
        else { return nil }
        return Entry(stack: stack, count: value)
    }

    /// `12`, or `12.5` rounded: what flamegraph.pl takes.
    private static func count(_ text: ArraySlice<UInt8>) -> Int64? {
        let whole = text.prefix { $0 != UInt8(ascii: ".") }
        guard let value = whole.decimal else { return nil }
        let fraction = text[whole.endIndex...].dropFirst()
        guard let first = fraction.first else { return value }
        guard fraction.decimal != nil else { return nil }
        return first >= UInt8(ascii: "5") && value < .max ? value + 1 : value
    }

    private func error(_ problem: ProfileReadingError.Problem, _ line: TextLines.Line) -> ProfileReadingError {
        ProfileReadingError(problem, in: .folded, at: .line(line.number))
    }
}

/// The rows of a line on their way to locations: functions that were inlined belong to the location of the one that was
/// called.
private struct FoldedStack {
    private var stack: Profile.StackIndex?
    /// The function that was called first, the innermost last.
    private var lines: [Profile.Line] = []
    private var position = Profile.Position.unknown
    private(set) var depth = 0

    /// Adds a row such as `vfs_read_[k]`.
    mutating func call(_ row: String, _ builder: inout ProfileBuilder) {
        depth += 1
        let (name, kind) = Self.function(row)
        let line = Self.line(of: name, kind, &builder)
        if kind == nil, !lines.isEmpty {
            lines.append(line)
            return
        }
        endLocation(&builder)
        lines = [line]
        if kind == .kernel { position = .kernel(builder.mapping(path: NamesInFiles.kernelPath), Address(rawValue: 0)) }
        if let (object, address) = NamesInFiles.offset(in: name) {
            position = .object(builder.mapping(path: object), address)
        }
    }

    /// The stack of all rows; `nil` without any.
    mutating func finish(_ builder: inout ProfileBuilder) -> Profile.StackIndex? {
        endLocation(&builder)
        return stack
    }

    private mutating func endLocation(_ builder: inout ProfileBuilder) {
        guard !lines.isEmpty else { return }
        stack = builder.stack(of: builder.location(at: position, lines: lines.reversed()), calledFrom: stack)
        lines = []
        position = .unknown
    }

    private static func line(of name: String, _ kind: FrameKind?, _ builder: inout ProfileBuilder) -> Profile.Line {
        if kind == .native, let python = PythonNames.function(folded: name) {
            let function = builder.function(named: python.name, kind: .python, file: python.file)
            return Profile.Line(function: function, number: python.line)
        }
        return Profile.Line(function: builder.function(named: name, kind: kind ?? .native), number: nil)
    }

    /// The name and kind of a row; no kind for an inlined function.
    private static func function(_ row: String) -> (name: String, kind: FrameKind?) {
        guard row.hasSuffix("]") else { return (row, NamesInFiles.isUnknown(row) ? .unknown : .native) }
        for (suffix, kind) in [("_[k]", .kernel), ("_[j]", .jit), ("_[i]", nil)] as [(String, FrameKind?)]
        where row.hasSuffix(suffix) { return (String(row.dropLast(suffix.count)), kind) }
        return (row, NamesInFiles.isUnknown(row) ? .unknown : .native)
    }
}
