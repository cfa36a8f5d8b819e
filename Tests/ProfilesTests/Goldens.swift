import Foundation
import Testing

/// Expected texts in `Goldens/`; `SONDE_RECORD_GOLDENS=1` writes them anew.
enum Goldens {
    static func expect(_ text: String, equals name: String, at location: SourceLocation = #_sourceLocation) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/\(name)")
        if ProcessInfo.processInfo.environment["SONDE_RECORD_GOLDENS"] == "1" {
            try Data(text.utf8).write(to: file)
        }
        let golden = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        #expect(text == golden, "differs from \(name)", sourceLocation: location)
    }
}
