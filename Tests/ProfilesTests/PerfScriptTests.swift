import Foundation
import ProfileFormats
import ProfileModel
import Profiles
import SystemSupport
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
            \t            12ab inner(int) (inlined)
            \t            12ab main (/opt/my app/(x))
            \t              99 js (/tmp/perf-0.map)
            \t               0 [truncated: frame_limit] ([unknown])


            """
        #expect(
            text(builder.finish()) == """
                io 3 4242/4243 [000] 1785220442.000000005:   10101010 cpu-clock:
                \(lines)io 3 4242/4243 [000] 1785220442.010101015:   10101011 cpu-clock:
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

    @Test(
        arguments: HostileNames.all + [
            "f(int)", "operator->", "operator()", "A<B>::operator()<int, C*>", "(anonymous namespace)::f(int)", "a->b",
            "(x)", "std::function<void (int)>::operator()", "net/http.(*Client).Do", "f+0x10", "<(A, B) as T>::f",
            "w 0;x", "w 0 1/2 [000] 3", "f (", "(inlined)", "x) y", "\u{a0}f\u{a0}",
        ])
    func `A name is on one line, and read as it is`(name: String) throws {
        let stack = SampleProfiles.Stack(
            locations: [[SampleProfiles.frame(name)]], thread: SampleProfiles.thread(name), value: 1)
        let text = text(SampleProfiles.profile(of: [stack]))
        #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count == 4)
        let printable = String(String.UnicodeScalarView(name.unicodeScalars.filter(PrintableText.isPrintable)))
        let expected = printable.trimmingCharacters(in: CharacterSet(charactersIn: " "))
        let read = try ProfileReader().profile(reading: Array(text.utf8))
        #expect(read.functions.rows.map { read[text: $0.name] } == [expected.isEmpty ? "[unknown]" : expected])
        let isTaken = expected.isEmpty || expected.hasPrefix("#")
        let threads = read.threads.indices.map(read.thread(at:))
        #expect(threads.map(\.name) == [isTaken ? "_" + expected : expected])
        #expect(threads.map(\.process?.rawValue) == [4242] && threads.map(\.thread?.rawValue) == [4242])
    }

    @Test(arguments: [
        ("/tmp/my prog", "/tmp/my prog"), ("/opt/(x)/a (1).so", "/opt/(x)/a (1).so"), ("/opt/a) b/x", "/opt/a_ b/x"),
        ("/opt/(x", "/opt/_x"), ("/opt/)x(", "/opt/_x_"), ("/a\nb", "/ab"),
    ])
    func `A path is read as it is where its parentheses match`(path: String, written: String) throws {
        var builder = ProfileBuilder(metadata: SampleProfiles.metadata(), sampleTypes: [.samples], shown: .samples)
        let location = builder.location(
            at: .object(builder.mapping(path: path), FileAddress(rawValue: 1)),
            frames: [SampleProfiles.frame("f(int (*)(int))")])
        builder.add(stack: [location], thread: ProfiledThread(SampleProfiles.thread()), values: [1])
        let read = try ProfileReader().profile(reading: PerfScript(builder.finish()).bytes)
        #expect(read.mappings.rows.map { read[text: $0.path] } == [written])
        #expect(read.functions.rows.map { read[text: $0.name] } == ["f(int (*)(int))"])
    }

    @Test func `Times of a clock without a date and threads of unknown processes are written as read`() throws {
        func event(_ thread: String, _ time: String) -> String {
            "\(thread) [000] \(time):     250000 cpu-clock:\n\t              1f f ([unknown])\n\n"
        }
        let events = [event("app 18205", "17259.619121000"), event("app 7/18206", "17259.719121000")]
        let profile = try ProfileReader().profile(reading: Array(events.joined().utf8))
        #expect(text(profile) == events.joined())
        var part = ProfileFilter()
        part.time = 50_000_000..<UInt64.max
        #expect(text(try part.apply(to: profile)) == events[1])
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
