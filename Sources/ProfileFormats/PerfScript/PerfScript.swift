import ProfileModel
package import Profiles

/// A profile as `perf script` prints samples, for Firefox Profiler, speedscope and stackcollapse-perf.pl.
///
///     comm 123/124 [000] 4794564.109216000:   10101010 cpu-clock:
///     	          7f12ab inner (inlined)
///     	          7f12ab main (/usr/bin/app)
///     <blank line>
///
/// An event for each sample, in the order of time. Its period is the time that it stands for, or what else the profile
/// measures. Times are UTC where the profile has a start, else those of the clock that it was recorded by, where that is known,
/// else seconds since it began, and 0 where they aren't known. A comment at the end, `# shown: cpu-clock`, says which values
/// are shown, unless a reader expects them. Addresses are those in object files. An unknown process is omitted, an unknown
/// thread is 0.
package struct PerfScript {
    /// Larger texts get fewer events, each of which stands for several samples of a stack by its period.
    package static let mostBytes = 64 << 20
    /// Where no time is known, 0 says so: what has times and no start begins a second later.
    static let unknownStart: UInt64 = 1_000_000_000

    private let profile: Profile
    private let mostBytes: Int
    /// The lines of each location.
    private let locations: [[UInt8]]

    package init(_ profile: Profile, mostBytes: Int = Self.mostBytes) {
        self.profile = profile
        self.mostBytes = mostBytes
        locations = profile.locations.rows.map { Array(Self.lines(of: $0, profile).utf8) }
    }

    /// The text, as UTF-8.
    package var bytes: [UInt8] {
        let samples = Array(profile.samples)
        let threads = profile.threads.indices.map { Self.thread(profile.thread(at: $0)) }
        let type = PerfEventName.name(of: profile.sampleTypes[profile.writtenType])
        var text: [UInt8] = []
        for event in ProfileEvents(profile, .samples(samplesInEvent(samples))).events {
            let sample = samples[event.sample]
            let period = String(event.value)
            text += "\(threads[sample.thread.position]) [000] \(time(event.time)): ".utf8
            text += "\(String(repeating: " ", count: max(0, 10 - period.count)))\(period) \(type):\n".utf8
            for location in profile.locations(of: sample.stack) { text += locations[location.position] }
            if let reason = sample.truncation {
                text += Self.line(0, profile.truncationRow(reason), "([unknown])").utf8
            }
            text.append(UInt8(ascii: "\n"))
        }
        return text.isEmpty ? [] : text + PerfEventName.shownLine(of: profile).utf8
    }

    /// How many samples an event stands for, for the text to be no larger than allowed, if that can be.
    private func samplesInEvent(_ samples: [Profile.Sample]) -> UInt64 {
        let parts = samples.map { sample in
            let size = profile.locations(of: sample.stack).reduce(64) { $0 + locations[$1.position].count }
            return (size: size, count: ProfileEvents.count(of: sample, in: profile))
        }
        var each: UInt64 = 1
        while each < 1 << 62 {
            var total = 0
            for (size, count) in parts where count > 0 {
                let (bytes, overflow) = size.multipliedReportingOverflow(by: Int(clamping: (count - 1) / each + 1))
                total = overflow ? .max : min(total, .max - bytes) + bytes
            }
            if total <= mostBytes { break }
            each *= 2
        }
        return each
    }

    private func time(_ time: UInt64?) -> String {
        guard let time else { return "0.000000000" }
        let start = profile.metadata.startNanoseconds ?? profile.metadata.clockStartNanoseconds ?? Self.unknownStart
        let (sum, overflow) = time.addingReportingOverflow(start)
        let (seconds, nanoseconds) = (overflow ? .max : sum).quotientAndRemainder(dividingBy: 1_000_000_000)
        let digits = String(nanoseconds)
        return "\(seconds).\(String(repeating: "0", count: 9 - digits.count))\(digits)"
    }

    private static func thread(_ thread: ProfiledThread) -> String {
        let name = PerfScriptNames.thread(thread.name)
        // stackcollapse-perf.pl takes two characters at least for a name.
        let gap = name.unicodeScalars.count > 1 ? " " : "  "
        let process = thread.process.map { "\($0.rawValue)/" } ?? ""
        return "\(name)\(gap)\(process)\(thread.thread?.rawValue ?? 0)"
    }

    private static func lines(of location: Profile.Location, _ profile: Profile) -> String {
        let address = location.position.number ?? 0
        return location.lines.enumerated().map { position, line in
            let function = profile.functions[line.function]
            let isInlined = position < location.lines.count - 1
            let object = isInlined ? "inlined" : Self.object(of: location, function, profile)
            return Self.line(address, PerfScriptNames.function(Self.name(of: function, profile)), "(\(object))")
        }.joined()
    }

    private static func name(of function: Profile.Function, _ profile: Profile) -> String {
        let name = profile[text: function.name]
        guard function.kind == .python else { return name }
        return PythonNames.perf(name, file: function.file.map { profile[text: $0] })
    }

    private static func object(
        of location: Profile.Location, _ function: Profile.Function, _ profile: Profile
    ) -> String {
        if let mapping = location.position.mapping {
            let path = profile[text: profile.mappings[mapping].path]
            return path == NamesInFiles.kernelPath ? "[kernel.kallsyms]" : PerfScriptNames.object(path)
        }
        // As perf names what a runtime's perf map names.
        return function.kind == .jit || function.kind == .python ? "/tmp/perf-0.map" : "[unknown]"
    }

    private static func line(_ address: UInt64, _ name: String, _ object: String) -> String {
        let digits = String(address, radix: 16)
        return "\t\(String(repeating: " ", count: 16 - digits.count))\(digits) \(name) \(object)\n"
    }
}
