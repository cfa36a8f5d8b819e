import ProfileModel
import Profiles

/// Reads the text of `perf script`: Sonde's, and perf's own with stacks (`perf record -g`), whatever fields it was asked
/// for.
///
/// Each event is a sample; its period is a value of the event's type. Of tracepoints what they say is dropped.
struct PerfScriptReader {
    /// More events than perf opens.
    private static let mostEvents = 32
    /// UTC times are above: no machine was up for so long.
    private static let firstUTC: UInt64 = 1_000_000_000_000_000_000

    private let text: [UInt8]
    private let limits: ProfileLimits

    init(_ text: [UInt8], _ limits: ProfileLimits) {
        self.text = text
        self.limits = limits
    }

    /// Whether the first line that's no comment begins an event, and is no folded stack of functions with such names.
    static func seemsToBe(_ text: [UInt8]) -> Bool {
        TextLines(text).first { !$0.bytes.trimmed.isEmpty && $0.bytes.first != UInt8(ascii: "#") }
            .map { line in
                guard let header = PerfScriptHeader(line.bytes.trimmed) else { return false }
                return !header.comm.utf8.contains(UInt8(ascii: ";")) || !FoldedReader.isStack(line)
            } ?? false
    }

    func profile() throws(ProfileReadingError) -> Profile {
        let events = try events()
        var samples = PerfScriptSamples(events.types, shown: events.shown, start: events.start)
        for line in TextLines(text) where line.bytes.first != UInt8(ascii: "#") {
            let position = ProfileReadingError.Position.line(line.number)
            let content = line.bytes.trimmed
            if content.isEmpty {
                samples.endEvent()
            } else if samples.isInEvent, Self.isIndented(line), let frame = PerfScriptFrame(content) {
                samples.add(frame)
                try limits.check(depth: samples.depth, in: .perf, at: position)
            } else if let header = PerfScriptHeader(content) {
                samples.endEvent()
                samples.begin(header)
                if let frame = PerfScriptFrame(header.rest) { samples.add(frame) }
            } else {
                let expected = samples.isInEvent ? "an address, a function and (an object)" : "an event"
                throw ProfileReadingError(.malformed("\(expected) is expected"), in: .perf, at: position)
            }
            try limits.check(samples.size, in: .perf, at: position)
        }
        return samples.finish()
    }

    /// The types of values by the events in the text, the one that is shown, and the time of the first event.
    private func events() throws(ProfileReadingError) -> (types: [SampleType], shown: SampleType, start: UInt64?) {
        var types = [SampleType.samples]
        var shownName: String?
        var names: Set<String> = []
        var start: UInt64?
        // perf indents frames by a tab, and the names of threads by spaces.
        for line in TextLines(text) where line.bytes.first != UInt8(ascii: "\t") {
            if line.bytes.first == UInt8(ascii: "#") {
                shownName = PerfEventName.shown(in: line.bytes) ?? shownName
                continue
            }
            guard let header = PerfScriptHeader(line.bytes.trimmed) else { continue }
            if let time = header.time { start = min(start ?? time, time) }
            guard names.insert(header.event).inserted else { continue }
            let type = PerfEventName.type(of: header.event)
            if !types.contains(type) { types.append(type) }
            guard types.count <= Self.mostEvents else {
                throw ProfileReadingError(
                    .tooLarge(limit: "\(Self.mostEvents) kinds of events"), in: .perf, at: .line(line.number))
            }
        }
        let shown = types.first { PerfEventName.name(of: $0) == shownName } ?? PerfEventName.shown(of: types)
        return (types, shown, start)
    }

    static func isUTC(_ time: UInt64) -> Bool { time >= firstUTC }

    private static func isIndented(_ line: TextLines.Line) -> Bool {
        line.bytes.first == UInt8(ascii: "\t") || line.bytes.first == UInt8(ascii: " ")
    }
}

/// A line of a stack: `7f12ab main+0x1c (/usr/bin/app)`, or `7f12ab inner (inlined)`.
struct PerfScriptFrame {
    let address: Address
    let name: String
    /// `nil` for an inlined function.
    let object: String?

    init?(_ line: ArraySlice<UInt8>) {
        let digits = line.prefix { $0 != UInt8(ascii: " ") }
        guard !digits.isEmpty, digits.count <= 16, let address = UInt64(digits.text, radix: 16) else { return nil }
        let rest = line[digits.endIndex...].trimmed
        guard let (front, object) = Self.splitAtObject(rest) else { return nil }
        self.address = Address(rawValue: address)
        let name = front.trimmed.text
        let plain = PerfScriptNames.offset(in: name).map { String(name[..<$0]) } ?? name
        self.name = plain.isEmpty ? "[unknown]" : plain
        self.object = object.elementsEqual("inlined".utf8) ? nil : Self.path(object)
    }

    /// What precedes the object, and the object without its parentheses; its path may have some too, as
    /// `(/tmp/app (deleted))` has.
    private static func splitAtObject(
        _ text: ArraySlice<UInt8>
    ) -> (front: ArraySlice<UInt8>, object: ArraySlice<UInt8>)? {
        guard text.last == UInt8(ascii: ")") else { return nil }
        let last = text.index(before: text.endIndex)
        guard let start = matchingParenthesis(text) ?? startOfPath(text) ?? text.lastIndex(of: UInt8(ascii: "(")) else {
            return nil
        }
        return (text[..<start], text[(start + 1)..<last])
    }

    /// Where the parenthesis that the last byte closes is; `nil` where they don't match.
    private static func matchingParenthesis(_ text: ArraySlice<UInt8>) -> Int? {
        var depth = 0
        for index in text.indices.reversed() {
            if text[index] == UInt8(ascii: ")") { depth += 1 }
            guard text[index] == UInt8(ascii: "(") else { continue }
            depth -= 1
            if depth == 0 { return index }
        }
        return nil
    }

    /// Where the first ` (/` is.
    private static func startOfPath(_ text: ArraySlice<UInt8>) -> Int? {
        text.firstRange(of: Array(" (/".utf8)).map { $0.lowerBound + 1 }
    }

    /// A path without what the kernel adds to that of a deleted file.
    private static func path(_ object: ArraySlice<UInt8>) -> String {
        let path = object.text
        let ending = " (deleted)"
        return path.hasSuffix(ending) ? String(path.dropLast(ending.count)) : path
    }
}
