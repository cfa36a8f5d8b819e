import Confinement
import Foundation
import ProcFS
import ProfileModel
import TestSupport
import Testing

/// What the running agent may do, as the kernel says.
@Suite struct AgentConfinementTests {
    private func state(of agent: AgentProcess) throws -> ConfinementState {
        let status = try ProcFS().process(ProcessID(rawValue: agent.child.pid)).status()
        return try #require(ConfinementState(status))
    }

    private func owner(of path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.ownerAccountID] as? Int
    }

    @Test(.enabled(if: Privileges.isRoot))
    func `started as root it is another user with two capabilities, confined for good`() throws {
        let directory = try TemporaryDirectory()
        let agent = try AgentProcess(state: "\(directory.path)/state", options: ["--user", "64797"])
        let state = try state(of: agent)
        #expect(state.user == 64797)
        #expect(state.effectiveCapabilities == [.systemPtrace, .readSearch])
        #expect(state.permittedCapabilities == [.systemPtrace, .readSearch])
        #expect(state.boundingCapabilities == [.systemPtrace, .readSearch])
        #expect(state.hasNoNewPrivileges)
        #expect(state.seccomp == .filter)
        // The files of a process that isn't dumpable are root's.
        #expect(try owner(of: "/proc/\(agent.child.pid)/maps") == 0)
        let limits = try String(contentsOfFile: "/proc/\(agent.child.pid)/limits", encoding: .utf8)
        #expect(limits.contains(/Max core file size +0 +0/))
        #expect(try owner(of: "\(directory.path)/state") == 64797)
        #expect(try owner(of: "\(directory.path)/state/sonde.sqlite") == 64797)
    }

    @Test(.enabled(if: Privileges.isRoot)) func `as another user it still reads what only owners may`() throws {
        let directory = try TemporaryDirectory()
        let redis = try Server.redis()
        let agent = try AgentProcess(
            state: "\(directory.path)/state",
            settings: ["watch.disk_interval=250ms", "watch.descriptor_interval=250ms"],
            options: ["--user", "nobody"])
        #expect(
            try eventually {
                try agent.metric("sonde_group_written_bytes_total{groupname=\"redis-server\"}") != nil
                    && agent.metric("sonde_group_open_descriptors{groupname=\"redis-server\"}") ?? 0 > 0
            })
        withExtendedLifetime(redis) {}
    }

    @Test(.enabled(if: Privileges.isRoot)) func `what root has kept becomes the user's, and a link's target does not`()
        throws
    {
        let directory = try TemporaryDirectory()
        let workshop = try Workshop()
        try workshop.write("kept", to: "outside")
        let outside = "\(workshop.directory)/outside"
        let state = "\(directory.path)/state"
        try AgentProcess(state: state, options: ["--user", "root"]).child.kill()
        #expect(try owner(of: "\(state)/sonde.sqlite") == 0)
        try FileManager.default.createSymbolicLink(atPath: "\(state)/link", withDestinationPath: outside)
        try FileManager.default.linkItem(atPath: outside, toPath: "\(state)/hard")
        let agent = try AgentProcess(state: state, options: ["--user", "64797"])
        #expect(try owner(of: "\(state)/sonde.sqlite") == 64797)
        #expect(try owner(of: outside) == 0)
        withExtendedLifetime(agent) {}
    }

    @Test(.enabled(if: Privileges.isRoot)) func `as root by choice it has two capabilities all the same`() throws {
        let directory = try TemporaryDirectory()
        let agent = try AgentProcess(state: "\(directory.path)/state", options: ["--user", "root"])
        let state = try state(of: agent)
        #expect(state.user == 0)
        #expect(state.effectiveCapabilities == [.systemPtrace, .readSearch])
        #expect(state.seccomp == .filter)
    }

    @Test(.enabled(if: Privileges.isRoot)) func `a user that doesn't exist is an error with a remedy`() throws {
        let result = try run([Locations.agent.path, "--user", "no-such-user", "--web.listen-address", "127.0.0.1:0"])
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("no-such-user") && result.errors.contains("useradd"), "\(result.errors)")
    }

    @Test(.enabled(if: Privileges.isRoot)) func `an agent that can't change its user doesn't start`() throws {
        let directory = try TemporaryDirectory()
        let result = try run([
            "/usr/bin/setpriv", "--bounding-set", "-setuid", "--", "/usr/bin/env", Locations.agent.path,
            "--state-directory",
            "\(directory.path)/state", "--web.listen-address", "127.0.0.1:0",
        ])
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("CAP_SETUID"), "\(result.errors)")
    }

    @Test(.enabled(if: Privileges.isRoot))
    func `a socket and an alert file in root's directories are the user's, and serve a second start`() throws {
        let place = try TemporaryDirectory()
        let (socket, file) = ("\(place.path)/agent.socket", "\(place.path)/alerts.jsonl")
        for _ in 0..<2 {
            let agent = try AgentProcess(
                state: "\(place.path)/state", settings: ["delivery.file=\(file)"],
                options: ["--user", "64797", "--web.listen-address", "unix:\(socket)"])
            let answer = try run(["curl", "-sf", "--unix-socket", socket, "http://localhost/healthz"])
            #expect(answer.status == .exited(0), "\(agent.log)")
            #expect(try owner(of: file) == 64797)
            agent.child.send(signal: SIGTERM)
            #expect(try agent.child.exitStatus() == .exited(0))
        }
    }
}
