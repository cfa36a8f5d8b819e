import Foundation
import TestSupport
import Testing

/// The Go of the path; `SONDE_GO` names another one.
private enum GoTool {
    static let path: String = ProcessInfo.processInfo.environment["SONDE_GO"] ?? "go"
    static let exists: Bool = minorVersion != nil
    /// From 1.21 on.
    static let readsProfiles: Bool = (minorVersion ?? 0) >= 21

    private static let minorVersion: Int? = {
        let output = (try? run([path, "version"], environment: ["HOME": "/tmp"]))?.output ?? ""
        return output.firstMatch(of: #/go1\.([0-9]+)/#).flatMap { Int($0.output.1) }
    }()
}

/// What Go's own tools make of `sonde record -f pprof` of a Go program.
@Suite struct GoProfileTests {
    /// `mix` costs too much to be inlined, unless a profile says that it is hot.
    private static let source = """
        package main

        import "os"

        type adder struct{ base int }

        func (a *adder) visit(n int) int {
        	sum := a.base
        	for i := 0; i < n; i++ {
        		sum += mix(i, n)
        	}
        	return sum
        }

        func mix(a, b int) int {
        	x := a*31 + b
        	for _, shift := range [...]uint{13, 7, 17, 5, 3} {
        		x ^= x << shift
        		x = x*17 + a*b - (x >> 3)
        	}
        	if x&1 == 0 {
        		x += a
        	}
        	if x&2 == 0 {
        		x -= b
        	}
        	if x&8 == 0 {
        		x ^= a<<4 | b>>3
        	}
        	if x&16 == 0 {
        		x += a>>4 | b<<3
        	}
        	x ^= x >> 11
        	x = x*13 ^ a
        	return x
        }

        func main() {
        	os.Stdout.WriteString("ready\\n")
        	a := &adder{1}
        	for a.visit(20000) != 42 {
        	}
        }

        """

    private let workshop: Workshop
    private let profile: String

    init() throws {
        workshop = try Workshop()
        profile = "\(workshop.directory)/profile.pb.gz"
        try workshop.write(Self.source, to: "main.go")
        try workshop.write("module example.com/mixer\n\ngo 1.19\n", to: "go.mod")
    }

    private func go(_ arguments: String...) throws -> CommandResult {
        let environment = [
            "HOME": workshop.directory, "GOCACHE": "\(workshop.directory)/cache", "GOTOOLCHAIN": "local",
            "GOFLAGS": "-mod=mod",
        ]
        let command = [GoTool.path] + arguments
        let directory = URL(filePath: workshop.directory)
        let result = try run(command, environment: environment, directory: directory, within: 300)
        #expect(result.status == .exited(0), "\(result.errors)")
        return result
    }

    private func record() throws {
        _ = try go("build", "-o", "mixer", ".")
        let program = try TestProgram(at: "\(workshop.directory)/mixer")
        let result = try sonde(["record", "-p", "\(program.pid)", "-d", "2", "-r", "400", "-o", profile])
        #expect(result.status == .exited(0), "\(result.errors)")
    }

    @Test(.enabled(if: GoTool.exists, "there is no Go"))
    func `go tool pprof has functions with their first lines`() throws {
        try record()
        let top = try go("tool", "pprof", "-top", profile).output
        #expect(top.contains(#/%\s+main\.mix\n/#), "\(top)")
        #expect(top.contains(#/%\s+main\.\(\*adder\)\.visit\n/#), "\(top)")
        let raw = try go("tool", "pprof", "-raw", profile).output
        #expect(raw.contains(#/main\.mix \S+main\.go:(1[6-9]|2[0-9]|3[0-9])(:0)? s=\d+\n/#), "\(raw)")
        // Go's table has the first lines of functions since Go 1.20.
        #expect(raw.contains(#/main\.mix \S+ s=15\n/#) == GoTool.readsProfiles, "\(raw)")
        let list = try go("tool", "pprof", "-list=main.mix", profile).output
        #expect(list.contains("func mix(a, b int) int {"), "\(list)")
    }

    @Test(.enabled(if: GoTool.readsProfiles, "this Go is older than 1.21; SONDE_GO names another one"))
    func `go build -pgo inlines the calls that are hot`() throws {
        try record()
        let build = try go("build", "-pgo=\(profile)", "-gcflags=-d=pgodebug=1", "-o", "faster", ".")
        #expect(build.errors.contains(#/hot-budget check allows inlining for call main\.mix/#), "\(build.errors)")
        #expect(try go("version", "-m", "faster").output.contains("-pgo=\(profile)"))
    }
}
