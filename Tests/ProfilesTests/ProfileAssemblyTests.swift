import ProfileFormats
import ProfileModel
import Profiles
import TestSupport
import Testing

@Suite struct ProfileAssemblyTests {
    private static let library = ProfiledObject(
        path: "/usr/lib/libfoo.so.1", buildID: BuildID(bytes: [0xAB, 0xCD]),
        segments: [
            CodeSegment(
                start: FileAddress(rawValue: 0x1000), limit: FileAddress(rawValue: 0x3000), fileOffset: 0x1000),
            CodeSegment(
                start: FileAddress(rawValue: 0x5000), limit: FileAddress(rawValue: 0x6000), fileOffset: 0x4000),
        ])

    private static func code(_ address: UInt64, in object: UInt32 = 1) -> CodeLocation {
        .object(ObjectID(rawValue: object), FileAddress(rawValue: address))
    }

    private static let names: [CodeLocation: [Frame]] = [
        code(0x1010): [Frame(name: "foo()", systemName: "_Z3foov", kind: .native, object: "libfoo.so.1")],
        code(0x5010): [Frame(name: "[libfoo.so.1+0x5010]", kind: .unknown, object: "libfoo.so.1")],
        .kernel(Address(rawValue: 0xFFFF_8000)): [Frame(name: "vfs_read", kind: .kernel, object: "kernel")],
        .kernel(Address(rawValue: 0xFFFF_9000)): [Frame(name: "ext4_read", kind: .kernel, object: "ext4")],
    ]

    private static func assembly(_ mode: SamplingMode = .cpu, rate: Int = 100) -> ProfileAssembly {
        var metadata = SampleProfiles.metadata()
        metadata.rateHertz = rate
        metadata.counts?.lost = ["queue_full": 2, "ended": 1]
        return ProfileAssembly(
            mode: mode, metadata: metadata, names: { names[$0] ?? [] },
            objects: { $0.rawValue == 1 ? library : nil })
    }

    private static func profile(
        _ mode: SamplingMode = .cpu, of stacks: [[CodeLocation]], ending: StackEnding = .rootReached,
        count: UInt64 = 1, weight: UInt64 = 1
    ) -> Profile {
        var assembly = assembly(mode)
        for stack in stacks {
            assembly.add(stack, ending: ending, of: SampleProfiles.thread(), count: count, weight: weight)
        }
        return assembly.finish()
    }

    @Test(arguments: [
        (SamplingMode.cpu, [SampleType.samples, .cpu], SampleType.samples, [7, 70_000_000]),
        (.wall, [.samples, .wall], .samples, [7, 70_000_000]), (.offCPU, [.samples, .offCPU], .offCPU, [3, 7]),
    ])
    func theModeDecidesTheTypesOfTheValues(
        mode: SamplingMode, types: [SampleType], shown: SampleType, values: [Int64]
    ) {
        let profile = Self.profile(mode, of: [[Self.code(0x1010)]], count: 3, weight: 7)
        #expect(profile.sampleTypes == types)
        #expect(profile.shownSampleType == shown)
        #expect(profile.samples.map { Array($0.values) } == [values])
    }

    @Test func weightsBeyondAllNumbersSaturate() {
        let profile = Self.profile(of: [[Self.code(0x1010)]], count: .max, weight: .max)
        #expect(profile.samples.map(\.values) == [[.max, .max]])
    }

    @Test func eachLocationIsNamedOnce() {
        var asked: [CodeLocation] = []
        var assembly = ProfileAssembly(
            mode: .cpu, metadata: SampleProfiles.metadata(),
            names: { location in
                asked.append(location)
                return Self.names[location] ?? []
            }, objects: { _ in nil })
        for _ in 0..<3 {
            assembly.add(
                [Self.code(0x1010), Self.code(0x5010)], ending: .rootReached, of: SampleProfiles.thread(), count: 1,
                weight: 1)
        }
        #expect(assembly.finish().samples.map(\.values) == [[3, 30_303_030]])
        #expect(asked == [Self.code(0x1010), Self.code(0x5010)])
    }

    @Test func anObjectFileIsMappedBySegment() throws {
        let profile = Self.profile(of: [[Self.code(0x1010), Self.code(0x5010), Self.code(0x9000)]])
        #expect(profile.mappings.rows.map { profile[text: $0.path] } == Array(repeating: Self.library.path, count: 3))
        #expect(profile.mappings.rows.map(\.segment) == [Self.library.segments[0], Self.library.segments[1], nil])
        #expect(profile.mappings.rows.allSatisfy { $0.buildID == Self.library.buildID })
        let mapping = try #require(profile.mappings.indices.first)
        #expect(profile.locations.rows.first?.position == .object(mapping, FileAddress(rawValue: 0x1010)))
        #expect(profile.functions.rows.first?.systemName.map { profile[text: $0] } == "_Z3foov")
    }

    @Test func theKernelAndItsModulesAreMappings() {
        let profile = Self.profile(of: [
            [.kernel(Address(rawValue: 0xFFFF_9000)), .kernel(Address(rawValue: 0xFFFF_8000)), Self.code(0x1010)]
        ])
        #expect(profile.mappings.rows.map { profile[text: $0.path] } == ["[ext4]", "[kernel]", Self.library.path])
        #expect(FoldedStacks(profile, grouping: .process).text == "worker;foo();vfs_read_[k];ext4_read_[k] 1\n")
    }

    @Test(arguments: [
        code(0x1010, in: 9), .anonymous(Address(rawValue: 0x10)), .unmapped(Address(rawValue: 0x10)),
        .kernel(Address(rawValue: 0x10)),
    ])
    func aLocationWithoutNamesIsUnknown(location: CodeLocation) {
        let profile = Self.profile(of: [[location]])
        #expect(FoldedStacks(profile, grouping: .process).text == "worker;[unknown] 1\n")
        #expect(profile.metadata.counts?.unnamedFrames == 1)
        #expect(profile.metadata.counts?.leastNamedObject == nil)
    }

    @Test func framesWithoutANameAreCountedByObject() throws {
        let profile = Self.profile(
            of: [[Self.code(0x5010), Self.code(0x5010), Self.code(0x1010)], [.unmapped(Address(rawValue: 1))]],
            count: 5, weight: 5
        )
        let counts = try #require(profile.metadata.counts)
        #expect(counts.samples == 10)
        #expect(counts.unnamedFrames == 15)
        #expect(counts.unnamedFramesByObject == ["libfoo.so.1": 10])
        #expect(counts.leastNamedObject == "libfoo.so.1")
    }

    @Test func `A filter that keeps all samples counts what the recording counted`() throws {
        let stacks = [
            [Self.code(0x5010), Self.code(0x5010), Self.code(0x1010)], [.unmapped(Address(rawValue: 1))],
            [.kernel(Address(rawValue: 0x10))], [.anonymous(Address(rawValue: 0x10)), Self.code(0x5010)],
        ]
        let profile = Self.profile(of: stacks, ending: .truncated(.frameLimit(1)), count: 5, weight: 5)
        var filter = ProfileFilter()
        filter.ignore = { _ in false }
        #expect(try filter.apply(to: profile).metadata.counts == profile.metadata.counts)
    }

    @Test func truncationIsCountedAndShown() {
        let stacks = [[Self.code(0x1010)], []]
        let profile = Self.profile(of: stacks, ending: .truncated(.frameLimit(1)), count: 4, weight: 4)
        #expect(profile.metadata.counts?.truncated == ["frame_limit": 8])
        #expect(
            FoldedStacks(profile, grouping: .process).text
                == "worker;[truncated: frame_limit] 4\nworker;[truncated: frame_limit];foo() 4\n")
    }

    @Test func lossesStayInTheMetadata() throws {
        let counts = try #require(Self.profile(of: []).metadata.counts)
        #expect(counts.lost == ["queue_full": 2, "ended": 1])
        #expect(counts.lostSamples == 3)
        #expect(counts.samples == 0)
    }
}
