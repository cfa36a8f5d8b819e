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
        var profile = SampleProfiles.empty
        profile.add(stack: [SampleProfiles.frame("f")], thread: thread, weight: 1)
        #expect(FoldedStacks(profile, grouping: grouping).text == expected)
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
        var profile = SampleProfiles.empty
        profile.add(stack: [SampleProfiles.frame("irq 3", .kernel)], thread: SampleProfiles.thread(), weight: 1)
        #expect(FoldedStacks(profile, grouping: .process).text == "worker;irq 3_[k] 1\n")
    }

    @Test func stacksOfOneTextAreOneLine() {
        let profile = SampleProfiles.profile([(["a;b"], 1), (["a:b"], 2)])
        #expect(FoldedStacks(profile, grouping: .process).text == "worker;a:b 3\n")
    }

    /// flamegraph.pl reads `^(.*)\s+?(\d+(?:\.\d*)?)$` and then looks for the same in what is left.
    @Test(arguments: HostileNames.all) func everyLineHasExactlyOneCount(name: String) throws {
        let thread = SampleProfiles.thread(name)
        var profile = SampleProfiles.empty
        profile.add(stack: [SampleProfiles.frame(name), SampleProfiles.frame(name)], thread: thread, weight: 42)
        let text = FoldedStacks(profile, grouping: .thread).text
        let line = try #require(text.wholeMatch(of: #/(?<stack>[^\n]*[^ \n]) 42\n/#))
        #expect(line.stack.split(separator: ";", omittingEmptySubsequences: false).count == 3)
        #expect(line.stack.firstMatch(of: #/\s\d+(\.\d*)?$/#) == nil)
        #expect(line.stack.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
        #expect(text.unicodeScalars.count < 7_000)
        #expect(try FoldedStacks(parsing: Array(text.utf8)) == FoldedStacks(profile, grouping: .thread))
    }

    @Test func aWrittenTextIsReadBack() throws {
        let folded = FoldedStacks(SampleProfiles.everyKind, grouping: .thread)
        #expect(try FoldedStacks(parsing: Array(folded.text.utf8)) == folded)
    }

    @Test func linesOfOneStackAddUp() throws {
        let folded = try FoldedStacks(parsing: Array("a;b 1\n\na;c 2\na;b 3".utf8))
        #expect(folded.text == "a;b 4\na;c 2\n")
    }

    @Test(arguments: [
        ("a 1\nb", 2, FoldedStacksError.Problem.noCount), ("a 1\n\n 5\n", 3, .emptyFrame), ("a;;b 5", 1, .emptyFrame),
        ("a -1", 1, .noCount), ("a 1.5", 1, .noCount), ("a 1 ", 1, .noCount), ("a 1\r\n", 1, .noCount),
        ("a 18446744073709551616", 1, .countTooLarge), ("a 18446744073709551615\nb 1", 2, .countTooLarge),
        ("a 1 2", 1, .twoCounts), ("7", 1, .noCount), (" ", 1, .noCount), ("; 1", 1, .emptyFrame),
    ])
    func damagedTextIsRefusedWithItsLine(text: String, line: Int, problem: FoldedStacksError.Problem) {
        let error = #expect(throws: FoldedStacksError.self) { try FoldedStacks(parsing: Array(text.utf8)) }
        #expect(error?.line == line)
        #expect(error?.problem == problem)
    }

    @Test func bytesThatAreNotUTF8AreRefused() {
        let error = #expect(throws: FoldedStacksError.self) { try FoldedStacks(parsing: [0x61, 0xFF, 0x20, 0x31]) }
        #expect(error?.problem == .notUTF8)
    }

    @Test func aLineWithoutEndIsRefused() {
        let line = [UInt8](repeating: 0x61, count: FoldedStacks.maximumLineLength + 1)
        let error = #expect(throws: FoldedStacksError.self) { try FoldedStacks(parsing: line) }
        #expect(error?.problem == .lineTooLong(limit: FoldedStacks.maximumLineLength))
    }

    @Test func randomBytesNeverTrap() {
        var random = SeededGenerator(state: 1)
        let alphabet = Array("a; 19.\n\r\u{0}é".utf8) + [0xFF, 0xC0]
        for _ in 0..<5_000 {
            let bytes = (0..<Int.random(in: 0..<40, using: &random)).compactMap { _ in
                alphabet.randomElement(using: &random)
            }
            let folded = try? FoldedStacks(parsing: bytes)
            if let folded { #expect((try? FoldedStacks(parsing: Array(folded.text.utf8))) == folded) }
        }
    }
}
