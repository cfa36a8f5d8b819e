import Foundation
import FuzzTargets
import Testing

/// Every input that `tools/fuzz` kept is read again: what was once found stays fixed.
@Suite struct CorpusTests {
    private static let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")
    /// Generous: the slowest takes a few milliseconds.
    private static let limit = Duration.seconds(5)

    @Test(arguments: FuzzTarget.all) func `Every input of the corpus is read`(target: FuzzTarget) throws {
        let directory = Self.directory.appending(path: target.name)
        let files = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
            .sorted { $0.path < $1.path }
        try #require(!files.isEmpty)
        for file in files {
            let bytes = [UInt8](try Data(contentsOf: file))
            let duration = ContinuousClock().measure { target.replay(bytes) }
            #expect(duration < Self.limit, "\(file.path)")
        }
    }

    @Test(arguments: FuzzTarget.all) func `An empty input is read`(target: FuzzTarget) { target.replay([]) }

    @Test func `Every directory of the corpus belongs to a target`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.directory.path)
        try #require(!names.isEmpty)
        #expect(Set(names) == Set(FuzzTarget.all.map(\.name)))
    }
}
