import Foundation
import TestSupport
import Testing

/// `sonde agent`: its configuration, its start and its end.
@Suite struct AgentCommandTests {
    private let place: TemporaryDirectory

    init() throws { place = try TemporaryDirectory() }

    private func check(_ text: String, environment: [String: String] = [:]) throws -> CommandResult {
        try place.write(text, to: "sonde.yaml")
        return try sonde(
            ["agent", "--check-config", "--config", "\(place.path)/sonde.yaml"], environment: environment)
    }

    @Test func `A right configuration`() throws {
        let result = try check("watch:\n  interval: 1s\n")
        #expect(result.status == .exited(0))
        #expect(result.output == "\(place.path)/sonde.yaml: ok\n")
    }

    @Test func `The documented example is right`() throws {
        let example = Locations.checkout.appending(path: "tools/config/config.example.yaml").path
        let result = try sonde("agent", "--check-config", "--config", example)
        #expect(result.status == .exited(0) && result.output == "\(example): ok\n")
        #expect(result.errors.isEmpty, "\(result.errors)")
    }

    @Test func `All that is wrong is named with its line`() throws {
        let text = """
            watch:
              intervall: 5s
              interval: [5s]
            web:
              listen_addresses: 9797
            groups:
              - {name: a, cmdline: ["("]}
            """
        let result = try check(text, environment: ["SONDE_LOG_LEVEL": "loud"])
        #expect(result.status == .exited(1))
        #expect(result.output.isEmpty)
        let file = "\(place.path)/sonde.yaml"
        let beginnings = [
            "\(file):2:3: unknown key `watch.intervall`: did you mean `interval`?", "\(file):3:13: `watch.interval` is",
            "\(file):5:21: `web.listen_addresses` is 9797",
            "\(file):7:5: `groups[0]`: the expression '(' of cmdline: missing )",
            "environment variable SONDE_LOG_LEVEL: `log.level` is loud",
        ]
        let lines = result.errors.split(separator: "\n")
        #expect(lines.count == beginnings.count)
        #expect(zip(lines, beginnings).allSatisfy { $0.hasPrefix($1) }, "\(result.errors)")
    }

    @Test(arguments: [
        ("basic_auth_users: {prometheus: secret}\n", "web.yaml:1: the password of prometheus is not a bcrypt hash"),
        ("tls_server_config: {cert_file: none.crt, key_file: none.key}\n", "none.crt: the certificate can't be read"),
        (nil, "web.yaml: it can't be read"),
    ])
    func `A web configuration that keeps the agent from starting is told`(text: String?, problem: String) throws {
        let file = "\(place.path)/web.yaml"
        if let text { try place.write(text, to: "web.yaml") }
        let result = try check("web: {config_file: \(file)}\n")
        #expect(result.status == .exited(1))
        #expect(result.output.isEmpty)
        #expect(result.errors.hasPrefix("\(place.path)/\(problem)"), "\(result.errors)")
    }

    @Test func `A file that isn't there`() throws {
        let result = try sonde("agent", "--check-config", "--config", "/nonexistent/sonde.yaml")
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("/nonexistent/sonde.yaml: can't be read: No such file"))
    }

    @Test func `Options win, and what is printed is what is in force`() throws {
        try place.write("watch: {interval: 9s}\ndelivery: {webhooks: ['https://h.example/secret']}", to: "c.yaml")
        let result = try sonde(
            "agent", "--config", "\(place.path)/c.yaml", "--watch.interval", "3s", "--set", "store.raw=3h",
            "--web.listen-address", ":1", "--web.listen-address", "unix:/run/x", "--print-config",
            environment: ["SONDE_LEAKS_ENABLED": "false"])
        #expect(result.status == .exited(0))
        for line in [
            "  interval: 3s", "  raw: 3h", "  enabled: false", "  listen_addresses: [\":1\", \"unix:/run/x\"]",
        ] {
            #expect(result.output.contains(line + "\n"))
        }
        #expect(result.output.contains("https://h.example/***") && !result.output.contains("secret"))
    }

    @Test func `Help and wrong usage`() throws {
        #expect(try sonde("help", "agent").output.contains("USAGE: sonde agent"))
        let help = try sonde("agent", "--help")
        #expect(help.status == .exited(0) && help.output.contains("--web.listen-address"))
        #expect(try sonde("agent", "--version").output == sonde("--version").output)
        #expect(try sonde("agent", "--no-such-option").status == .exited(64))
        #expect(try sonde("agent", "--set", "watch.intervall=5s").status == .exited(64))
    }

    @Test func `Without its program`() throws {
        let copy = "\(place.path)/sonde"
        try FileManager.default.copyItem(atPath: Locations.sonde.path, toPath: copy)
        let result = try run([copy, "agent"])
        #expect(result.status == .exited(127))
        #expect(result.errors.contains("\(place.path)/sonde-agent") && result.errors.contains("tools/sonde agent"))
        try FileManager.default.createDirectory(
            atPath: "\(place.path)/bin", withIntermediateDirectories: true)
        try place.write("#!/bin/sh\necho \"ran with $*\"\n", to: "libexec/sonde/sonde-agent")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: "\(place.path)/libexec/sonde/sonde-agent")
        try FileManager.default.moveItem(atPath: copy, toPath: "\(place.path)/bin/sonde")
        #expect(try run(["\(place.path)/bin/sonde", "agent", "--a", "b c"]).output == "ran with --a b c\n")
    }

    /// Started with a state directory of its own, and without arguments on a free port.
    private func agent(_ arguments: [String]? = nil) throws -> Child {
        let place = ["--state-directory", "\(place.path)/state"]
        let address = ["--web.listen-address", "127.0.0.1:\(try LoopbackPort.free())"]
        let child = try Child([Locations.sonde.path, "agent"] + place + (arguments ?? address))
        let isRunning = eventually { String(decoding: child.standardError, as: UTF8.self).contains("msg=started") }
        #expect(isRunning)
        return child
    }

    @Test(arguments: [SIGTERM, SIGINT]) func `A signal ends it`(signal: Int32) throws {
        let agent = try agent()
        agent.send(signal: signal)
        #expect(try agent.exitStatus() == .exited(0))
    }

    @Test func `It reloads all or nothing`() throws {
        let file = "\(place.path)/c.yaml"
        func log(of agent: Child, has text: String) -> Bool {
            eventually { String(decoding: agent.standardError, as: UTF8.self).contains(text) }
        }
        let web = "web: {listen_addresses: ['127.0.0.1:\(try LoopbackPort.free())']}"
        try place.write("watch: {interval: 5s}\n\(web)", to: "c.yaml")
        let agent = try agent(["--config", file])
        try place.write("watch: {interval: 6s}\n\(web)", to: "c.yaml")
        agent.send(signal: SIGHUP)
        #expect(log(of: agent, has: "changed=watch.interval"))
        try place.write("watch: {interval: x}\nlog: {level: debug}\n\(web)", to: "c.yaml")
        agent.send(signal: SIGHUP)
        #expect(log(of: agent, has: "c.yaml:1:19: `watch.interval` is x"))
        try place.write("web: {listen_addresses: [':1']}\nlog: {level: error}", to: "c.yaml")
        agent.send(signal: SIGHUP)
        #expect(log(of: agent, has: "`web.listen_addresses` can't be changed while the agent runs"))
        agent.send(signal: SIGTERM)
        #expect(try agent.exitStatus() == .exited(0))
        // At the level that the refused file asked for, this would not be there.
        #expect(log(of: agent, has: "msg=stopped"))
    }

    @Test(.enabled(if: Privileges.isRoot)) func `As root it keeps two capabilities`() throws {
        let agent = try agent()
        let status = try String(contentsOfFile: "/proc/\(agent.pid)/status", encoding: .utf8)
        // CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH: numbers 19 and 2.
        for name in ["CapPrm", "CapEff", "CapBnd"] { #expect(status.contains("\n\(name):\t0000000000080004\n")) }
        #expect(status.contains("\nCapInh:\t0000000000000000\n") && status.contains("\nNoNewPrivs:\t1\n"))
    }

    @Test func `A state directory that can't be used`() throws {
        try place.write("x", to: "file")
        let result = try sonde("agent", "--state-directory", "\(place.path)/file")
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("is not a directory") && result.errors.contains("--state-directory"))
    }
}
