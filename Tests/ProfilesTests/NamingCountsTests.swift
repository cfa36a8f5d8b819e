import ProfileModel
import Profiles
import Testing

/// How many frames have names.
@Suite struct NamingCountsTests {
    private static func code(_ address: UInt64, in object: UInt32) -> CodeLocation {
        .object(ObjectID(rawValue: object), FileAddress(rawValue: address))
    }

    private static func names(at location: CodeLocation) -> [Frame] {
        switch location {
        case .object(_, let address) where address.rawValue < 0x2000:
            [Frame(name: "inner", kind: .native, object: "a"), Frame(name: "outer", kind: .native, object: "a")]
        case .object: [Frame(name: "[a+0x2000]", kind: .unknown, object: "a")]
        default: [Frame(name: "[anonymous]", kind: .unknown, object: nil)]
        }
    }

    private static func counts(
        of stacks: [([CodeLocation], UInt64)], mode: SamplingMode = .cpu
    ) -> (all: NamingCounts, innermost: NamingCounts) {
        var assembly = ProfileAssembly(
            mode: mode, metadata: SampleProfiles.metadata(), names: names(at:),
            objects: { ProfiledObject(path: "/opt/\($0.rawValue)/a", buildID: nil, segments: []) })
        for (locations, count) in stacks {
            assembly.add(
                locations, ending: .rootReached, of: SampleProfiles.thread(), count: count,
                weight: mode == .offCPU ? count * 1_000 : count)
        }
        return NamingCounts.counts(of: assembly.finish())
    }

    @Test(arguments: [SamplingMode.cpu, .offCPU]) func `Each frame counts once for each sample`(mode: SamplingMode) {
        let (all, innermost) = Self.counts(
            of: [
                ([.anonymous(Address(rawValue: 1)), Self.code(0x2000, in: 1), Self.code(0x1000, in: 1)], 3),
                ([Self.code(0x3000, in: 2), Self.code(0x2000, in: 1), Self.code(0x1000, in: 1)], 5),
                ([.kernel(Address(rawValue: 9)), Self.code(0x1000, in: 1)], 2), ([], 7),
            ], mode: mode)
        #expect(all.frames == 28 && all.anonymous == 3)
        #expect(all.unnamedByPath == ["/opt/1/a": 8, "/opt/2/a": 5] && all.withoutSymbol == 13)
        #expect(all.share(of: 7) == 0.25)
        #expect(innermost.frames == 10 && innermost.anonymous == 3 && innermost.unnamedByPath == ["/opt/2/a": 5])
    }

    @Test func `Of nothing, nothing is without a name`() {
        let all = Self.counts(of: []).all
        #expect(all.frames == 0 && all.share(of: all.withoutSymbol) == 0)
    }
}
