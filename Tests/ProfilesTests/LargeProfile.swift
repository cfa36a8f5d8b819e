import ProfileModel
import Profiles
import TestSupport

/// A profile as of a large server: threads of few kinds, deep stacks, and a long tail of rare paths.
enum LargeProfile {
    /// A profile with `stacks` distinct stacks.
    static func profile(stacks: Int) -> Profile {
        var random = SeededGenerator(state: 11)
        var builder = ProfileBuilder(metadata: SampleProfiles.metadata(), sampleTypes: [.samples], shown: .samples)
        let locations = (0..<6_000).map { function in
            let name =
                "server::\(word(function))<std::vector<\(word(function / 7))>>::\(word(function / 3))_\(function)(int)"
            let module = builder.mapping(path: "/usr/lib/libserver\(function % 20).so")
            return builder.location(
                at: .object(module, FileAddress(rawValue: UInt64(function))), frames: [SampleProfiles.frame(name)])
        }
        for stack in 0..<stacks {
            let thread = SampleProfiles.thread("pool-\(stack % 8)", thread: Int32(5_000 + stack % 64))
            let rootFirst = path(stack, &random).map { locations[$0] }
            let value = stack % 1_000 == 0 ? Int64(stacks / 20) : Int64.random(in: 1...40, using: &random)
            builder.add(stack: rootFirst.reversed(), thread: ProfiledThread(thread), values: [value])
        }
        return builder.finish()
    }

    /// Functions from the root: each calls few others, more of them the deeper the stack is.
    private static func path(_ stack: Int, _ random: inout SeededGenerator) -> [Int] {
        let depth = Int.random(in: 8..<40, using: &random)
        var function = stack % 5
        return (0..<depth).map { level in
            defer {
                // Most functions on a path call one other.
                let branches = (function + level) % 3 == 0 ? 4 : 1
                function = (function * 31 + level + Int.random(in: 0..<branches, using: &random) * 7) % 6_000
            }
            return function
        }
    }

    private static func word(_ number: Int) -> String {
        let parts = ["read", "Parse", "query", "Index", "flush", "Cache", "merge", "Row", "scan", "Page", "lock"]
        return parts[number % 11] + parts[number / 11 % 11]
    }
}
