import ProfileFormats
import ProfileModel
import Profiles
import TestSupport
import Testing

@Suite struct TopTableTests {
    @Test func everyKindMatchesTheGolden() throws {
        try Goldens.expect(TopTable(SampleProfiles.everyKind, limit: 10).text(columns: 60), equals: "every-kind.top")
    }

    @Test(arguments: HostileNames.all, [0, 20, 40]) func noLineIsWiderThanAsked(name: String, columns: Int) {
        let text = TopTable(SampleProfiles.profile([([name], 1)]), limit: 5).text(columns: columns)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { $0.unicodeScalars.count <= max(columns, 26) })
        #expect(!text.contains("\u{1b}"))
    }
}
