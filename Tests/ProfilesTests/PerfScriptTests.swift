import Foundation
import ProfileFormats
import ProfileModel
import Profiles
import TestSupport
import Testing

@Suite struct PerfScriptTests {
    private func text(_ profile: Profile) -> String { String(decoding: PerfScript(profile).bytes, as: UTF8.self) }

    @Test func `Samples have their times, periods and objects`() throws {
        var builder = ProfileBuilder(
            metadata: SampleProfiles.metadata(), sampleTypes: [.samples, .cpu], shown: .samples)
        let app = builder.mapping(path: "/opt/my app/(x)")
        let kernel = builder.mapping(path: "[kernel]")
        let stack = [
            builder.location(
                at: .kernel(kernel, Address(rawValue: 0xFFFF_FFFF_8100_0000)),
                frames: [SampleProfiles.frame("vfs_read", .kernel)]),
            builder.location(
                at: .object(app, FileAddress(rawValue: 0x12AB)),
                frames: [SampleProfiles.frame("inner(int)"), SampleProfiles.frame("main")]),
            builder.location(at: .process(Address(rawValue: 0x99)), frames: [SampleProfiles.frame("js", .jit)]),
        ]
        var runs = SampleRuns()
        runs.append(SampleRuns.Run(start: 5, end: 10_101_015, count: 2))
        builder.add(
            stack: stack, thread: ProfiledThread(SampleProfiles.thread("io 3", thread: 4243)),
            truncation: "frame_limit", values: [2, 20_202_021], runs: runs)
        let lines = """
            \tffffffff81000000 vfs_read ([kernel.kallsyms])
            \t            12ab inner (inlined)
            \t            12ab main (/opt/my_app/_x_)
            \t              99 js (/tmp/perf-0.map)
            \t               0 [truncated: frame_limit] ([unknown])


            """
        #expect(
            text(builder.finish()) == """
                io_3 4242/4243 [000] 1785220442.000000005:   10101010 cpu-clock:
                \(lines)io_3 4242/4243 [000] 1785220442.010101015:   10101011 cpu-clock:
                \(lines)
                """)
    }

    @Test func `A large profile has fewer events of greater periods`() throws {
        let profile = SampleProfiles.profile([(["main", "hot"], 1_000_000_000), (["main", "cold"], 1)])
        let bytes = PerfScript(profile, mostBytes: 20_000).bytes
        #expect(bytes.count < 20_000)
        let events = String(decoding: bytes, as: UTF8.self).split(separator: "\n\n")
        let periods = events.compactMap { $0.firstMatch(of: #/: +(\d+) samples:/#).flatMap { Int($0.1) } }
        #expect(periods.count == events.count && periods.reduce(0, +) == 1_000_000_001)
    }

    /// What stackcollapse-perf.pl makes of names.
    @Test(
        arguments: HostileNames.all + [
            "f(int)", "operator->", "(anonymous namespace)::f(int)", "a->b", "(x)", "net/http.(*Client).Do", "f+0x10",
            "<(A, B) as T>::f",
        ])
    func `stackcollapse-perf leaves a name as it is`(name: String) throws {
        let thread = SampleProfiles.thread(name)
        let stack = SampleProfiles.Stack(locations: [[SampleProfiles.frame(name)]], thread: thread, value: 1)
        let lines = text(SampleProfiles.profile(of: [stack])).split(separator: "\n", omittingEmptySubsequences: false)
        try #require(lines.count == 4 && lines[2].isEmpty && lines[3].isEmpty)
        let pattern = #/^(\S.+?)\s+(\d+)\/*(\d+)*\s+/#.matchingSemantics(.unicodeScalar)
        let header = try #require(lines[0].firstMatch(of: pattern))
        #expect(header.2 == "4242" && header.3 == "4242")
        #expect(lines[0].firstMatch(of: #/:\s*(\d+)*\s+(\S+):\s*$/#).map { "\($0.1 ?? "") \($0.2)" } == "1 samples")
        let frame = try #require(lines[1].firstMatch(of: #/^\s*(\w+)\s*(.+) \((.*)\)/#))
        let written = frame.2.replacing(#/\+0x[\da-f]+$/#, with: "")
        #expect(!written.isEmpty && !written.hasPrefix("(") && !written.contains("->"))
        #expect(!written.contains(";") && !written.contains("\"") && !written.contains("'"))
        if !written.contains(#/\.\(.*\)\./#) { #expect(!written.contains("(")) }
    }

    @Test func `perf's stacks with inlined functions are read`() throws {
        let profile = try ProfileReader().profile(reading: ForeignFiles.bytes("perf-inlines.txt"))
        #expect(profile.sampleTypes == [.samples, .cpu] && profile.total(of: .samples) == 3)
        #expect(profile.total(of: .cpu) == 30_927_834)
        #expect(profile.metadata.startNanoseconds == nil)
        let stacks = Set(FoldedStacks(profile, grouping: .process).text.split(separator: "\n"))
        #expect(
            stacks.allSatisfy {
                $0.hasPrefix("loop;_start;__libc_start_main_impl;__libc_start_call_main;main;work;leaf_[i] ")
            }, "\(stacks)")
    }

    @Test func `perf's events of several kinds are values of several types`() throws {
        let profile = try ProfileReader().profile(reading: ForeignFiles.bytes("perf-events.txt"))
        #expect(profile.sampleTypes.map(\.name) == ["samples", "page-faults", "cpu"])
        #expect(profile.samples.contains { $0.values.last ?? 0 > 0 } && profile.samples.allSatisfy { !$0.runs.isEmpty })
        let folded = FoldedStacks(profile, grouping: .process).text
        #expect(folded.contains("do_syscall_64_[k];__x64_sys_execve_[k]") && folded.contains("[dash+0xaecb] "))
    }

    @Test(arguments: [
        "swapper     0 [000] 158665.570607: cpu-clock: ", "java 25607 4794564.109216: cycles:",
        "java 12688 [002] 6544038.708352: cpu-clock:", "V8 WorkerThread 24636/25607 [000] 94564.109216: 100 cycles:u:",
        "java 24636/25607 cycles:", "java 12 cycles:", ":-1 -1/-1 1.5: cycles:ppp:",
        "x 1 7 12.000000001:          1 sched:sched_switch: a=b",
    ])
    func `Events are read whatever fields perf printed`(line: String) throws {
        let profile = try ProfileReader().profile(reading: Array("\(line)\n\t1f f+0x1 (/bin/x)\n\n".utf8))
        #expect(profile.total(of: .samples) == 1)
        #expect(profile.functions.rows.map { profile[text: $0.name] } == ["f"])
        #expect(profile.sampleTypes.count == 2)
    }

    @Test func `A stack of one frame may follow its event`() throws {
        let profile = try ProfileReader().profile(
            reading: Array("  perf  12 [000] 5.5:    3 cycles:  ffff81 do_it+0x2 ([kernel.kallsyms])\n".utf8))
        #expect(FoldedStacks(profile, grouping: .process).text == "perf;do_it_[k] 1\n")
        #expect(profile.samples.map { Array($0.values) } == [[1, 3]])
    }

    @Test(arguments: [
        ([SampleType.samples, .cpu], SampleType.samples), ([.samples, .cpu], .cpu), ([.samples, .wall], .wall),
        ([.samples, .offCPU], .offCPU), ([.samples, .offCPU], .samples),
        ([.samples, SampleType(name: "inuse_space", unit: .bytes)], SampleType(name: "inuse_space", unit: .bytes)),
    ])
    func `What a profile shows is shown when its text is read`(types: [SampleType], shown: SampleType) throws {
        var builder = ProfileBuilder(metadata: SampleProfiles.metadata(), sampleTypes: types, shown: shown)
        let location = builder.location(at: .process(Address(rawValue: 1)), frames: [SampleProfiles.frame("f")])
        builder.add(stack: [location], thread: ProfiledThread(SampleProfiles.thread()), values: [1, 500])
        let read = try ProfileReader().profile(reading: PerfScript(builder.finish()).bytes)
        #expect(read.shownSampleType == shown)
    }

    @Test(arguments: [
        ("(/tmp/app (deleted))", "/tmp/app"), ("(/opt/my app/lib (x).so)", "/opt/my app/lib (x).so"),
        ("(/opt/a) b/x)", "/opt/a) b/x"), ("([kernel.kallsyms])", "[kernel]"), ("(/opt/(x)/y)", "/opt/(x)/y"),
    ])
    func `Paths may have spaces and parentheses`(object: String, path: String) throws {
        let text = "app 12 [000] 5.5: 3 cycles:\n\tff81 std::f(int)+0x2 \(object)\n\n"
        let profile = try ProfileReader().profile(reading: Array(text.utf8))
        #expect(profile.mappings.rows.map { profile[text: $0.path] } == [path])
        #expect(profile.functions.rows.map { profile[text: $0.name] } == ["std::f(int)"])
    }

    @Test func `What is no frame is an error with its line`() throws {
        let error = #expect(throws: ProfileReadingError.self) {
            try ProfileReader().profile(reading: Array("a 1 2.5: cycles:\n\tff f (x)\n\tzz g\n".utf8))
        }
        let expected = "perf script text, line 3: an address, a function and (an object) is expected"
        #expect(try #require(error).description == expected)
    }
}
