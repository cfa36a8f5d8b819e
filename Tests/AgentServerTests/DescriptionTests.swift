import AgentServer
import Foundation
import TestSupport
import Testing
import Yams

struct DescriptionTests {
    private static let methods = ["get", "put", "post", "delete", "options", "patch", "trace"]

    /// The operations of the description that the server sends: `GET /metrics` and so on.
    private func described(by server: RunningServer) async throws -> Set<String> {
        let reply = try await request("/api/v1/openapi.yaml", of: server.addresses[0])
        #expect(reply.headers["content-type"] == "application/yaml")
        let document = try #require(try Yams.compose(yaml: reply.text))
        #expect(document["openapi"]?.string?.hasPrefix("3.1.") == true)
        let paths = try #require(document["paths"]?.mapping)
        var operations: Set<String> = []
        for (path, item) in paths {
            for (method, _) in try #require(item.mapping) where Self.methods.contains(method.string ?? "") {
                operations.insert("\(method.string?.uppercased() ?? "") \(path.string ?? "")")
            }
        }
        return operations
    }

    @Test("Every route is described, and nothing else")
    func describesTheRoutes() async throws {
        try await withServer { server in
            let operations = try RunningServer.idle().operations
            #expect(try await described(by: server) == Set(operations))
        }
    }

    @Test(
        "A fuzzer that knows the description finds nothing that it doesn't say", .enabled(if: fuzzer != nil),
        arguments: [nil, "prometheus:secret"])
    func fuzzed(credentials: String?) async throws {
        let fuzzer = try #require(Self.fuzzer)
        let file = try AccessFile(credentials == nil ? "" : AccessFile.users)
        try await withServer(access: file.access, source: SampleSource(SampleState.make(extra: 30))) { server in
            let url = "http://\(server.addresses[0])/api/v1/openapi.yaml"
            let result = try await blocking {
                try run(
                    [
                        fuzzer, "run", url, "--checks", "all", "--max-examples", "50", "--seed", "1",
                        "--generation-database", "none", "--no-color",
                    ] + (credentials.map { ["--auth", $0] } ?? []), within: 300)
            }
            #expect(result.status == .exited(0), "\(result.output)\(result.errors)")
        }
    }

    /// What `tools/fuzz-api` installs.
    private static let fuzzer: String? = {
        let path = Locations.checkout.appending(path: ".build/schemathesis/bin/schemathesis").path
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()
}
