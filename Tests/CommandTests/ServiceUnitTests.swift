import Foundation
import TestSupport
import Testing

/// `tools/systemd/sonde.service`: right for systemd, and with enough permissions to read what the agent reads.
@Suite struct ServiceUnitTests {
    private static let unit = Locations.checkout.appending(path: "tools/systemd/sonde.service")
    private static let analyze = "/usr/bin/systemd-analyze"
    private static let hasSystemd = FileManager.default.isExecutableFile(atPath: analyze)

    private static func value(of key: String) throws -> [String] {
        try String(contentsOf: unit, encoding: .utf8).split(separator: "\n")
            .compactMap { $0.hasPrefix("\(key)=") ? $0.dropFirst(key.count + 1) : nil }
            .flatMap { $0.split(separator: " ").map(String.init) }
    }

    @Test func `A reload is checked before the agent is told`() throws {
        let commands = try String(contentsOf: Self.unit, encoding: .utf8).split(separator: "\n")
            .compactMap { $0.hasPrefix("ExecReload=") ? String($0.dropFirst("ExecReload=".count)) : nil }
        #expect(commands == ["/usr/bin/sonde agent --check-config", "/bin/kill -HUP $MAINPID"])
    }

    @Test func `The alert file of the example can be written`() throws {
        let example = try String(
            contentsOf: Locations.checkout.appending(path: "tools/config/config.example.yaml"), encoding: .utf8)
        let file = try #require(example.firstMatch(of: /#file: (.*)/)?.1)
        let directories = try Self.value(of: "LogsDirectory").map { "/var/log/\($0)" }
        #expect(directories.contains(URL(filePath: String(file)).deletingLastPathComponent().path))
    }

    /// With a program that is here, since what it names is installed elsewhere.
    private func copy(in place: TemporaryDirectory) throws -> String {
        let text = try String(contentsOf: Self.unit, encoding: .utf8).replacing("/usr/bin/sonde", with: "/bin/true")
        try place.write(text, to: "sonde.service")
        return "\(place.path)/sonde.service"
    }

    @Test(.enabled(if: hasSystemd)) func `systemd finds nothing wrong with it`() throws {
        let place = try TemporaryDirectory()
        let result = try run([Self.analyze, "verify", "--man=no", try copy(in: place)])
        #expect(result.status == .exited(0) && result.errors.isEmpty, "\(result.errors)")
    }

    @Test(.enabled(if: hasSystemd)) func `systemd calls its exposure low`() throws {
        let place = try TemporaryDirectory()
        let result = try run([
            Self.analyze, "security", "--offline=true", "--threshold=30", "--no-pager", try copy(in: place),
        ])
        #expect(result.status == .exited(0), "\(result.output.suffix(300))")
    }

    /// Reads what the agent reads of another user's process, as the unit's user would; prints what failed.
    private static let reading = """
        for file in stat status statm limits cgroup cmdline io smaps_rollup maps; do
            cat "/proc/$1/$file" > /dev/null || echo "$file"
        done
        [ "$(ls "/proc/$1/fd" | wc -l)" -ge 3 ] || echo fd
        readlink "/proc/$1/exe" "/proc/$1/fd/0" "/proc/$1/ns/net" > /dev/null || echo links
        """

    private func unreadable(of target: Child, with capabilities: [String]) throws -> [String] {
        let set = (["-all"] + capabilities.map { "+" + $0.lowercased().dropFirst("cap_".count) }).joined(separator: ",")
        let result = try run(
            [
                "/usr/bin/setpriv", "--reuid", "64321", "--regid", "64321", "--clear-groups", "--no-new-privs",
                "--bounding-set", set, "--inh-caps", set, "--ambient-caps", set, "--", "/bin/sh", "-c", Self.reading,
                "sh", "\(target.pid)",
            ])
        return result.output.split(separator: "\n").map(String.init)
    }

    @Test(.enabled(if: Privileges.isRoot)) func `Its capabilities suffice, and none of them is too many`() throws {
        let target = try Child(Privileges.asNobody(["/bin/sleep", "1000"]))
        let isReady = eventually {
            (try? String(contentsOfFile: "/proc/\(target.pid)/comm", encoding: .utf8)) == "sleep\n"
        }
        #expect(isReady)
        let capabilities = try Self.value(of: "CapabilityBoundingSet")
        #expect(try Self.value(of: "AmbientCapabilities") == capabilities)
        #expect(try unreadable(of: target, with: capabilities).isEmpty)
        for omitted in capabilities {
            #expect(try !unreadable(of: target, with: capabilities.filter { $0 != omitted }).isEmpty)
        }
    }
}
