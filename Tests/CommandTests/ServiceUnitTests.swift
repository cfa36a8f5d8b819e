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
        try #require(!capabilities.isEmpty)
        #expect(try Self.value(of: "AmbientCapabilities") == capabilities)
        #expect(try unreadable(of: target, with: capabilities).isEmpty)
        for omitted in capabilities {
            #expect(try !unreadable(of: target, with: capabilities.filter { $0 != omitted }).isEmpty)
        }
    }

    /// Runs a command in a mount namespace whose `/dev/log` goes to a file.
    private static let withSystemLog = """
        import ctypes, os, signal, socket, subprocess, sys
        subprocess.run("mount -t tmpfs none /mnt && cp -a /dev/null /dev/urandom /mnt && mount --bind /mnt /dev",
                       shell=True, check=True)
        messages = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        messages.bind("/dev/log")
        if os.fork() == 0:
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)
            with open(sys.argv[1], "wb", 0) as file:
                while True: file.write(messages.recv(65536) + b"\\n")
        os.execvp(sys.argv[2], sys.argv[2:])
        """

    @Test(.enabled(if: Privileges.isRoot))
    func `At a low priority that it may not raise, the agent tells the system's log nothing`() throws {
        let place = try TemporaryDirectory()
        let messages = place.url.appending(path: "messages")
        let prefix = [
            "/usr/bin/unshare", "--mount", "/usr/bin/python3", "-c", Self.withSystemLog, messages.path,
            "/usr/bin/setpriv", "--bounding-set", "-sys_nice", "--", "/usr/bin/nice", "-n", "5",
        ]
        let agent = try AgentProcess(state: "\(place.path)/state", prefix: prefix)
        let marker = "the test was here"
        let said = try run([
            "/usr/bin/nsenter", "--mount", "--target", "\(agent.child.pid)", "/usr/bin/logger", "--socket", "/dev/log",
            marker,
        ])
        try #require(said.status == .exited(0), "\(said.errors)")
        var lines: [Substring] = []
        let hasArrived = try eventually {
            lines = try String(contentsOf: messages, encoding: .utf8).split(separator: "\n")
            return lines.contains { $0.hasSuffix(marker) }
        }
        #expect(hasArrived && lines.count == 1, "\(lines)")
    }
}
