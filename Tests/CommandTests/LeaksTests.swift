import Foundation
import TestSupport
import Testing

/// `sonde leaks` and `sonde heap` on real processes.
@Suite struct LeaksTests {
    struct Amount: Decodable, Equatable {
        let blocks: Int
        let bytes: Int
    }

    struct Group: Decodable, Hashable {
        let kind: String
        let type: String?
        let sizeBytes: Int?
        let blocks: Int
        let sample: String?
    }

    struct Heap: Decodable {
        struct Arena: Decodable { let main: Bool }
        struct Loss: Decodable { let reason: String }
        let live: Amount
        let cached: Amount
        let mapped: Amount
        let arenas: [Arena]
        let unknown: [Loss]
    }

    struct Report: Decodable {
        struct Growth: Decodable {
            struct Change: Decodable {
                let now: Group
                let growthBlocks: Int
            }
            let groups: [Change]
        }
        let heap: Heap
        let groups: [Group]?
        let unreachable: Amount?
        let certain: Bool?
        let scans: Int?
        let growth: Growth?
    }

    private func report(_ arguments: String...) throws -> Report {
        let result = try sonde(arguments + ["--json"])
        #expect(result.status == .exited(0), "\(result.errors)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try #require(try decoder.decode([Report].self, from: result.standardOutput).first)
    }

    @Test func `All seeded leaks of five arenas are found, by class, text and size, and nothing else`() throws {
        let program = try TestProgram("heap_leaks")
        let line = try program.line()
        try program.waitForSleepers(5, named: "heap_leaks")
        let report = try report("leaks", "-p", "\(program.pid)", "--seconds", "0.01")
        #expect(report.certain == true)
        #expect(report.heap.unknown.isEmpty)
        let found = Dictionary(grouping: report.groups ?? []) { "\($0.type ?? $0.kind) \($0.sizeBytes ?? 0)" }
            .mapValues { $0.reduce(0) { $0 + $1.blocks } }
        #expect(
            found == [
                "text 200": 500, "(anonymous namespace)::Widget 40": 250, "data 120": 100,
                "zeros 1052656": 10, "zeros 1052672": 5,
            ])
        #expect(report.groups?.first { $0.kind == "text" }?.sample == "leaked text")
        // What malloc says itself: it counts the headers of threads' arenas, and what threads keep.
        let counts = line.split(separator: " ").compactMap { Int($0) }
        let heap = report.heap
        try #require(counts.count == 2 && heap.arenas.count == 5)
        let header = 0x8d0
        #expect(heap.live.bytes - heap.mapped.bytes + heap.cached.bytes + 4 * header == counts[0])
    }

    @Test(arguments: [
        [
            "python3", "-c",
            "import json, asyncio; x = [{'k': str(i) * 9} for i in range(20000)]; print('ready', flush=True); input()",
        ],
        ["perl", "-e", "$| = 1; my %h; $h{$_} = [$_, 'x' x $_] for 1..2000; print qq(ready\\n); <STDIN>"],
        ["bash", "-c", "declare -A a; for i in {1..3000}; do a[$i]=v$i; done; echo ready; read line"],
    ])
    func `No leak is reported of a program that has none`(command: [String]) throws {
        let child = try Child(["/usr/bin/env"] + command)
        try child.line(within: 30) { $0 == "ready" }
        let report = try report("leaks", "-p", "\(child.pid)", "--seconds", "0.1")
        #expect(report.unreachable == Amount(blocks: 0, bytes: 0), "\(report.groups ?? [])")
        #expect(report.heap.live.blocks > 1000)
    }

    @Test func `No leak is reported of threads that allocate and free all the time`() throws {
        let program = try TestProgram("heap_churn")
        for _ in 0..<3 {
            let report = try report("leaks", "-p", "\(program.pid)", "--seconds", "0.01")
            #expect(report.unreachable == Amount(blocks: 0, bytes: 0), "\(report.groups ?? []) \(report.heap.unknown)")
        }
    }

    @Test func `What fills the heap is named by class, and what grows between two readings`() throws {
        let program = try TestProgram("heap_churn", "leak")
        let report = try report("heap", "-p", "\(program.pid)", "--diff", "1")
        #expect(report.groups?.contains { $0.type == "Session" && $0.blocks == 2000 } == true)
        let growth = try #require(report.growth)
        let grown = try #require(growth.groups.first { $0.now.type == "Leaked" })
        #expect(grown.growthBlocks > 0)
        #expect(!growth.groups.contains { $0.now.type == "Session" })
    }

    @Test func `A process with another allocator is refused with its name`() throws {
        let program = try TestProgram("go_asleep")
        let result = try sonde("leaks", "-p", "\(program.pid)")
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("sonde memory shows its mappings"))
        let redis = try Server.redis()
        #expect(try sonde("leaks", "-p", "\(redis.pid)").errors.contains("jemalloc"))
        let musl = try TestProgram("musl_dynamic")
        #expect(try sonde("heap", "-p", "\(musl.pid)").errors.contains("musl's allocator"))
    }
}
