import Foundation
import ProfileFormats
import ProfileModel
import Profiles
import TestSupport
import Testing

@Suite struct SpeedscopeTests {
    private func object(_ profile: Profile) throws -> [String: Any] {
        let data = Data(SpeedscopeFile(profile).bytes)
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private func read(_ text: String) throws -> Profile {
        try ProfileReader().profile(reading: Array(text.utf8))
    }

    @Test func `Every kind matches the golden`() throws {
        let text = String(decoding: SpeedscopeFile(SampleProfiles.everyKind).bytes, as: UTF8.self)
        try Goldens.expect(text, equals: "every-kind.speedscope.json")
    }

    /// The rules of speedscope's file-format-spec.ts.
    @Test(arguments: [0, 1, 2, 3] as [UInt64]) func `A file follows the format`(seed: UInt64) throws {
        let profile = GeneratedProfile.profile(seed: seed, names: .hostile, hasTimes: seed > 1)
        let file = try object(profile)
        #expect(Set(file.keys) == ["$schema", "name", "activeProfileIndex", "exporter", "shared", "profiles"])
        #expect(file["$schema"] as? String == "https://www.speedscope.app/file-format-schema.json")
        #expect(file["activeProfileIndex"] as? Int == 0)
        let frames = try #require((file["shared"] as? [String: Any])?["frames"] as? [[String: Any]])
        try #require(!frames.isEmpty)
        for frame in frames {
            #expect(frame["name"] is String && Set(frame.keys).isSubset(of: ["name", "file", "line"]))
            #expect(frame["line"] == nil || frame["line"] as? Int ?? 0 > 0)
        }
        let profiles = try #require(file["profiles"] as? [[String: Any]])
        #expect(profiles.count == profile.threads.count)
        var total: Int64 = 0
        for item in profiles {
            #expect(Set(item.keys) == ["type", "name", "unit", "startValue", "endValue", "samples", "weights"])
            #expect(item["type"] as? String == "sampled" && item["unit"] as? String == "nanoseconds")
            let samples = try #require(item["samples"] as? [[Int]])
            let weights = try #require(item["weights"] as? [Int64])
            #expect(samples.count == weights.count && weights.allSatisfy { $0 > 0 })
            #expect(samples.allSatisfy { $0.allSatisfy(frames.indices.contains) })
            #expect(item["endValue"] as? Int64 == weights.reduce(0, +))
            total += weights.reduce(0, +)
        }
        #expect(total == profile.total(of: .cpu))
    }

    @Test func `Stacks are in the order of time, and merged without times`() throws {
        var builder = ProfileBuilder(metadata: SampleProfiles.metadata(), sampleTypes: [.wall], shown: .wall)
        let locations = ["a", "b"].map { builder.location(at: .unknown, frames: [SampleProfiles.frame($0)]) }
        for (time, location) in [(0, 0), (1, 1), (2, 0)] as [(UInt64, Int)] {
            var runs = SampleRuns()
            runs.append(SampleRuns.Run(start: time * 100, end: time * 100, count: 1))
            builder.add(
                stack: [locations[location]], thread: ProfiledThread(SampleProfiles.thread()), values: [10],
                runs: runs)
        }
        let text = String(decoding: SpeedscopeFile(builder.finish()).bytes, as: UTF8.self)
        #expect(text.contains("\"samples\":[[0],[1],[0]],\"weights\":[10,10,10]"))
        let merged = SpeedscopeFile(SampleProfiles.profile([(["a"], 2), (["b"], 1), (["a"], 3)])).bytes
        #expect(String(decoding: merged, as: UTF8.self).contains("\"unit\":\"none\",\"startValue\":0,\"endValue\":6"))
    }

    @Test func `Calls and returns become times of stacks`() throws {
        let profile = try read(
            """
            {"profiles": [{"type": "evented", "name": "main", "unit": "microseconds", "startValue": 0, "endValue": 9,
              "events": [{"type":"O","frame":0,"at":1},{"type":"O","frame":1,"at":2},{"frame":1,"type":"C","at":5.5},
                {"type":"C","frame":0,"at":6}]}],
             "shared": {"frames": [{"name": "f\\u00e9", "file": "a.c", "line": 3}, {"name": "g", "col": 1}]},
             "$schema": "https://www.speedscope.app/file-format-schema.json", "exporter": null}
            """)
        #expect(FoldedStacks(profile, grouping: .process).text == "main;fé 2\nmain;fé;g 4\n")
        #expect(profile.samples.map { Array($0.values) } == [[1_500], [3_500]])
        #expect(profile.samples.map { $0.runs.all.map(\.start) } == [[1_000, 5_500], [2_000]])
        #expect(profile.samples.map(\.runs.count) == [1_500, 3_500])
    }

    @Test(arguments: [
        ("[{\"type\":\"C\",\"frame\":0,\"at\":1}]", "none has begun"),
        ("[{\"type\":\"O\",\"frame\":0,\"at\":2},{\"type\":\"O\",\"frame\":0,\"at\":1}]", "order"),
        ("[{\"type\":\"O\",\"frame\":0,\"at\":2},{\"type\":\"C\",\"frame\":1,\"at\":2}]", "before frame 0"),
        ("[{\"type\":\"O\",\"frame\":9,\"at\":2}]", "no frame 9"), ("[{\"type\":\"O\",\"frame\":0}]", "a time"),
        ("[{\"type\":\"X\",\"frame\":0,\"at\":1}]", "a type"),
    ])
    func `Events that can't be are errors with their position`(events: String, reason: String) throws {
        let error = #expect(throws: ProfileReadingError.self) {
            try read(
                """
                {"shared":{"frames":[{"name":"f"},{"name":"g"}]},"profiles":[{"type":"evented","name":"","unit":"none",\
                "startValue":0,"endValue":9,"events":\(events)}]}
                """)
        }
        #expect(try #require(error).description.contains(reason))
        #expect(try #require(error).description.contains("byte 1"))
    }

    @Test func `Weights of several units are values of several types`() throws {
        let profile = try read(
            """
            {"shared":{"frames":[{"name":"f"}]},"profiles":[
            {"type":"sampled","name":"a-7/8","unit":"seconds","startValue":0,"endValue":1,"samples":[[0],[]],"weights":[0.25,1]},
            {"type":"sampled","name":"b","unit":"bytes","startValue":0,"endValue":9,"samples":[[0,0]],"weights":[9]}]}
            """)
        #expect(profile.sampleTypes.map(\.unit) == [.nanoseconds, .bytes])
        #expect(profile.samples.map { Array($0.values) } == [[250_000_000, 0], [0, 9]])
        #expect(profile.metadata.processes == [ProcessID(rawValue: 7)])
    }

    @Test func `Times are counted from where the first profile starts`() throws {
        func thread(_ name: String, _ start: Int) -> String {
            """
            {"type":"evented","name":"\(name)","unit":"seconds","startValue":\(start),"endValue":\(start + 2),
            "events":[{"type":"O","at":\(start),"frame":0},{"type":"C","at":\(start + 2),"frame":0}]}
            """
        }
        let text = """
            {"$schema":"https://www.speedscope.app/file-format-schema.json","shared":{"frames":[{"name":"f"}]},
            "profiles":[\(thread("a", 103)),\(thread("b", 100))]}
            """
        let profile = try ProfileReader().profile(reading: Array(text.utf8))
        let starts = profile.samples.map { $0.runs.all.map(\.start) }
        #expect(starts == [[3_000_000_000], [0]])
        #expect(profile.total(of: profile.shownSampleType) == 4_000_000_000)
    }
}
