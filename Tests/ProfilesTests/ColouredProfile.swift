import ProfileModel
import Profiles

/// Two threads that share `main` and `memcpy`, in two object files and the kernel.
enum ColouredProfile {
    static var profile: Profile {
        var builder = ProfileBuilder(
            metadata: SampleProfiles.metadata(), sampleTypes: [.samples], shown: .samples)
        func location(_ name: String, in path: String, _ kind: FrameKind = .native) -> Profile.LocationIndex {
            let mapping = builder.mapping(path: path)
            let position: Profile.Position =
                kind == .kernel ? .kernel(mapping, Address(rawValue: 1)) : .object(mapping, FileAddress(rawValue: 1))
            return builder.location(at: position, frames: [SampleProfiles.frame(name, kind)])
        }
        let main = location("main", in: "/usr/bin/worker")
        let parse = location("parse", in: "/usr/bin/worker")
        let write = location("write_all", in: "/usr/bin/worker")
        let memcpy = location("memcpy", in: "/usr/lib/x86_64-linux-gnu/libc.so.6")
        let read = location("vfs_read", in: "[kernel]", .kernel)
        let jit = builder.location(at: .process(Address(rawValue: 9)), frames: [SampleProfiles.frame("script", .jit)])
        let other = ProfiledThread(SampleProfiles.thread("pool 1", thread: 4_243))
        let stacks: [([Profile.LocationIndex], ProfiledThread, Int64)] = [
            ([memcpy, parse, main], ProfiledThread(SampleProfiles.thread()), 50),
            ([jit, parse, main], ProfiledThread(SampleProfiles.thread()), 10),
            ([memcpy, write, main], other, 25), ([read, write, main], other, 15),
        ]
        for (stack, thread, count) in stacks { builder.add(stack: stack, thread: thread, values: [count]) }
        return builder.finish()
    }

    /// A function that has code of its own on one thread, and a callee on the other.
    static var sharedCaller: Profile {
        SampleProfiles.profile(of: [
            SampleProfiles.Stack(locations: [[SampleProfiles.frame("f")]], value: 60),
            SampleProfiles.Stack(
                locations: [[SampleProfiles.frame("f")], [SampleProfiles.frame("g")]],
                thread: SampleProfiles.thread("pool 1", thread: 4_243), value: 40),
        ])
    }

    /// A function in each of so many object files, on one thread.
    static func objects(_ count: Int) -> Profile {
        objects((0..<count).map { "/opt/plugins/lib-of-some-length-\($0 + 10).so.1" })
    }

    /// Functions `f0`, `f1` and so on of the object files of these paths.
    static func objects(_ paths: [String]) -> Profile {
        var builder = ProfileBuilder(
            metadata: SampleProfiles.metadata(), sampleTypes: [.samples], shown: .samples)
        for (number, path) in paths.enumerated() {
            let mapping = builder.mapping(path: path)
            let location = builder.location(
                at: .object(mapping, FileAddress(rawValue: 1)), frames: [SampleProfiles.frame("f\(number)")])
            builder.add(stack: [location], thread: ProfiledThread(SampleProfiles.thread()), values: [1])
        }
        return builder.finish()
    }
}
