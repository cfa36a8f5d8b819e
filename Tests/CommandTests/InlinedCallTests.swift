import Foundation
import TestSupport
import Testing

/// Inlined calls in what commands show.
@Suite struct InlinedCallTests {
    private let workshop: Workshop
    private let program: Child

    init() throws {
        workshop = try Workshop()
        let path = try workshop.build(
            "inlined", from: InlinedProgram.source, in: "inlined.c", with: "gcc", "-O2", "-g", "-o", "inlined",
            "inlined.c")
        program = try Child([path])
    }

    @Test func `Inlined calls are rows of their own, below the function that they are in`() throws {
        let recording = try record("-p", "\(program.pid)", "-d", "2", "-r", "200")
        #expect(recording.samples { $0.passes(["main", "work", "middle_[i]", "deepest_[i]"]) } > 0)
        #expect(recording.samples { !$0.passes(["main"]) } * 10 < recording.samples)
    }

    @Test func `A dump says which calls are inlined, and the lines of all`() throws {
        let isShown = eventually {
            guard let text = try? sonde("dump", "-p", "\(program.pid)").output else { return false }
            return InlinedProgram.frames(in: "inlined.c").allSatisfy(text.contains)
        }
        #expect(isShown)
    }
}
