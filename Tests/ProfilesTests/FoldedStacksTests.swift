import ProfileFormats
import ProfileModel
import Profiles
import TestSupport
import Testing

@Suite struct FoldedStacksTests {
    @Test func everyKindMatchesTheGolden() throws {
        try Goldens.expect(FoldedStacks(SampleProfiles.everyKind, grouping: .process).text, equals: "every-kind.folded")
        try Goldens.expect(FoldedStacks(SampleProfiles.everyKind, grouping: .thread).text, equals: "by-thread.folded")
    }

    @Test(arguments: [
        (Grouping.process, "my_app;f 1\n"), (.processWithID, "my_app-7;f 1\n"), (.thread, "IO_pool-7/8;f 1\n"),
    ])
    func rootRowFollowsTheGrouping(grouping: Grouping, expected: String) {
        let thread = ThreadIdentity(
            process: ProcessID(rawValue: 7), thread: ThreadID(rawValue: 8), name: "IO pool", processName: "my app")
        let stack = SampleProfiles.Stack(locations: [[SampleProfiles.frame("f")]], thread: thread, value: 1)
        #expect(FoldedStacks(SampleProfiles.profile(of: [stack]), grouping: grouping).text == expected)
    }

    @Test(arguments: [
        ("a;b", "a:b"), ("a\r\n\tb", "ab"), ("\u{1b}[31mred", "[31mred"), ("\u{0}\u{7f}\u{85}\u{2028}", "[unknown]"),
        ("Thread 3", "Thread_3"), ("Thread 3.5", "Thread_3.5"), ("Thread 3.", "Thread_3."), ("4 5 6", "4 5_6"),
        ("Thread 3a", "Thread 3a"), ("Thread .5", "Thread .5"), ("Thread 3.5.1", "Thread 3.5.1"), ("3", "3"),
        ("Thread\t 3", "Thread_3"), ("ends 3 ", "ends_3"), ("", "[unknown]"), ("  ", "[unknown]"),
        ("[libfoo.so+0x1234]", "[libfoo.so+0x1234]"),
    ])
    func leafNameIsMadeSafe(name: String, expected: String) {
        let folded = FoldedStacks(SampleProfiles.profile([([name], 5)]), grouping: .process)
        #expect(folded.text == "worker;\(expected) 5\n")
    }

    @Test func onlyTheLeafLosesItsSpace() {
        let profile = SampleProfiles.profile([(["Thread 3", "Thread 3"], 5)])
        #expect(FoldedStacks(profile, grouping: .process).text == "worker;Thread 3;Thread_3 5\n")
    }

    @Test func aSuffixEndsTheLeafInsteadOfTheNumber() {
        let stack = SampleProfiles.Stack(locations: [[SampleProfiles.frame("irq 3", .kernel)]], value: 1)
        #expect(
            FoldedStacks(SampleProfiles.profile(of: [stack]), grouping: .process).text == "worker;irq 3_[k] 1\n")
    }

    @Test func stacksOfOneTextAreOneLine() {
        let profile = SampleProfiles.profile([(["a;b"], 1), (["a:b"], 2)])
        #expect(FoldedStacks(profile, grouping: .process).text == "worker;a:b 3\n")
    }

    @Test func inlinedFunctionsFollowTheirCallerAndSayThatTheyAre() {
        let frames = [
            SampleProfiles.frame("inner 1"), SampleProfiles.frame("middle 2"), SampleProfiles.frame("outer 3"),
        ]
        let stack = SampleProfiles.Stack(locations: [frames, frames], value: 1)
        let expected = "outer 3;middle 2_[i];inner 1_[i]"
        #expect(
            FoldedStacks(SampleProfiles.profile(of: [stack]), grouping: .process).text
                == "worker;\(expected);\(expected) 1\n")
    }

    @Test(
        arguments: [
            (1, "f 1\n"), (499, "f 1\n"), (1_499, "f 1\n"), (1_500, "f 2\n"), (0, ""), (-5_000, ""),
            (.max, "f 9223372036854776\n"),
        ] as [(Int64, String)])
    func timesAreMicroseconds(nanoseconds: Int64, expected: String) {
        let folded = FoldedStacks(SampleProfiles.profile([(["f"], nanoseconds)], type: .offCPU), grouping: .process)
        #expect(folded.text == (expected.isEmpty ? "" : "worker;" + expected))
    }

    /// flamegraph.pl reads `^(.*)\s+?(\d+(?:\.\d*)?)$` and then looks for the same in what is left.
    @Test(arguments: HostileNames.all) func everyLineHasExactlyOneCount(name: String) throws {
        let thread = SampleProfiles.thread(name)
        let frames = [SampleProfiles.frame(name)]
        let profile = SampleProfiles.profile(of: [
            SampleProfiles.Stack(locations: [frames, frames], thread: thread, value: 42)
        ])
        let text = FoldedStacks(profile, grouping: .thread).text
        let line = try #require(text.wholeMatch(of: #/(?<stack>[^\n]*[^ \n]) 42\n/#))
        #expect(line.stack.split(separator: ";", omittingEmptySubsequences: false).count == 3)
        #expect(line.stack.firstMatch(of: #/\s\d+(\.\d*)?$/#) == nil)
        #expect(line.stack.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
        #expect(text.unicodeScalars.count < 7_000)
    }
}
