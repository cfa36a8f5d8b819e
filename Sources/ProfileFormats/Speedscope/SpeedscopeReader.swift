import ProfileModel
import Profiles

/// Reads files of speedscope.app, Sonde's and other exporters': lists of stacks and weights, and of calls and returns.
///
/// Each of a file's profiles is a thread. Calls and returns say when a stack was there, weights don't.
struct SpeedscopeReader {
    private let file: [UInt8]
    private let limits: ProfileLimits

    init(_ file: [UInt8], _ limits: ProfileLimits) {
        self.file = file
        self.limits = limits
    }

    func profile() throws(ProfileReadingError) -> Profile {
        var scanner = JSONScanner(file, format: .speedscope)
        let members = try scanner.members()
        try scanner.end()
        guard let profiles = members["profiles"], let shared = members["shared"] else {
            throw scanner.error("the members shared and profiles are expected", at: 0)
        }
        let headers = try headers(at: profiles)
        var units: [SpeedscopeUnit] = []
        for header in headers where !units.contains(header.unit) { units.append(header.unit) }
        if units.isEmpty { units = [.none] }
        let exporter = try text(at: members["exporter"])
        var content = SpeedscopeContent(
            command: try text(at: members["name"]) ?? "speedscope profile", units: units,
            start: try start(of: headers), isOwn: exporter?.hasPrefix(SpeedscopeFile.exporter) == true, limits)
        try readFrames(at: shared, into: &content)
        for header in headers { try read(header, units, into: &content) }
        return content.finish()
    }

    private func text(at offset: Int?) throws(ProfileReadingError) -> String? {
        guard let offset else { return nil }
        var scanner = scanner(at: offset)
        return try scanner.isNull() ? nil : try scanner.string()
    }

    private func scanner(at offset: Int) -> JSONScanner {
        var scanner = JSONScanner(file, format: .speedscope)
        scanner.offset = offset
        return scanner
    }

    private func headers(at offset: Int) throws(ProfileReadingError) -> [SpeedscopeHeader] {
        var scanner = scanner(at: offset)
        var headers: [SpeedscopeHeader] = []
        var isFirst = true
        try scanner.open("[")
        while try scanner.hasElement(&isFirst) {
            let start = scanner.offset
            let members = try scanner.members()
            let unit = try text(at: members["unit"]) ?? "none"
            guard let known = SpeedscopeUnit(rawValue: unit) else {
                throw scanner.error("a unit of speedscope is expected", at: members["unit"])
            }
            headers.append(
                SpeedscopeHeader(
                    offset: start, members: members, name: try text(at: members["name"]) ?? "", unit: known))
            try limits.check(rows: headers.count * members.count, in: .speedscope, at: .byte(start))
        }
        return headers
    }

    /// Where the first of the profiles with times starts, in nanoseconds: they have one clock.
    private func start(of headers: [SpeedscopeHeader]) throws(ProfileReadingError) -> Double {
        var first: Double?
        for header in headers where header.unit.sampleType.unit == .nanoseconds && header.members["events"] != nil {
            guard let offset = header.members["startValue"] else { continue }
            var value = scanner(at: offset)
            let start = try value.number() * header.unit.factor
            first = min(first ?? start, start)
        }
        return first ?? 0
    }

    private func readFrames(at offset: Int, into content: inout SpeedscopeContent) throws(ProfileReadingError) {
        var scanner = scanner(at: offset)
        guard let frames = try scanner.members()["frames"] else {
            throw scanner.error("the member frames is expected", at: offset)
        }
        scanner.offset = frames
        var isFirst = true
        try scanner.open("[")
        while try scanner.hasElement(&isFirst) {
            let start = scanner.offset
            var (name, file): (String?, String?)
            var line: Int64?
            var isFirstMember = true
            try scanner.open("{")
            while let member = try scanner.nextName(&isFirstMember) {
                if try scanner.isNull() { continue }
                switch member {
                case "name": name = try scanner.string()
                case "file": file = try scanner.string()
                case "line": line = try scanner.integer()
                default: try scanner.skip()
                }
            }
            guard let name else { throw scanner.error("a frame has no name", at: start) }
            try content.addFrame(name, file: file, line: line.flatMap { $0 > 0 ? Int($0) : nil }, at: start)
        }
    }

    private func read(
        _ header: SpeedscopeHeader, _ units: [SpeedscopeUnit], into content: inout SpeedscopeContent
    ) throws(ProfileReadingError) {
        content.begin(thread: header.name, header.unit)
        if let events = header.members["events"] {
            try readEvents(at: events, to: header.members["endValue"], into: &content)
        } else if let samples = header.members["samples"] {
            try readSamples(at: samples, header.members["weights"], into: &content)
        } else {
            throw scanner(at: 0).error("a profile has samples or events", at: header.offset)
        }
    }

    private func readSamples(
        at samples: Int, _ weights: Int?, into content: inout SpeedscopeContent
    ) throws(ProfileReadingError) {
        guard let weights else { throw scanner(at: 0).error("weights are expected with samples", at: samples) }
        var (stacks, values) = (scanner(at: samples), scanner(at: weights))
        var (isFirstStack, isFirstValue) = (true, true)
        try stacks.open("[")
        try values.open("[")
        while try stacks.hasElement(&isFirstStack) {
            let start = stacks.offset
            guard try values.hasElement(&isFirstValue) else {
                throw values.error("there are fewer weights than samples")
            }
            var isFirst = true
            try stacks.open("[")
            while try stacks.hasElement(&isFirst) { try content.call(try stacks.integer(), at: start) }
            try content.endSample(weight: try values.number(), at: start)
        }
        guard try !values.hasElement(&isFirstValue) else { throw values.error("there are more weights than samples") }
    }

    private func readEvents(
        at offset: Int, to end: Int?, into content: inout SpeedscopeContent
    ) throws(ProfileReadingError) {
        var scanner = scanner(at: offset)
        var isFirst = true
        try scanner.open("[")
        while try scanner.hasElement(&isFirst) {
            let start = scanner.offset
            var (kind, time, frame): (String?, Double?, Int64?)
            var isFirstMember = true
            try scanner.open("{")
            while let member = try scanner.nextName(&isFirstMember) {
                switch member {
                case "type": kind = try scanner.string()
                case "at": time = try scanner.number()
                case "frame": frame = try scanner.integer()
                default: try scanner.skip()
                }
            }
            guard let time, let frame, kind == "O" || kind == "C" else {
                throw scanner.error("an event has a type O or C, a time and a frame", at: start)
            }
            try content.reach(time, at: start)
            if kind == "O" { try content.call(frame, at: start) } else { try content.leave(frame, at: start) }
        }
        guard let end else { return }
        var value = self.scanner(at: end)
        try content.reach(max(try value.number(), content.time), at: end)
    }
}

/// Where the members of one of a file's profiles are.
struct SpeedscopeHeader {
    let offset: Int
    let members: [String: Int]
    let name: String
    let unit: SpeedscopeUnit
}

/// The units of weights and times.
enum SpeedscopeUnit: String {
    case none
    case nanoseconds
    case microseconds
    case milliseconds
    case seconds
    case bytes

    /// What a weight of 1 is.
    var factor: Double {
        switch self {
        case .none, .nanoseconds, .bytes: 1
        case .microseconds: 1e3
        case .milliseconds: 1e6
        case .seconds: 1e9
        }
    }

    var sampleType: SampleType {
        switch self {
        case .none: .samples
        case .nanoseconds, .microseconds, .milliseconds, .seconds: SampleType(name: "time", unit: .nanoseconds)
        case .bytes: SampleType(name: "space", unit: .bytes)
        }
    }
}
