import TestSupport
import Testing

/// Expected texts in `Goldens/`; `SONDE_RECORD_GOLDENS=1` writes them anew.
enum Goldens {
    static func expect(_ text: String, equals name: String, at location: SourceLocation = #_sourceLocation) throws {
        let golden = try Golden.text(named: name, insteadOf: text)
        #expect(text == golden, "differs from \(name)", sourceLocation: location)
    }
}
