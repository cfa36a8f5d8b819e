internal import Glibc
internal import SystemSupport

/// The debuginfod server that has what a distribution's packages were stripped of.
package struct DistributionServer: Hashable, Sendable {
    package let url: String

    /// Asks those of Debian, Fedora, Ubuntu and others.
    package static let ofAll = DistributionServer(url: "https://debuginfod.elfutils.org/")

    /// That of this host.
    package static var ofHost: DistributionServer {
        var text: [UInt8] = []
        guard let file = try? OwnedDescriptor(opening: "/etc/os-release", flags: O_RDONLY),
            (try? file.append(upTo: sizeLimit, at: 0, to: &text)) != nil
        else { return ofAll }
        return DistributionServer(osRelease: String(decoding: text, as: UTF8.self))
    }

    private static let sizeLimit = 1 << 16

    /// - Parameter text: as os-release(5) has it: `ID=debian`, `ID="opensuse-leap"`.
    package init(osRelease text: String) {
        let line = text.split(separator: "\n").first { $0.hasPrefix("ID=") }
        let id = (line?.dropFirst("ID=".count) ?? "").filter { $0 != "\"" && $0 != "'" }
        self = Self.urls.first { id == $0.id || id.hasPrefix("\($0.id)-") }.map { Self(url: $0.url) } ?? .ofAll
    }

    private init(url: String) { self.url = url }

    private static let urls = [
        (id: "arch", url: "https://debuginfod.archlinux.org"),
        (id: "debian", url: "https://debuginfod.debian.net"),
        (id: "fedora", url: "https://debuginfod.fedoraproject.org/"),
        (id: "opensuse", url: "https://debuginfod.opensuse.org/"),
        (id: "ubuntu", url: "https://debuginfod.ubuntu.com"),
    ]
}
