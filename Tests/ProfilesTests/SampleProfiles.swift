import ProfileModel
import Profiles

/// Profiles that the tests share.
enum SampleProfiles {
    static func metadata(command: String = "worker --threads 4", processes: [Int32] = [4242]) -> ProfileMetadata {
        ProfileMetadata(
            command: command, processes: processes.map(ProcessID.init), mode: .cpu, rateHertz: 99,
            startNanoseconds: 1_785_220_442_000_000_000, durationNanoseconds: 30_000_000_000)
    }

    static let empty = Profile(metadata: metadata())

    static func thread(_ name: String = "worker", process: Int32 = 4242, thread: Int32 = 4242) -> ThreadIdentity {
        ThreadIdentity(
            process: ProcessID(rawValue: process), thread: ThreadID(rawValue: thread), name: name, processName: "worker"
        )
    }

    static func frame(_ name: String, _ kind: FrameKind = .native) -> Frame {
        Frame(name: name, kind: kind, object: kind == .jit ? nil : "worker")
    }

    /// A profile of one thread, from stacks written root first.
    static func profile(_ stacks: [(rootFirst: [String], weight: UInt64)]) -> Profile {
        var profile = Profile(metadata: metadata())
        for (names, weight) in stacks {
            profile.add(stack: names.reversed().map { frame($0) }, thread: thread(), weight: weight)
        }
        return profile
    }

    /// Every kind of frame, recursion, two threads and a truncated stack.
    static var everyKind: Profile {
        var profile = Profile(metadata: metadata())
        profile.metadata.counts.samples = 3_102
        profile.metadata.counts.truncated = ["frame_limit": 40]
        profile.metadata.counts.lateTicks = 3
        for (rows, thread, weight) in everyKindStacks {
            profile.add(stack: rows.reversed(), thread: thread, weight: weight)
        }
        return profile
    }

    private static var everyKindStacks: [(rootFirst: [Frame], ThreadIdentity, UInt64)] {
        let main = [frame("_start"), frame("main")]
        let loop = [frame("clone3"), frame("std::thread::_State_impl<std::function<void()>>::_M_run()")]
        let parse = main + [frame("Parser::parse(std::string_view)"), frame("Parser::value()")]
        let pool = thread("pool 1", thread: 4243)
        return [
            (main, thread(), 12),
            (parse + [frame("skipSpace", .inlined)], thread(), 310),
            (parse + [frame("Parser::value()"), frame("memcpy")], thread(), 640),
            (parse + [frame("Parser::value()")], thread(), 220),
            (main + [frame("read"), frame("vfs_read", .kernel), frame("copy_to_user", .kernel)], thread(), 500),
            (main + [frame("run_script"), frame("fib (app.py:12)", .interpreter)], thread(), 280),
            (loop + [frame("LambdaForm.invoke", .jit), frame("HashMap.get", .jit)], pool, 700),
            (loop + [frame("[libcrypto.so.3+0x1a2b0]", .unknown)], pool, 400),
            ([frame("[truncated: frame_limit]", .marker), frame("recurse")], pool, 40),
        ]
    }
}
