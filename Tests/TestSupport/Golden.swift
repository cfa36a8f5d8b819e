import Foundation

/// Expected texts in the directory `Goldens` beside a test's file.
package enum Golden {
    /// The text that is expected; with `SONDE_RECORD_GOLDENS=1` it becomes `text` first.
    package static func text(named name: String, insteadOf text: String, file: String = #filePath) throws -> String {
        let golden = URL(filePath: file).deletingLastPathComponent().appending(path: "Goldens/\(name)")
        if ProcessInfo.processInfo.environment["SONDE_RECORD_GOLDENS"] == "1" {
            try FileManager.default.createDirectory(
                at: golden.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: golden)
        }
        return String(decoding: try Data(contentsOf: golden), as: UTF8.self)
    }
}
