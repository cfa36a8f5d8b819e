import ProfileFormats
import Profiles
import Testing

@Suite struct CallTreeTextTests {
    private static func text(minimum: Double = 0, columns: Int = 80) -> String {
        let profile = SampleProfiles.profile([
            (["main", "serve", "parse", "read"], 20), (["main", "serve", "parse"], 40),
            (["main", "serve", "write"], 37),
            (["main"], 1), (["start"], 2),
        ])
        return CallTreeText(profile, minimum: minimum).text(columns: columns)
    }

    @Test func `Callees stand below their callers, the heaviest first`() {
        #expect(
            Self.text() == """
                  TOTAL     SELF  FUNCTION
                100.00%    0.00%  all
                100.00%    0.00%  worker
                 98.00%    1.00%  ├ main
                 97.00%    0.00%  │ serve
                 60.00%   40.00%  │ ├ parse
                 20.00%   20.00%  │ │ read
                 37.00%   37.00%  │ └ write
                  2.00%    2.00%  └ start

                """)
    }

    @Test func `Functions below the minimum are counted in one row`() {
        let text = Self.text(minimum: 0.3)
        #expect(text.hasSuffix("\n  2.00%    0.00%  └ (1 more function)\n"))
        #expect(text.contains("│ │ (1 more function)\n"))
    }

    @Test func `No line is wider than the columns`() {
        #expect(Self.text(columns: 28).split(separator: "\n").allSatisfy { $0.count <= 28 })
    }

    @Test func `A stack of thousands of branches is not indented beyond reading`() {
        let deep = (0..<600).map { "f\($0)" }
        let stacks: [(rootFirst: [String], value: Int64)] = (1...600).map { (Array(deep.prefix($0)) + ["g"], 1) }
        let text = CallTreeText(SampleProfiles.profile(stacks), minimum: 0)
        let lines = text.text(columns: 200).split(separator: "\n")
        #expect(lines.count > 1_200)
        #expect(lines.allSatisfy { $0.count <= 120 })
    }
}
