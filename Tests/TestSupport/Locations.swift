package import Foundation

/// Where tests find what was built for them.
package enum Locations {
    /// The root of the checkout.
    package static let checkout = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The programs that `tools/build-test-programs` builds; `SONDE_TEST_PROGRAMS` says otherwise.
    package static let testPrograms =
        overridden(by: "SONDE_TEST_PROGRAMS") ?? checkout.appending(path: ".build/test-programs")

    /// The directory of the running test bundle, where SwiftPM also puts the executables of the same build.
    package static let products = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

    /// The `sonde` under test; `SONDE_BINARY` says otherwise.
    package static let sonde = overridden(by: "SONDE_BINARY") ?? products.appending(path: "sonde")

    /// The `sonde-agent` under test; `SONDE_AGENT_BINARY` says otherwise.
    package static let agent = overridden(by: "SONDE_AGENT_BINARY") ?? products.appending(path: "sonde-agent")

    private static func overridden(by variable: String) -> URL? {
        ProcessInfo.processInfo.environment[variable].map { URL(filePath: $0) }
    }
}
