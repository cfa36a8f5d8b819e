import ProfileFormats
import Profiles
import Testing

@Suite struct ProfileFormatTests {
    @Test(
        arguments: [
            ("graph.svg", .svg), ("a/b.folded", .folded), ("out.collapsed", .folded), ("cpu.pb.gz", .pprof),
            ("cpu.pprof", .pprof), ("x.speedscope.json", .speedscope), ("x.json", .json), ("X.JSON", .json),
            ("speedscope.json", .json), ("out.perf", .perf), ("out.perf.txt", .perf), ("svg", nil), ("a.txt", nil),
            ("a.gz", nil), ("/dev/null", nil), ("", nil),
        ] as [(String, ProfileFormat?)])
    func `The longest ending decides`(name: String, format: ProfileFormat?) {
        #expect(ProfileFormat(fileName: name) == format)
    }

    @Test(arguments: ProfileFormat.allCases) func `The ending that Sonde gives is its format's`(format: ProfileFormat) {
        #expect(ProfileFormat(fileName: "a." + format.fileEnding) == format)
        #expect(!(format.isPicture && format.isReadable))
    }

    @Test func `The format is found from the content`() throws {
        let profile = SampleProfiles.everyKind
        let files: [(ProfileFormat, [UInt8])] = [
            (.folded, Array(FoldedStacks(profile, grouping: .thread).text.utf8)), (.perf, PerfScript(profile).bytes),
            (.speedscope, SpeedscopeFile(profile).bytes), (.json, ProfileJSON(profile).bytes),
        ]
        for (format, bytes) in files { #expect(ProfileReader.format(of: bytes) == format) }
        #expect(ProfileReader.format(of: Array("<?xml version=\"1.0\"?><svg>".utf8)) == nil)
        #expect(ProfileReader.format(of: []) == nil)
        #expect(ProfileReader.format(of: Array("# a comment\nmain;f 3\n".utf8)) == .folded)
    }
}
