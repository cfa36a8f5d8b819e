import ProfileModel
import Profiles

/// Ten seconds of two threads at 100 Hz: the first one parses for five seconds, then the second one reads.
enum TimedProfile {
    static let period: UInt64 = 10_000_000

    static var profile: Profile {
        var metadata = SampleProfiles.metadata()
        metadata.rateHertz = 100
        metadata.durationNanoseconds = 10_000_000_000
        metadata.counts?.samples = 1_000
        metadata.counts?.truncated = ["frame_limit": 100]
        metadata.counts?.lost = ["queue_full": 7]
        metadata.counts?.unnamedFrames = 30
        metadata.counts?.unnamedFramesByObject = ["worker": 20, "libc.so.6": 10]
        var builder = ProfileBuilder(metadata: metadata, sampleTypes: [.samples, .cpu], shown: .samples)
        let program = builder.mapping(path: "/usr/bin/worker")
        func location(_ address: UInt64, _ frames: Frame...) -> Profile.LocationIndex {
            builder.location(at: .object(program, FileAddress(rawValue: address)), frames: frames)
        }
        let main = location(1, frame("main", line: 3))
        let parse = location(2, frame("Parser::parse<int>(char const*)", line: 40))
        let value = location(3, frame("skipSpace", line: 7), frame("Parser::value()", line: 60))
        let read = location(4, frame("read_file", line: 90))
        let pool = SampleProfiles.thread("pool 1", thread: 4_243)
        add([value, parse, main], ticks: 300, at: 0, to: &builder)
        add([parse, main], ticks: 200, at: 300, to: &builder)
        add([read, main], ticks: 400, at: 500, of: pool, to: &builder)
        add([read], ticks: 100, at: 900, of: pool, truncation: "frame_limit", to: &builder)
        return builder.finish()
    }

    private static func add(
        _ stack: [Profile.LocationIndex], ticks: UInt64, at first: UInt64,
        of thread: ThreadIdentity = SampleProfiles.thread(), truncation: String? = nil,
        to builder: inout ProfileBuilder
    ) {
        var runs = SampleRuns()
        let end = (first + ticks - 1) * period
        runs.append(SampleRuns.Run(ticks: ticks, endingAt: end, period: period))
        let values = [Int64(ticks), Int64(ticks * period)]
        builder.add(
            stack: stack, thread: ProfiledThread(thread), truncation: truncation, values: values, runs: runs)
    }

    private static func frame(_ name: String, line: Int) -> Frame {
        Frame(
            name: name, kind: .native, object: "worker",
            source: SourcePosition(file: "/src/worker.cc", line: line, functionLine: line))
    }
}
