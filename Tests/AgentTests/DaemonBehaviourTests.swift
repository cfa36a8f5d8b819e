import Foundation
import TestSupport
import Testing

/// How the agent starts, reloads and ends.
@Suite struct DaemonBehaviourTests {
    @Test func `It ends in a second when it is asked to, and its state is whole`() throws {
        let state = try TemporaryDirectory()
        let agent = try AgentProcess(state: state.path)
        let start = ContinuousClock.now
        agent.child.send(signal: SIGTERM)
        #expect(try agent.child.exitStatus() == .exited(0))
        let took = (ContinuousClock.now - start) / .seconds(1)
        // It promises one; the rest is for a busy machine.
        #expect(took < 4, "\(took) s")
        agent.child.waitForOutput()
        #expect(agent.log.contains("stopped"))
        let check = try run(["sqlite3", "\(state.path)/sonde.sqlite", "PRAGMA integrity_check"])
        #expect(check.output == "ok\n", "\(check.errors)")
    }

    @Test func `A reload takes all of a file or nothing`() throws {
        let workshop = try Workshop()
        try workshop.write("log:\n  level: info\n", to: "config.yaml")
        let state = try TemporaryDirectory()
        let agent = try AgentProcess(
            state: state.path, options: ["--config", "\(workshop.directory)/config.yaml"])
        #expect(try agent.metric("sonde_config_last_reload_successful") == 1)
        try workshop.write("leaks:\n  interval: 2s\ngroups: [{name: x, cmdline: ['(']}]\n", to: "config.yaml")
        agent.child.send(signal: SIGHUP)
        #expect(try eventually { try agent.metric("sonde_config_last_reload_successful") == 0 })
        #expect(eventually { agent.log.contains("not reloaded") })
        try workshop.write("groups: [{name: everything, cmdline: ['.']}]\n", to: "config.yaml")
        agent.child.send(signal: SIGHUP)
        #expect(
            try eventually { try agent.metric("sonde_group_processes{groupname=\"everything\"}") ?? 0 > 0 },
            "\(agent.log)")
        #expect(try eventually { try agent.metric("sonde_config_last_reload_successful") == 1 })
    }

    @Test func `A port that is taken is an error that says what to do`() throws {
        let state = try TemporaryDirectory()
        let redis = try Server.redis()
        let result = try run([
            Locations.agent.path, "--web.listen-address", "127.0.0.1:\(redis.port)", "--state-directory", state.path,
        ])
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("in use") && result.errors.contains("\(redis.port)"), "\(result.errors)")
    }

    @Test func `A state directory that can't be written is an error that names it`() throws {
        let result = try run([
            Locations.agent.path, "--web.listen-address", "127.0.0.1:0", "--state-directory", "/proc/sonde",
        ])
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("/proc/sonde"), "\(result.errors)")
    }

    @Test(.enabled(if: geteuid() == 0)) func `As an ordinary user it shows what it can and says what it can't`() throws
    {
        let state = try TemporaryDirectory()
        try runSuccessfully(["chown", "nobody", state.path])
        // The checkout may be where only root can go.
        let copy = try TemporaryDirectory()
        try runSuccessfully(["cp", Locations.agent.path, "\(copy.path)/sonde-agent"])
        try runSuccessfully(["chmod", "755", copy.path])
        let redis = try Server.redis()
        let agent = try AgentProcess(
            state: state.path, prefix: ["/usr/bin/setpriv", "--reuid", "nobody", "--clear-groups", "--"],
            program: "\(copy.path)/sonde-agent")
        #expect(agent.log.contains("CAP_SYS_PTRACE"))
        #expect(try agent.metric("sonde_group_resident_memory_bytes{groupname=\"redis-server\"}") ?? 0 > 0)
        #expect(
            try eventually {
                try agent.metric("sonde_group_unreadable_processes{groupname=\"redis-server\",what=\"disk\"}") ?? 0 > 0
            })
        #expect(try agent.metric("sonde_group_read_bytes_total{groupname=\"redis-server\"}") == nil)
        withExtendedLifetime(redis) {}
    }

    @Test(.enabled(if: geteuid() == 0), arguments: ["subset=pid", "subset=pid,hidepid=2"])
    func `Where /proc shows processes only, it watches them and says once what is unknown`(options: String) throws {
        let (state, redis) = (try TemporaryDirectory(), try Server.redis())
        let mounting = "mount -t proc -o \(options) proc /proc && exec \"$0\" \"$@\""
        let agent = try AgentProcess(
            state: state.path, prefix: ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", mounting])
        #expect(try agent.metric("sonde_group_resident_memory_bytes{groupname=\"redis-server\"}") ?? 0 > 0)
        #expect(try eventually { try agent.metric("sonde_collections_total") ?? 0 > 8 })
        #expect(try agent.metric("sonde_host_memory_total_bytes") == nil)
        #expect(try agent.metric("sonde_host_cpu_seconds_total{mode=\"idle\"}") == nil)
        let complaints = agent.log.split(separator: "\n").filter {
            $0.contains("level=warning") || $0.contains("level=error")
        }
        #expect(complaints.count { $0.contains("subset=pid") } == 1 && complaints.count <= 3, "\(agent.log)")
        let system = try agent.get("/api/v1/metrics").body
        #expect(String(decoding: system, as: UTF8.self).contains("\"memory\":\"not_offered\""))
        withExtendedLifetime(redis) {}
    }

    @Test func `What it exposes passes promtool, and the dashboards find their data`() throws {
        let (state, redis) = (try TemporaryDirectory(), try Server.redis())
        let agent = try AgentProcess(state: state.path)
        #expect(try eventually { try agent.metric("sonde_collections_total") ?? 0 > 3 })
        let check = try run(["promtool", "check", "metrics"], input: try agent.get("/metrics").body)
        #expect(check.status == .exited(0) && check.errors.isEmpty, "\(check.errors)")
        withExtendedLifetime(redis) {}
    }
}
