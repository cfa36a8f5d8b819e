import ProfileModel
import Profiles

/// Profiles that the tests share.
enum SampleProfiles {
    /// A stack and its value.
    struct Stack {
        /// From the root: the frames at each location, of which there are several where calls were inlined.
        let locations: [[Frame]]
        var thread = SampleProfiles.thread()
        var truncation: TruncationReason?
        let value: Int64
    }

    static func metadata(command: String = "worker --threads 4", processes: [Int32] = [4242]) -> ProfileMetadata {
        ProfileMetadata(
            command: command, processes: processes.map(ProcessID.init), rateHertz: 99,
            startNanoseconds: 1_785_220_442_000_000_000, durationNanoseconds: 30_000_000_000, counts: SampleCounts())
    }

    static var empty: Profile { profile(of: []) }

    static func thread(_ name: String = "worker", process: Int32 = 4242, thread: Int32 = 4242) -> ThreadIdentity {
        ThreadIdentity(
            process: ProcessID(rawValue: process), thread: ThreadID(rawValue: thread), name: name, processName: "worker"
        )
    }

    static func frame(_ name: String, _ kind: FrameKind = .native) -> Frame {
        Frame(name: name, kind: kind, object: "worker")
    }

    /// A Python function at a line of a file.
    static func python(_ name: String, _ file: String, line: Int = 12) -> Frame {
        Frame(
            name: name, kind: .python, object: nil, source: SourcePosition(file: file, line: line, functionLine: 10))
    }

    /// A profile of values of one type.
    static func profile(
        of stacks: [Stack], type: SampleType = .samples, metadata: ProfileMetadata = metadata()
    ) -> Profile {
        var builder = ProfileBuilder(metadata: metadata, sampleTypes: [type], shown: type)
        for stack in stacks {
            let locations = stack.locations.map { frames in
                builder.location(at: .process(Address(rawValue: 0x1000)), frames: frames)
            }
            builder.add(
                stack: locations.reversed(), thread: ProfiledThread(stack.thread), truncation: stack.truncation?.label,
                values: [stack.value])
        }
        return builder.finish()
    }

    /// A profile of one thread, from native stacks written root first.
    static func profile(_ stacks: [(rootFirst: [String], value: Int64)], type: SampleType = .samples) -> Profile {
        profile(
            of: stacks.map { stack in Stack(locations: stack.rootFirst.map { [frame($0)] }, value: stack.value) },
            type: type)
    }

    /// Every kind of row, recursion, two threads and a truncated stack.
    static var everyKind: Profile {
        var metadata = metadata()
        metadata.counts?.samples = 3_102
        metadata.counts?.truncated = ["frame_limit": 40]
        metadata.counts?.lateTicks = 3
        return everyKind(metadata)
    }

    static func everyKind(_ metadata: ProfileMetadata) -> Profile { profile(of: everyKindStacks, metadata: metadata) }

    private static var everyKindStacks: [Stack] {
        let main = [[frame("_start")], [frame("main")]]
        let loop = [[frame("clone3")], [frame("std::thread::_State_impl<std::function<void()>>::_M_run()")]]
        let parse = main + [[frame("Parser::parse(std::string_view)")]]
        let value = [frame("Parser::value()")]
        let read = main + [[frame("read")], [frame("vfs_read", .kernel)], [frame("copy_to_user", .kernel)]]
        let pool = thread("pool 1", thread: 4243)
        return [
            Stack(locations: main, value: 12),
            Stack(locations: parse + [[frame("skipSpace"), frame("Parser::value()")]], value: 310),
            Stack(locations: parse + [value, value, [frame("memcpy")]], value: 640),
            Stack(locations: parse + [value, value], value: 220),
            Stack(locations: read, value: 500),
            Stack(locations: main + [[frame("run_script")]], value: 280),
            Stack(locations: loop + [[frame("Queue::pop()")], [frame("pthread_cond_wait")]], thread: pool, value: 700),
            Stack(locations: loop + [[frame("[libcrypto.so.3+0x1a2b0]", .unknown)]], thread: pool, value: 400),
            Stack(locations: [[frame("recurse")]], thread: pool, truncation: .frameLimit(1), value: 40),
        ]
    }
}
