import ProfileModel
import Profiles
import TestSupport

/// Profiles of all that the model can hold, by the seed of a generator.
struct GeneratedProfile {
    /// What names are made of.
    enum Names {
        /// Those that all formats hold.
        case plain
        /// Any text.
        case hostile
    }

    private let names: Names
    private var random: SeededGenerator
    private var clock: UInt64 = 0

    static func profile(seed: UInt64, names: Names = .plain, hasTimes: Bool = true) -> Profile {
        var generated = GeneratedProfile(names: names, random: SeededGenerator(state: seed))
        return generated.profile(hasTimes: hasTimes)
    }

    private mutating func profile(hasTimes: Bool) -> Profile {
        var metadata = ProfileMetadata(
            command: name(), processes: [ProcessID(rawValue: 9), ProcessID(rawValue: 7)], rateHertz: 99,
            startNanoseconds: 1_785_220_442_000_000_123, durationNanoseconds: 30_000_000_000,
            counts: SampleCounts())
        metadata.counts?.samples = 1_234
        metadata.counts?.recordedSamples = 2_000
        metadata.counts?.lateTicks = 3
        metadata.counts?.truncated = ["frame_limit": 4]
        metadata.counts?.lost = ["queue_full": 2, "ended": 1]
        metadata.counts?.unnamedFramesByObject = ["libfoo.so.1": 7]
        metadata.counts?.unnamedFrames = 8
        metadata.comments = ["a remark", "of: another"]
        var builder = ProfileBuilder(metadata: metadata, sampleTypes: [.samples, .cpu], shown: .samples)
        let locations = (0..<30).map { _ in location(&builder) }
        for _ in 0..<60 {
            let depth = Int.random(in: 0..<12, using: &random)
            let count = UInt64.random(in: 1..<5, using: &random)
            builder.add(
                stack: (0..<depth).compactMap { _ in locations.randomElement(using: &random) }, thread: thread(),
                truncation: Bool.random(using: &random) ? "frame_limit" : nil,
                values: [Int64(count), Int64(count) * 10_101_010], runs: hasTimes ? runs(count) : SampleRuns())
        }
        return builder.finish()
    }

    private mutating func runs(_ count: UInt64) -> SampleRuns {
        var runs = SampleRuns()
        clock += 50_000_003
        runs.append(SampleRuns.Run(start: clock, end: clock + (count - 1) * 10_101_010, count: count))
        return runs
    }

    private mutating func thread() -> ProfiledThread {
        let main = names == .plain ? "my app" : ";\n[server]"
        let all = [
            ProfiledThread(
                process: ProcessID(rawValue: 7), thread: ThreadID(rawValue: 7), name: main, processName: main),
            ProfiledThread(
                process: ProcessID(rawValue: 7), thread: ThreadID(rawValue: 8), name: "IO pool", processName: main),
            ProfiledThread(
                process: ProcessID(rawValue: 9), thread: ThreadID(rawValue: 9), name: "worker", processName: "worker"),
        ]
        return all.randomElement(using: &random) ?? all[0]
    }

    private mutating func location(_ builder: inout ProfileBuilder) -> Profile.LocationIndex {
        let address = UInt64.random(in: 0x1000..<0x9000, using: &random)
        switch Int.random(in: 0..<9, using: &random) {
        case 0:
            let kernel = builder.mapping(path: Bool.random(using: &random) ? "[kernel]" : "[ext4]")
            return builder.location(
                at: .kernel(kernel, Address(rawValue: 0xFFFF_FFFF_8000_0000 + address)), frames: [frame(.kernel)])
        case 1:
            return builder.location(at: .process(Address(rawValue: address)), frames: [frame(.jit)])
        case 2:
            return builder.location(
                at: .process(Address(rawValue: address)),
                frames: [Frame(name: "[unknown]", kind: .unknown, object: nil)])
        case 3:
            return builder.location(
                at: .object(builder.mapping(path: "/usr/lib/libfoo.so.1"), FileAddress(rawValue: address)),
                frames: [Frame(name: "[libfoo.so.1+0x\(String(address, radix: 16))]", kind: .unknown, object: nil)])
        case 4:
            return builder.location(at: .unknown, frames: [pythonFrame()])
        default:
            let mapping = builder.mapping(
                path: "/usr/bin/my app", buildID: BuildID(bytes: [0xAB, 0xCD, 0x01]),
                segment: CodeSegment(
                    start: FileAddress(rawValue: 0x1000), limit: FileAddress(rawValue: 0xA000), fileOffset: 0x800))
            return builder.location(
                at: .object(mapping, FileAddress(rawValue: address)),
                frames: (0..<Int.random(in: 1..<4, using: &random)).map { _ in frame(.native) })
        }
    }

    private mutating func frame(_ kind: FrameKind) -> Frame {
        let name = name()
        let line = Int.random(in: 10..<1_000, using: &random)
        let source = SourcePosition(
            file: "src/a b.c", line: line, functionLine: Bool.random(using: &random) ? line - 5 : nil)
        return Frame(
            name: name, systemName: Bool.random(using: &random) ? "_Z" + name : nil, kind: kind, object: nil,
            source: kind == .native && Bool.random(using: &random) ? source : nil)
    }

    private mutating func pythonFrame() -> Frame {
        let plain = ["Handler.get", "<module>", "outer.<locals>.inner", "読む"]
        let files = ["/srv/app/views.py", "/srv/b c/json/__init__.py", "<frozen importlib._bootstrap>"]
        let line = Int.random(in: 10..<1_000, using: &random)
        return Frame(
            name: names == .plain ? plain.randomElement(using: &random) ?? "main" : name(), kind: .python, object: nil,
            source: SourcePosition(
                file: files.randomElement(using: &random) ?? "x.py", line: line, functionLine: line - 5))
    }

    private mutating func name() -> String {
        let plain = ["main", "parse", "std::vector<int>::push_back", "net/http.(*Client).Do", "read_all", "f", "日本語"]
        let short = HostileNames.all.filter { !$0.isEmpty && $0.utf8.count < 100 }
        let hostile = short + ["a->b", "(x)::y", "f+0x10", "(("]
        return (names == .plain ? plain : hostile).randomElement(using: &random) ?? "main"
    }
}
